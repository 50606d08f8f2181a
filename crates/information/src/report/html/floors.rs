//! How near numbers are told from other labels, and the floor that the nearest neighbour sets.

use std::fmt::Write;

use super::super::Report;
use super::super::floors::NEAREST;
use super::super::shown::floor;
use super::cells::{RECORD, escaped, record, table, told};

pub(super) fn page(report: &Report, page: &mut String) {
    if !report.squared.is_empty() {
        page.push_str(
                "<h2>A number told from one other label alone</h2><p class=\"faint\">The least squared error as a share of the variance; \
                 estimates, no proofs.</p>\n",
            );
        let rows = report.squared.iter().map(|one| {
            let names = [one.task, one.from].map(|task| escaped(report.name(task)));
            let figures = [&one.entropy, &one.attained, &floor(&one.floor)].map(told);
            names.into_iter().chain(figures).collect()
        });
        let heads = [
            "task",
            "from",
            "h(task|from)",
            "a linear fit leaves",
            "squared error at least",
        ];
        table(page, &heads, rows);
    }
    if !report.nearest.is_empty() {
        let _ = writeln!(
            page,
            "<h2>A label told from these features</h2><p class=\"faint\">Cover and Hart; {NEAREST}.</p>"
        );
        let rows = report.nearest.iter().map(|one| {
            let mut cells = vec![escaped(report.name(one.task))];
            cells.extend([&one.neighbour, &one.majority].map(told));
            cells.extend(record(&floor(&one.floor)));
            cells
        });
        let heads: Vec<&str> = ["task", "nearest neighbour errs", "majority errs"]
            .into_iter()
            .chain(RECORD)
            .collect();
        table(page, &heads, rows);
    }
}
