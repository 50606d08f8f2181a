//! A square matrix of how much one task helps another.

use crate::InformationError;
use crate::error::{all_finite, same_length};

/// A_{i->j}, `[tasks, tasks]` row by row: row i is what task i gives. The diagonal is never read.
#[derive(Clone, Debug, PartialEq)]
pub struct Affinity {
    values: Vec<f64>,
    tasks: usize,
}

impl Affinity {
    /// From values row by row.
    ///
    /// # Errors
    /// If they are not a square or one is not finite (fill pairs that were never observed together on purpose).
    pub fn new(values: Vec<f64>, tasks: usize) -> Result<Self, InformationError> {
        same_length("affinities", tasks * tasks, values.len())?;
        all_finite("affinity", &values)?;
        Ok(Self { values, tasks })
    }

    /// How many tasks.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.tasks
    }

    /// What `from` gives `to`.
    #[must_use]
    pub fn given(&self, from: usize, to: usize) -> f64 {
        self.values
            .get(from * self.tasks + to)
            .copied()
            .unwrap_or(0.0)
    }

    /// The mean of both directions.
    #[must_use]
    pub fn mutual(&self, one: usize, other: usize) -> f64 {
        f64::midpoint(self.given(one, other), self.given(other, one))
    }
}

/// The tasks of a set written as bits.
pub(super) fn members(set: u32) -> impl Iterator<Item = usize> {
    (0..32).filter(move |task| set >> task & 1 == 1)
}
