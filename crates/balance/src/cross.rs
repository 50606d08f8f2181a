//! What a cross-batch aggregator is told: inner products of gradients of two independent batches.

use nalgebra::DMatrix;

use crate::products::products;
use crate::{GramError, Losses};

/// A = J₁ J₂ᵀ `[tasks, tasks]`: A_st is the gradient of task s on the first batch times that of task t on the second, of the tasks
/// that are present in both. Its expectation is the Gram matrix of the expected gradients, without the noise that stands in the
/// diagonal of a Gram matrix of one batch. It is square and finite; it is not symmetric.
///
/// ```
/// use polytask_balance::Cross;
///
/// let cross = Cross::new(vec![0, 2], vec![2.0, 1.0, -0.5, 1.0]).unwrap();
/// assert_eq!((cross.at(0, 1), cross.at(1, 0)), (1.0, -0.5));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Cross {
    present: Vec<usize>,
    matrix: DMatrix<f64>,
    batches: [Side; 2],
}

/// What is known of the present tasks on one of the two batches.
#[derive(Clone, Debug, PartialEq)]
struct Side {
    losses: Vec<f64>,
    norms: Vec<f64>,
}

impl Cross {
    /// From the numbers `[tasks, tasks]`, row by row. Unless they are given, losses are 1 and norms √max(A_tt, 0).
    ///
    /// # Errors
    /// They are not as many as pairs of tasks, not finite, or the tasks are not ascending.
    pub fn new(present: Vec<usize>, values: Vec<f64>) -> Result<Self, GramError> {
        let matrix = products(&present, &values)?;
        let norms = matrix.diagonal().map(|square| square.max(0.0).sqrt());
        let side = Side {
            losses: vec![1.0; present.len()],
            norms: norms.as_slice().to_vec(),
        };
        Ok(Self {
            present,
            matrix,
            batches: [side.clone(), side],
        })
    }

    /// With the losses of the present tasks on the first batch and on the second.
    #[must_use]
    pub fn with_losses(mut self, losses: [Vec<f64>; 2]) -> Self {
        for (side, losses) in self.batches.iter_mut().zip(losses) {
            side.losses = losses;
        }
        self
    }

    /// With the norms of the present tasks' gradients on the first batch and on the second.
    #[must_use]
    pub fn with_norms(mut self, norms: [Vec<f64>; 2]) -> Self {
        for (side, norms) in self.batches.iter_mut().zip(norms) {
            side.norms = norms;
        }
        self
    }

    /// That of the losses times these weights.
    ///
    /// ```
    /// use polytask_balance::Cross;
    ///
    /// let cross = Cross::new(vec![0, 2], vec![2.0, 1.0, -0.5, 1.0]).unwrap();
    /// let halved = cross.weighted(&[1.0, 0.5]);
    /// assert_eq!((halved.at(0, 0), halved.at(0, 1), halved.at(1, 1)), (2.0, 0.5, 0.25));
    /// ```
    #[must_use]
    pub fn weighted(&self, weights: &[f64]) -> Self {
        let mut weighted = self.scaled([weights, weights]);
        for side in &mut weighted.batches {
            multiply(&mut side.losses, weights);
        }
        weighted
    }

    /// That of gradients which are multiplied, on each batch by its own factors.
    pub(crate) fn scaled(&self, [first, second]: [&[f64]; 2]) -> Self {
        let mut scaled = self.clone();
        let rows = self.matrix.row_iter().zip(first);
        for (index, (row, left)) in rows.enumerate() {
            for (place, (value, right)) in row.iter().zip(second).enumerate() {
                if let Some(entry) = scaled.matrix.get_mut((index, place)) {
                    *entry = value * left * right;
                }
            }
        }
        for (side, factors) in scaled.batches.iter_mut().zip([first, second]) {
            multiply(&mut side.norms, factors);
        }
        scaled
    }

    /// Losses and gradients' norms of each batch.
    pub(crate) fn batches(&self) -> [(Losses, &[f64]); 2] {
        self.batches.each_ref().map(|side| {
            let losses = Losses {
                present: self.present.clone(),
                values: side.losses.clone(),
                rows: vec![1; self.present.len()],
            };
            (losses, side.norms.as_slice())
        })
    }

    /// The indices of the tasks that are present in both batches, ascending.
    #[must_use]
    pub fn present(&self) -> &[usize] {
        &self.present
    }

    /// How many they are.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.present.len()
    }

    /// The inner product of two of them by position; 0 beyond them.
    #[must_use]
    pub fn at(&self, first: usize, second: usize) -> f64 {
        self.matrix.get((first, second)).copied().unwrap_or(0.0)
    }

    /// All inner products `[tasks, tasks]`.
    #[must_use]
    pub fn matrix(&self) -> &DMatrix<f64> {
        &self.matrix
    }
}

fn multiply(values: &mut [f64], factors: &[f64]) {
    for (value, factor) in values.iter_mut().zip(factors) {
        *value *= factor;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_such_matrix_is_refused() {
        assert!(matches!(
            Cross::new(vec![0, 1], vec![1.0]),
            Err(GramError::Shape { found: 1, .. })
        ));
        assert!(matches!(
            Cross::new(vec![1, 0], vec![1.0; 4]),
            Err(GramError::Order { .. })
        ));
        assert!(matches!(
            Cross::new(vec![2, 5], vec![1.0, 1.0, f64::NAN, 1.0]),
            Err(GramError::Unusable {
                first: 5,
                second: 2,
                ..
            })
        ));
    }
}
