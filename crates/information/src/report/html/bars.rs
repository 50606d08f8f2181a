//! A task's features as ranked bars.

use std::fmt::Write;

use super::super::Ranking;
use super::cells::{escaped, short, story};

const ROW: usize = 20;
const NAME: usize = 170;
const LONGEST: f64 = 420.0;

/// Insignificant bars are pale; a line in each marks what chance shows.
pub(super) fn ranked(ranking: &Ranking, rate: f64) -> String {
    let largest = ranking
        .best
        .iter()
        .filter_map(|(_, measure)| Some(measure.value? + measure.null_mean.unwrap_or(0.0)))
        .fold(1e-9, f64::max);
    let height = 8 + ROW * ranking.best.len();
    let mut svg = format!(
        "<svg width=\"820\" height=\"{height}\" role=\"img\" aria-label=\"ranked features\">\n"
    );
    for (row, (feature, measure)) in ranking.best.iter().enumerate() {
        let y = 4 + row * ROW;
        let length = |bits: f64| (bits.max(0.0) / largest * LONGEST).round() as usize;
        let bar = measure.value.map_or(0, length);
        let fill = if measure.is_significant(rate) {
            "#2a64b8"
        } else {
            "#c9d4e4"
        };
        let chance = NAME + length(measure.null_mean.unwrap_or(0.0));
        let _ = writeln!(
            svg,
            "<g><title>{}</title><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{NAME}\" y=\"{y}\" width=\"{bar}\" height=\"{}\" fill=\"{fill}\"/>\
             <path d=\"M{chance} {y}v{}\" stroke=\"#b3261e\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
            escaped(&format!("{feature}: {}", story(measure))),
            NAME - 6,
            y + 12,
            short(feature),
            ROW - 5,
            ROW - 5,
            NAME + bar.max(chance - NAME) + 6,
            y + 12,
            escaped(&format!("{measure:.4}"))
        );
    }
    svg.push_str("</svg>\n<p class=\"faint\">Red: the mean of chance, already taken off. Pale: not significant.</p>\n");
    svg
}
