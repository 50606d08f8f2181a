//! How well one task's label could be told from another's alone: exact facts about the observed table.

use serde::Serialize;

use super::prepared::Prepared;
use crate::bounds::{error_envelope, fano_floor};
use crate::discrete::{MutualInformation, Table};
use crate::{InformationError, Measure, Unit};

/// The best single source of a task's label.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ceiling {
    /// The place of the task to tell.
    pub task: usize,
    /// The place of the label it is told from.
    pub from: usize,
    /// H(task | from), bits, of the table.
    pub entropy: Measure,
    /// No rule from that label errs less.
    pub floor: Measure,
    /// Some rule from that label errs no more.
    pub ceiling: Measure,
    /// What the best rule does err on these rows.
    pub best: Measure,
}

/// For each task with classes the source that leaves least uncertainty.
pub(super) fn ceilings(tasks: &[(usize, &Prepared)]) -> Result<Vec<Ceiling>, InformationError> {
    let mut found = Vec::new();
    for &(place, task) in tasks {
        let mut best: Option<Ceiling> = None;
        for &(from, source) in tasks.iter().filter(|(from, _)| *from != place) {
            let table =
                Table::of_labels(&source.labels, source.classes, &task.labels, task.classes)?;
            // Freedom 0 is a constant label.
            if table.freedom() == 0 {
                continue;
            }
            let ceiling = ceiling(place, from, &table)?;
            if best
                .as_ref()
                .is_none_or(|best| ceiling.entropy.value < best.entropy.value)
            {
                best = Some(ceiling);
            }
        }
        found.extend(best);
    }
    Ok(found)
}

fn ceiling(task: usize, from: usize, table: &Table) -> Result<Ceiling, InformationError> {
    let n = table.n() as usize;
    // Rounding may leave a conditional entropy of 0 below it.
    let entropy = MutualInformation::of(table).y_given_x().max(0.0);
    let classes = table.column_sums().iter().filter(|&&sum| sum > 0).count();
    let right: u64 = table
        .rows()
        .filter_map(|row| row.iter().max().copied())
        .sum();
    Ok(Ceiling {
        task,
        from,
        entropy: Measure::of(entropy, Unit::Nats, "plug-in, of the table", n).in_bits(),
        floor: Measure::of(fano_floor(entropy, classes)?, Unit::One, "Fano", n),
        ceiling: Measure::of(
            error_envelope(entropy, classes)?,
            Unit::One,
            "Feder-Merhav",
            n,
        ),
        best: Measure::of(
            1.0 - right as f64 / n as f64,
            Unit::One,
            "error of the best rule on these rows",
            n,
        ),
    })
}
