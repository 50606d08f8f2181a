//! What a cross-batch aggregator is told: inner products of gradients of two independent batches.

use nalgebra::DMatrix;

use crate::GramError;
use crate::products::products;

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
}

impl Cross {
    /// From the numbers `[tasks, tasks]`, row by row.
    ///
    /// # Errors
    /// They are not as many as pairs of tasks, not finite, or the tasks are not ascending.
    pub fn new(present: Vec<usize>, values: Vec<f64>) -> Result<Self, GramError> {
        let matrix = products(&present, &values)?;
        Ok(Self { present, matrix })
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

    /// Those of the gradients multiplied by these numbers, which are finite.
    #[must_use]
    pub fn scaled(&self, scales: &[f64]) -> Self {
        let scale = |task: usize| scales.get(task).copied().unwrap_or(1.0);
        let matrix = DMatrix::from_fn(self.tasks(), self.tasks(), |row, column| {
            scale(row) * self.at(row, column) * scale(column)
        });
        Self {
            present: self.present.clone(),
            matrix,
        }
    }

    /// All inner products `[tasks, tasks]`.
    #[must_use]
    pub fn matrix(&self) -> &DMatrix<f64> {
        &self.matrix
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
