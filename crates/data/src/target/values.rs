//! Regression tasks: one or several real numbers, each scaled for training by its own mean and deviation.
//!
//! A row has a label only if it has all its numbers.

use super::Fitting;
use crate::normalize::moments;
use crate::options::TargetScaling;
use crate::task::{TaskFit, TaskKind};

impl Fitting<'_> {
    pub(super) fn values(&self) -> TaskFit {
        let columns: Vec<&[f64]> = self
            .options
            .target
            .iter()
            .filter_map(|name| self.table.exact(name))
            .collect();
        let cell = |column: &[f64], row: u32| column.get(row as usize).copied().unwrap_or(f64::NAN);
        let labelled: Vec<u32> = self
            .train
            .iter()
            .copied()
            .filter(|&row| columns.iter().all(|column| !cell(column, row).is_nan()))
            .collect();
        let (mut mean, mut std, mut left) = (Vec::new(), Vec::new(), Vec::new());
        let mut variance = 0.0;
        for column in &columns {
            let (middle, spread) = moments(labelled.iter().map(|&row| cell(column, row)));
            let (shift, scale) = match self.options.scaling {
                TargetScaling::None => (0.0, 1.0),
                // A constant target stays where it is: there is nothing to divide by.
                TargetScaling::Standard if spread <= 0.0 => (middle, 1.0),
                TargetScaling::Standard => (middle, spread),
            };
            mean.push(shift);
            std.push(scale);
            left.push((middle - shift) / scale);
            variance += (spread / scale).powi(2) / columns.len() as f64;
        }
        TaskFit {
            name: self.name.to_owned(),
            kind: TaskKind::Regression {
                outputs: columns.len(),
            },
            classes: self.options.target.clone(),
            counts: Vec::new(),
            labelled: labelled.len() as u64,
            mean,
            std,
            center: left,
            variance,
            entropy: 0.0,
        }
    }
}
