//! `info RUN`: which of the shared codes each task uses.

use polytask_information::report::{Cell, Page};
use polytask_training::information::CodeUse;

use super::shown::bits;
use crate::table::{Side, Table};

const TOLD: &str = "0 is one mix for all tasks, the most is codes of their own";

pub(super) fn text(tasks: &[String], codes: &CodeUse, color: bool) -> String {
    let mut table = Table::new([
        ("task", Side::Left),
        ("effective codes", Side::Right),
        ("most used (share)", Side::Left),
    ]);
    for ((task, effective), usage) in tasks.iter().zip(&codes.effective).zip(&codes.usage) {
        table.row([task.clone(), bits(effective), most_used(usage)]);
    }
    format!(
        "\nCode-task information {} of at most {:.3} bits: {TOLD}\n{}",
        bits(&codes.information),
        codes.most,
        table.text(color)
    )
}

pub(super) fn page(tasks: &[String], codes: &CodeUse, page: &mut Page) {
    page.heading("Shared codes");
    page.paragraph(&format!(
        "Code-task information {:.3} of at most {:.3} bits: {TOLD}.",
        codes.information, codes.most
    ));
    let rows = tasks.iter().zip(&codes.effective).zip(&codes.usage);
    let rows = rows.map(|((task, effective), usage)| {
        vec![
            Cell::Text(task.clone()),
            Cell::Told(effective),
            Cell::Text(most_used(usage)),
        ]
    });
    page.table(
        &["task", "effective codes", "most used (share)"],
        rows.collect(),
    );
}

/// Up to four codes, by their places from 1.
fn most_used(usage: &[f64]) -> String {
    let mut ranked: Vec<(usize, f64)> = usage.iter().copied().enumerate().collect();
    ranked.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    let shown = ranked.iter().take(4);
    let shown: Vec<String> = shown
        .map(|(code, share)| format!("{} ({:.0} %)", code + 1, 100.0 * share))
        .collect();
    shown.join(", ")
}
