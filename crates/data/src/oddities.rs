//! What a file holds that could not be taken as it stands: counted, so that nobody has to find out from the metrics.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::encoded::Encoded;
use crate::preprocessing::{Coded, Preprocessing};
use crate::quoted::shown;
use crate::table::Table;
use crate::task::TaskFit;
use crate::vocabulary::Vocabulary;

/// Counts of cells and rows that were filled in, left out or not understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oddities {
    /// Cells per column whose category no training row has.
    pub unseen: BTreeMap<String, u64>,
    /// Feature cells per column that were missing and are filled in.
    pub filled: BTreeMap<String, u64>,
    /// Feature cells that were taken as missing because they are no numbers.
    pub unparsable_cells: u64,
    /// Cells of regression targets that were taken as missing because they are no numbers.
    #[serde(default)]
    pub unparsable_labels: u64,
    /// Rows left out because a feature is missing.
    pub dropped_rows: u64,
    /// Rows without a prediction because a feature is missing.
    #[serde(default)]
    pub unanswered_rows: u64,
    /// Labels per task that no training row has and that are masked.
    pub masked_labels: BTreeMap<String, u64>,
    /// Rows per task that have some of the target's columns and lack others, so that they have no label.
    #[serde(default)]
    pub partial_labels: BTreeMap<String, u64>,
}

impl Oddities {
    /// Adds what another part of the file holds.
    ///
    /// ```
    /// use polytask_data::Oddities;
    ///
    /// let mut all = Oddities { dropped_rows: 2, ..Oddities::default() };
    /// all.add(&Oddities { dropped_rows: 1, unseen: [("school".to_owned(), 3)].into(), ..Oddities::default() });
    /// assert_eq!(all.notes(), [
    ///     "column `school`: 3 cells hold a category that no training row has",
    ///     "3 rows are left out because a feature is missing",
    /// ]);
    /// ```
    pub fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.unseen, &other.unseen),
            (&mut self.filled, &other.filled),
            (&mut self.masked_labels, &other.masked_labels),
            (&mut self.partial_labels, &other.partial_labels),
        ];
        for (own, more) in pairs {
            for (name, count) in more {
                *own.entry(name.clone()).or_default() += count;
            }
        }
        self.unparsable_cells += other.unparsable_cells;
        self.unparsable_labels += other.unparsable_labels;
        self.dropped_rows += other.dropped_rows;
        self.unanswered_rows += other.unanswered_rows;
    }

    /// One line for each kind of oddity there is.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = self
            .unseen
            .iter()
            .map(|(column, cells)| {
                format!(
                    "column `{}`: {} a category that no training row has",
                    shown(column),
                    counted(*cells, "cell holds", "cells hold")
                )
            })
            .collect();
        notes.extend(left_out(self.dropped_rows));
        if self.unanswered_rows > 0 {
            notes.push(format!(
                "{} no prediction, because a feature is missing and the model was trained with `data.missing = \"drop_row\"`",
                counted(self.unanswered_rows, "row has", "rows have")
            ));
        }
        notes.extend(unparsable(self.unparsable_cells));
        notes.extend(unparsable_labels(self.unparsable_labels));
        notes.extend(filled_in(&self.filled));
        for (task, labels) in &self.masked_labels {
            notes.push(format!(
                "task {task}: {} masked, because no training row has the label",
                counted(*labels, "row is", "rows are")
            ));
        }
        let partial = self.partial_labels.iter();
        notes.extend(partial.filter_map(|(task, rows)| partial_labels(task, *rows)));
        notes
    }
}

impl Preprocessing {
    /// What of a table is not as it should be; labels are judged when they are coded.
    pub(crate) fn oddities(&self, table: &Table, dropped_rows: u64) -> Oddities {
        let mut found = Oddities {
            unparsable_cells: table.unparsable().features,
            unparsable_labels: table.unparsable().labels,
            dropped_rows,
            ..Oddities::default()
        };
        for fit in &self.numeric {
            let cells = table.numbers(&fit.name).unwrap_or_default();
            let missing = cells.iter().filter(|cell| cell.is_nan()).count();
            note(&mut found.filled, &fit.name, missing);
        }
        for vocabulary in &self.categorical {
            let Some(words) = table.words(&vocabulary.name) else {
                continue;
            };
            let count = |wanted| {
                vocabulary
                    .encode(words)
                    .filter(|&code| code == wanted)
                    .count()
            };
            note(
                &mut found.filled,
                &vocabulary.name,
                count(Vocabulary::MISSING),
            );
            note(
                &mut found.unseen,
                &vocabulary.name,
                count(Vocabulary::UNSEEN),
            );
        }
        found
    }
}

impl Coded {
    /// The rows, and all that is odd about them.
    pub(crate) fn with(self, mut odd: Oddities, tasks: &[TaskFit]) -> (Encoded, Oddities) {
        for (fit, masked) in tasks.iter().zip(&self.masked) {
            note(&mut odd.masked_labels, &fit.name, masked.unseen as usize);
            note(&mut odd.partial_labels, &fit.name, masked.partial as usize);
        }
        (self.encoded, odd)
    }
}

/// Writes down a count that is not zero.
fn note(counts: &mut BTreeMap<String, u64>, name: &str, count: usize) {
    if count > 0 {
        *counts.entry(name.to_owned()).or_default() += count as u64;
    }
}

/// "1 row is" or "3 rows are".
pub(crate) fn counted(count: u64, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// Rows that a missing feature left out.
pub(crate) fn left_out(rows: u64) -> Option<String> {
    (rows > 0).then(|| {
        format!(
            "{} left out because a feature is missing",
            counted(rows, "row is", "rows are")
        )
    })
}

/// Cells that are no numbers.
pub(crate) fn unparsable(cells: u64) -> Option<String> {
    (cells > 0).then(|| {
        format!(
            "{} where a number should be, and counted as missing",
            counted(cells, "feature cell holds text", "feature cells hold text")
        )
    })
}

/// Cells of regression targets that are no numbers.
pub(crate) fn unparsable_labels(cells: u64) -> Option<String> {
    (cells > 0).then(|| {
        format!(
            "{} where a target's number should be, and counted as missing",
            counted(cells, "cell holds text", "cells hold text")
        )
    })
}

/// Rows of a task that have some of the target's columns and lack others.
pub(crate) fn partial_labels(task: &str, rows: u64) -> Option<String> {
    (rows > 0).then(|| {
        format!(
            "task {task}: {} some of the target's columns and no others, and so no label; a task for each column learns from all",
            counted(rows, "row has", "rows have")
        )
    })
}

/// Missing cells that were filled in: the columns with most of them by name.
pub(crate) fn filled_in(cells: &BTreeMap<String, u64>) -> Option<String> {
    const NAMED: usize = 5;
    let total: u64 = cells.values().sum();
    if total == 0 {
        return None;
    }
    let mut columns: Vec<(&String, &u64)> = cells.iter().collect();
    columns.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    let named: Vec<String> = columns
        .iter()
        .take(NAMED)
        .map(|(name, count)| format!("`{}` {count}", shown(name)))
        .collect();
    let more = match columns.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more columns"),
    };
    Some(format!(
        "{} missing and filled in: {}{more}",
        counted(total, "feature cell is", "feature cells are"),
        named.join(", ")
    ))
}
