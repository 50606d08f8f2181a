//! What the planted regressions share: normal features, one weight vector per task, normal noise.
//!
//! y_t = wₜ·x + σ N(0, 1) from the rounded inputs of [`Normal`]. With rows shared, every task has a label in every row; with separate
//! rows, row i is labelled for task i mod T only.

use polytask_random::Seed;

use super::matrix::dot;
use super::normal::Normal;
use super::parts::Rows;
use crate::column::Values;
use crate::error::DataErrors;
use crate::source::Reading;
use crate::table::Table;

/// A planted regression.
pub(super) struct Linear<'a> {
    pub(super) name: &'static str,
    /// `[tasks, features]`.
    pub(super) weights: &'a [Vec<f64>],
    pub(super) features: usize,
    /// Rows that each task is labelled in.
    pub(super) rows: Rows,
    pub(super) is_shared: bool,
    /// σ.
    pub(super) noise: f64,
    pub(super) seed: Seed,
}

impl Linear<'_> {
    /// The columns `x_0` …, `y_0` …
    pub(super) fn table(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let tasks = self.weights.len();
        let repeats = if self.is_shared { 1 } else { tasks };
        let repeated = |rows: usize| rows.saturating_mul(repeats);
        let normal = Normal {
            name: self.name,
            features: self.features,
            targets: tasks,
            rows: Rows {
                train: repeated(self.rows.train),
                val: repeated(self.rows.val),
                test: repeated(self.rows.test),
            },
            seed: self.seed,
        };
        let mut targets = vec![Vec::new(); tasks];
        let drawn = normal.draw(reading, |row, x, stream| {
            for (task, (column, weights)) in targets.iter_mut().zip(self.weights).enumerate() {
                column.push(if self.is_shared || task == row % tasks {
                    dot(weights, x) + self.noise * stream.normal()
                } else {
                    f64::NAN
                });
            }
        })?;
        drawn.table("y", targets.into_iter().map(Values::F64))
    }
}
