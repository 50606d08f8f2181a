//! The label-label matrix as a heat map, rows in clustered order.

use std::fmt::Write;

use super::super::Report;
use super::cells::{escaped, room, short, story};

const CELL: usize = 34;
/// Width of a letter, near enough.
const LETTER: usize = 7;

/// Row = the known label, column = the label told: the directed coefficient (for real labels 1 - e^(-2I)) as colour, significant
/// pairs framed, pairs without a number (never seen together, or one of them constant there) hatched.
pub(super) fn map(report: &Report) -> String {
    let longest = report.tasks.iter().map(|task| room(&task.name)).max();
    let margin = 20 + LETTER * longest.unwrap_or(0);
    let size = margin + CELL * report.order.len() + 10;
    // A slanted name ends to the right of its column.
    let width = size + margin / 2;
    let mut svg = format!(
        "<div class=\"scroll\"><svg width=\"{width}\" height=\"{size}\" role=\"img\" aria-label=\"information of pairs\">\
         <defs><pattern id=\"none\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" \
         fill=\"#f4f5f7\"/><path d=\"M0 6L6 0\" stroke=\"#b4bac2\"/></pattern></defs>\n"
    );
    for (row, &known) in report.order.iter().enumerate() {
        let at = margin + row * CELL;
        let middle = at + CELL / 2 + 4;
        let name = short(report.name(known));
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{name}</text>",
            margin - 6
        );
        let _ = writeln!(
            svg,
            "<text transform=\"translate({middle} {}) rotate(-60)\">{name}</text>",
            margin - 8
        );
        for (column, &told) in report.order.iter().enumerate() {
            cell(
                &mut svg,
                report,
                (known, told),
                (margin + column * CELL, at),
            );
        }
    }
    svg.push_str("</svg></div>\n<p class=\"faint\">Row: the label that is known; column: the label it tells about. The figure is the share \
                  of its uncertainty that goes, of 100 (of real labels 1 - e<sup>-2I</sup>, which is r\u{b2} of a Gaussian). Framed: significant. \
                  Hatched: no number, which is not 0: never observed together, or one of them constant where they are. Each cell tells its record on hovering.</p>\n");
    svg
}

fn cell(svg: &mut String, report: &Report, (known, told): (usize, usize), (x, y): (usize, usize)) {
    let inner = CELL - 2;
    let Some(pair) = report.pair(known, told) else {
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{inner}\" height=\"{inner}\" fill=\"#dfe3e8\"/>"
        );
        return;
    };
    let title = escaped(&format!(
        "{} tells about {}: {}",
        report.name(known),
        report.name(told),
        story(&pair.information)
    ));
    let share = if known == pair.left {
        &pair.right_from_left
    } else {
        &pair.left_from_right
    };
    let value = match (share, pair.information.value) {
        (Some(share), _) => share.value,
        (None, Some(bits)) => Some(1.0 - (-2.0 * std::f64::consts::LN_2 * bits).exp()),
        (None, None) => None,
    };
    let fill = value.map_or("url(#none)".to_string(), colour);
    let frame = if pair.information.is_significant(report.options.rate) {
        "#1b1f24"
    } else {
        "none"
    };
    let figure = value.map_or(String::new(), |share| format!("{:.0}", 100.0 * share));
    // "-0" says no more than "0".
    let figure = figure.replace("-0", "0");
    let ink = if value.is_some_and(|share| share > 0.25) {
        "#fff"
    } else {
        "#1b1f24"
    };
    let _ = writeln!(
        svg,
        "<g><title>{title}</title><rect x=\"{x}\" y=\"{y}\" width=\"{inner}\" height=\"{inner}\" fill=\"{fill}\" stroke=\"{frame}\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" style=\"fill:{ink}\">{figure}</text></g>",
        x + inner / 2,
        y + inner / 2 + 4
    );
}

/// White to dark blue; the square root lets small shares be seen.
fn colour(share: f64) -> String {
    let depth = share.clamp(0.0, 1.0).sqrt();
    let mix = |from: f64, to: f64| (from + (to - from) * depth).round() as u8;
    format!(
        "#{:02x}{:02x}{:02x}",
        mix(247.0, 8.0),
        mix(250.0, 48.0),
        mix(253.0, 120.0)
    )
}
