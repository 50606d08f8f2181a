//! The label-label matrix as a heat map, rows in clustered order.

use std::fmt::Write;

use super::super::Report;
use super::cells::{escaped, short, story};

const CELL: usize = 26;
const MARGIN: usize = 140;

/// Row = the known label, column = the label told: the directed coefficient (for real labels 1 - e^(-2I)) as colour, significant
/// pairs framed, pairs never seen together hatched.
pub(super) fn map(report: &Report) -> String {
    let size = MARGIN + CELL * report.order.len() + 10;
    let mut svg = format!(
        "<div class=\"scroll\"><svg width=\"{size}\" height=\"{size}\" role=\"img\" aria-label=\"information of pairs\">\
         <defs><pattern id=\"none\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\"><rect width=\"6\" height=\"6\" \
         fill=\"#f4f5f7\"/><path d=\"M0 6L6 0\" stroke=\"#b4bac2\"/></pattern></defs>\n"
    );
    for (row, &known) in report.order.iter().enumerate() {
        let at = MARGIN + row * CELL;
        let middle = at + CELL / 2 + 4;
        let name = short(report.name(known));
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{middle}\" text-anchor=\"end\">{name}</text>",
            MARGIN - 6
        );
        let _ = writeln!(
            svg,
            "<text transform=\"translate({middle} {}) rotate(-60)\">{name}</text>",
            MARGIN - 8
        );
        for (column, &told) in report.order.iter().enumerate() {
            cell(
                &mut svg,
                report,
                (known, told),
                (MARGIN + column * CELL, at),
            );
        }
    }
    svg.push_str("</svg></div>\n<p class=\"faint\">Row: the label that is known; column: the label it tells about. Darker: a larger share of \
                  its uncertainty is removed. Framed: significant. Hatched: never observed together, which is not 0.</p>\n");
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
    let _ = writeln!(
        svg,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{inner}\" height=\"{inner}\" fill=\"{fill}\" stroke=\"{frame}\"><title>{title}</title></rect>"
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
