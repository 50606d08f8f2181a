//! The task tree, parents to the left of their children.

use std::fmt::Write;

use super::super::Report;
use super::cells::{escaped, short, story};

const ROW: usize = 26;
const COLUMN: usize = 210;

pub(super) fn drawing(report: &Report) -> String {
    let order = report.tree.shape.rooted();
    let mut depths = vec![0usize; order.len()];
    let mut rows = vec![0usize; order.len()];
    for (row, (task, parent)) in order.iter().enumerate() {
        let depth = parent
            .and_then(|parent| depths.get(parent))
            .map_or(0, |depth| depth + 1);
        if let (Some(of_task), Some(row_of_task)) = (depths.get_mut(*task), rows.get_mut(*task)) {
            *of_task = depth;
            *row_of_task = row;
        }
    }
    let place = |task: usize| {
        let depth = depths.get(task).copied().unwrap_or(0);
        let row = rows.get(task).copied().unwrap_or(0);
        (10 + depth * COLUMN, 20 + row * ROW)
    };
    let width = 20 + (depths.iter().max().unwrap_or(&0) + 1) * COLUMN;
    let height = 20 + order.len() * ROW;
    let mut svg = format!(
        "<div class=\"scroll\"><svg width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"task tree\">\n"
    );
    for edge in &report.tree.edges {
        let (from, to) = (place(edge.left), place(edge.right));
        let (parent, child) = if from.0 < to.0 {
            (from, to)
        } else {
            (to, from)
        };
        let title = escaped(&format!(
            "{} – {}: {}",
            report.name(edge.left),
            report.name(edge.right),
            story(&edge.weight)
        ));
        let (x, y) = (parent.0 + 4, parent.1);
        let _ = writeln!(
            svg,
            "<path d=\"M{x} {y}V{}H{}\" fill=\"none\" stroke=\"#083078\" stroke-width=\"1.5\"><title>{title}</title></path>\
             <text x=\"{}\" y=\"{}\" class=\"faint\">{:.3}</text>",
            child.1,
            child.0,
            x + 6,
            child.1 - 4,
            edge.weight
        );
    }
    for (task, _) in &order {
        let (x, y) = place(*task);
        let _ = writeln!(
            svg,
            "<circle cx=\"{}\" cy=\"{y}\" r=\"4\" fill=\"#083078\"/><text x=\"{}\" y=\"{}\">{}</text>",
            x + 4,
            x + 12,
            y + 4,
            short(report.name(*task))
        );
    }
    svg.push_str("</svg></div>\n");
    svg
}
