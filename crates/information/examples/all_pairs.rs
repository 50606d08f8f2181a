//! How long the label-label matrix of 40 tasks on 50 000 rows takes, with every pair tested:
//! `cargo run --release -p polytask-information --example all_pairs`

#![expect(clippy::print_stdout, reason = "an example talks")]

use std::time::Instant;

use polytask_information::InformationError;
use polytask_information::report::{Column, Report, ReportOptions, Values};
use polytask_random::Seed;

const TASKS: usize = 40;
const ROWS: usize = 50_000;
const CLASSES: usize = 10;

fn main() -> Result<(), InformationError> {
    for (what, noise) in [("all independent", 1.0), ("groups of five", 0.9)] {
        let tasks: Vec<Column> = (0..TASKS).map(|task| column(task, noise)).collect();
        let start = Instant::now();
        let report = Report::of(&tasks, &[], &ReportOptions::default())?;
        let seconds = start.elapsed().as_secs_f64();
        let significant = report
            .pairs
            .iter()
            .filter(|pair| pair.information.is_significant(0.05))
            .count();
        println!(
            "{what}: {} pairs in {seconds:.1} s, {significant} significant at q <= 0.05",
            report.pairs.len()
        );
    }
    Ok(())
}

/// A copy of its group's root, replaced by noise with the given probability.
fn column(task: usize, noise: f64) -> Column {
    let mut roots = Seed(1).stream("root", task as u64 / 5);
    let mut own = Seed(1).stream("own", task as u64);
    let labels = (0..ROWS).map(|_| {
        let root = roots.below(CLASSES);
        let other = own.below(CLASSES);
        Some(if own.uniform() < noise { other } else { root } as u32)
    });
    Column {
        name: format!("task {task}"),
        values: Values::Classes {
            labels: labels.collect(),
            names: (0..CLASSES).map(|class| class.to_string()).collect(),
        },
    }
}
