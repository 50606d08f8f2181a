//! What the planted regressions share: normal features, one weight vector per task, normal noise.
//!
//! Row i of a part is drawn from the stream `GENERATOR/PART`, i: x ~ N(0, I), rounded to the f32 that the table holds, then
//! y_t = wₜ·x + σ N(0, 1) from those rounded x. With rows shared, every task has a label in every row; with separate
//! rows, row i is labelled for task i mod T only.

use polytask_random::Seed;

use super::matrix::dot;
use super::parts::{PARTS, Rows, part_name};
use crate::column::Values;
use crate::error::{DataError, DataErrors};
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
        let total = self.rows.total().saturating_mul(repeats);
        check_size(self.name, total, self.features, tasks, reading)?;
        let mut features = vec![Vec::with_capacity(total); self.features];
        let mut targets = vec![Vec::with_capacity(total); tasks];
        let mut parts = Vec::with_capacity(total);
        for part in PARTS {
            let name = format!("{}/{}", self.name, part_name(part));
            for row in 0..self.rows.of(part) * repeats {
                let mut stream = self.seed.stream(&name, row as u64);
                let x: Vec<f32> = features.iter().map(|_| stream.normal() as f32).collect();
                let exact: Vec<f64> = x.iter().map(|&value| value.into()).collect();
                for (column, value) in features.iter_mut().zip(x) {
                    column.push(value);
                }
                for (task, (column, weights)) in targets.iter_mut().zip(self.weights).enumerate() {
                    column.push(if self.is_shared || task == row % tasks {
                        dot(weights, &exact) + self.noise * stream.normal()
                    } else {
                        f64::NAN
                    });
                }
                parts.push(part);
            }
        }
        let mut table = Table::new(self.name, total);
        for (index, column) in features.into_iter().enumerate() {
            table.push(format!("x_{index}"), Values::F32(column))?;
        }
        for (index, column) in targets.into_iter().enumerate() {
            table.push(format!("y_{index}"), Values::F64(column))?;
        }
        table.set_split(parts)?;
        Ok(table)
    }
}

/// Refuses what would not fit: four bytes a feature, eight a target.
pub(super) fn check_size(
    name: &str,
    rows: usize,
    features: usize,
    targets: usize,
    reading: &Reading,
) -> Result<(), DataError> {
    let size = features
        .saturating_mul(4)
        .saturating_add(targets.saturating_mul(8))
        .saturating_mul(rows);
    let limit = reading.limits.total_bytes;
    if size <= limit {
        return Ok(());
    }
    Err(DataError::Limit {
        file: name.to_owned(),
        line: None,
        what: "the table's size in bytes".to_owned(),
        found: size as u64,
        limit: limit as u64,
        option: "total_bytes",
    })
}
