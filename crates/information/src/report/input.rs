//! What a report is made from: labels and features, row by row, and how to test them.

use std::borrow::Cow;

use serde::Serialize;

use crate::InformationError;
use crate::error::{all_finite, same_length};

/// A task's labels or a feature: one value per row, or none where it is missing.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Values,
}

/// Values of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// Classes, as indices into their names.
    Classes {
        /// `[rows]`.
        labels: Vec<Option<u32>>,
        /// The names of the classes; two tasks have the same label space if theirs are the same set.
        names: Vec<String>,
    },
    /// Numbers, `[rows]`.
    Real(Vec<Option<f64>>),
}

impl Column {
    /// How many rows, missing ones included.
    #[must_use]
    pub fn rows(&self) -> usize {
        match &self.values {
            Values::Classes { labels, .. } => labels.len(),
            Values::Real(values) => values.len(),
        }
    }

    /// Whether each row has a value.
    pub(super) fn present(&self) -> Vec<bool> {
        match &self.values {
            Values::Classes { labels, .. } => labels.iter().map(Option::is_some).collect(),
            Values::Real(values) => values.iter().map(Option::is_some).collect(),
        }
    }

    pub(super) fn check(&self, rows: usize) -> Result<(), InformationError> {
        same_length("rows of two columns", rows, self.rows())?;
        match &self.values {
            Values::Real(values) => {
                let values = values.iter().map(|value| value.as_ref().unwrap_or(&0.0));
                all_finite("value of a column", values)
            }
            Values::Classes { labels, names } => {
                let wrong = labels.iter().enumerate().find_map(|(index, label)| {
                    (*label)
                        .filter(|&class| class as usize >= names.len())
                        .map(|class| (index, class))
                });
                match wrong {
                    Some((index, class)) => Err(InformationError::Value {
                        what: "class of a label",
                        index,
                        value: f64::from(class),
                        wanted: "below the number of classes",
                    }),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Features that a report reads one at a time, some more than once: only the few at work are held, however many there are.
pub trait Features: Sync {
    /// How many there are.
    fn count(&self) -> usize;

    /// The feature at a place below the count, the same at every call.
    fn feature(&self, place: usize) -> Option<Cow<'_, Column>>;
}

impl Features for &[Column] {
    fn count(&self) -> usize {
        self.len()
    }

    fn feature(&self, place: usize) -> Option<Cow<'_, Column>> {
        self.get(place).map(Cow::Borrowed)
    }
}

/// The feature at a place below their count.
///
/// # Errors
/// One that is not there, or as [`Column::check`].
pub(super) fn read(
    features: &dyn Features,
    place: usize,
    rows: usize,
) -> Result<Cow<'_, Column>, InformationError> {
    let count = features.count();
    let column = features.feature(place);
    let column = column.ok_or(InformationError::Lengths {
        what: "features that are counted and those there are",
        left: count,
        right: place,
    })?;
    column.check(rows)?;
    Ok(column)
}

/// How a report tests and what it shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReportOptions {
    /// What the rows are, for the head of the report; may be empty.
    pub subject: String,
    /// Random pairings per test.
    pub permutations: usize,
    /// Resamples per interval; 0 for none.
    pub resamples: usize,
    /// False discovery rate.
    pub rate: f64,
    /// The neighbours of k-nearest-neighbour estimates.
    pub neighbours: usize,
    /// Rows a neighbour estimate is made from at most; more are subsampled.
    pub most_rows: usize,
    /// Features shown per task.
    pub features: usize,
    /// The seed of permutations, resamples and subsamples: same seed, same report.
    pub seed: u64,
    /// A group per row (site, user) within which labels are permuted.
    #[serde(skip)]
    pub strata: Option<Vec<u32>>,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            subject: String::new(),
            permutations: 999,
            resamples: 200,
            rate: 0.05,
            neighbours: 5,
            most_rows: 20_000,
            features: 20,
            seed: 0,
            strata: None,
        }
    }
}
