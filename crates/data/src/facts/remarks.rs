//! The facts in words: what deserves a look.

use super::{DataFacts, Found};
use crate::oddities::{
    counted, filled_in, left_out, partial_labels, unparsable, unparsable_labels,
};
use crate::options::EmptyCell;
use crate::quoted::{quoted, shown};
use crate::split::Part;

impl DataFacts {
    /// All that deserves a look, a line each: the counts that are not zero, then the notes.
    #[must_use]
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        for (name, rows) in self.duplicates.iter().filter(|(_, rows)| **rows > 0) {
            remarks.push(match name.split_once("_in_") {
                Some((part, earlier)) => format!(
                    "{} of {part} {} the inputs of a row of {earlier}: a duplicate measures memory too",
                    counted(*rows, "row", "rows"),
                    if *rows == 1 { "has" } else { "have" },
                ),
                None => format!(
                    "{} the inputs of an earlier training row",
                    counted(*rows, "training row repeats", "training rows repeat")
                ),
            });
        }
        for unseen in &self.unseen {
            remarks.push(format!(
                "column `{}`: {} of {} {} a category that no training row has",
                shown(&unseen.column),
                counted(unseen.cells, "cell", "cells"),
                unseen.split,
                if unseen.cells == 1 { "holds" } else { "hold" },
            ));
        }
        remarks.extend(left_out(self.dropped_rows));
        remarks.extend(unparsable(self.unparsable_cells));
        remarks.extend(unparsable_labels(self.unparsable_labels));
        remarks.extend(filled_in(&self.filled));
        remarks.extend(self.notes.iter().cloned());
        remarks
    }
}

/// What is odd about columns and labels.
pub(super) fn notes(found: &Found<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    for fit in &found.preprocessing.numeric {
        let name = shown(&fit.name);
        if fit.std <= 0.0 && found.flattened.contains(&fit.name) {
            notes.push(format!(
                "column `{name}` holds different numbers around {:.6e} that are one number in single precision, \
                 so it tells the model nothing; subtract a constant first",
                fit.mean
            ));
        } else if fit.std <= 0.0 {
            notes.push(format!(
                "column `{name}` is constant in training: it tells the model nothing"
            ));
        } else if fit.is_too_fine() {
            notes.push(format!(
                "column `{name}` varies by {:.1e} around {:.6e}: numbers of single precision hold little of that; \
                 subtract a constant first",
                fit.std, fit.mean
            ));
        }
    }
    let targets = found.preprocessing.targets.iter();
    let tasks = found.preprocessing.tasks().iter().zip(&found.masked);
    for (index, ((fit, masked), target)) in tasks.zip(targets).enumerate() {
        let rows = 0..found.encoded.rows();
        let without = rows.filter(|&row| !found.encoded.has_label(index, row));
        if target.separator.is_some()
            && target.empty == EmptyCell::Missing
            && let without = (without.count() as u64).saturating_sub(masked.unseen)
            && without > 0
        {
            notes.push(format!(
                "task {}: {} no label, because the cell is empty; if that means none of the labels, set `tasks.{}.empty = \"none\"`",
                fit.name,
                counted(without, "row has", "rows have"),
                fit.name
            ));
        }
        if masked.unseen > 0 {
            notes.push(format!(
                "task {}: {} masked",
                fit.name,
                counted(
                    masked.unseen,
                    "label that no training row has is",
                    "labels that no training row has are"
                )
            ));
        }
        notes.extend(partial_labels(&fit.name, masked.partial));
        for (class, _) in fit
            .classes
            .iter()
            .zip(&fit.counts)
            .filter(|(_, count)| **count == 0)
        {
            notes.push(format!(
                "task {}: no training row has the label {}",
                fit.name,
                quoted(class)
            ));
        }
        if fit.variance <= 0.0 && !fit.mean.is_empty() {
            notes.push(format!(
                "task {}: the target is constant in training",
                fit.name
            ));
        }
    }
    notes
}

/// A share of less is what rounding leaves of none.
const NO_SHARE: f64 = 1e-6;

/// Parts that the split rule gives a share and leaves without a row.
pub(super) fn without_rows(found: &Found<'_>) -> Vec<String> {
    let unit = match found.encoded.groups {
        Some(_) => "group",
        None => "row",
    };
    let parts = Part::ALL
        .into_iter()
        .zip(found.shares.into_iter().flatten());
    parts
        .filter(|(part, share)| *share > NO_SHARE && found.splits.of(*part).is_empty())
        .map(|(part, share)| {
            let rows = match part {
                Part::Train => "training",
                Part::Val => "validation",
                Part::Test => "test",
            };
            format!(
                "the split leaves no {rows} rows: no {unit} falls into their share of {share:.3}"
            )
        })
        .collect()
}
