//! What a Gram aggregator is told: the inner products of the present tasks' gradients.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::{DMatrix, DVector};

use crate::products::{GramError, LARGEST, products};

/// G = J Jᵀ, the inner products `[tasks, tasks]` of the gradients of the tasks that are present, and who these are.
///
/// It is square, symmetric, finite and has no negative diagonal, or it could not have been made.
///
/// ```
/// use polytask_balance::Gram;
///
/// // Of three tasks the second has no label in this batch; the gradients of the others are (1, 0) and (1, 2).
/// let gram = Gram::of_rows(vec![0, 2], &[vec![1.0, 0.0], vec![1.0, 2.0]]).unwrap();
/// assert_eq!((gram.at(0, 1), gram.at(1, 1)), (1.0, 5.0));
/// assert_eq!(gram.present(), [0, 2]);
/// assert!(Gram::new(vec![0], vec![f64::NAN]).is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Gram {
    present: Vec<usize>,
    matrix: DMatrix<f64>,
    rounding: f64,
}

/// How far the two halves may differ, as a share of the two norms: sums of 10⁸ terms in single precision.
const ASYMMETRY: f64 = 1e-3;

impl Gram {
    /// From the numbers `[tasks, tasks]`, row by row; the two halves, which may differ by rounding, are averaged.
    ///
    /// # Errors
    /// The numbers are no Gram matrix of these tasks.
    pub fn new(present: Vec<usize>, values: Vec<f64>) -> Result<Self, GramError> {
        let given = products(&present, &values)?;
        let tasks = present.len();
        let name = |index: usize| present.get(index).copied().unwrap_or(index);
        if let Some(task) = (0..tasks).find(|&task| given[(task, task)] < 0.0) {
            return Err(GramError::Negative { task: name(task) });
        }
        let norm = |task: usize| given[(task, task)].sqrt();
        for second in 0..tasks {
            for first in 0..second {
                let difference = (given[(first, second)] - given[(second, first)]).abs();
                if difference > ASYMMETRY * norm(first) * norm(second) {
                    let (first, second) = (name(first), name(second));
                    return Err(GramError::Asymmetric { first, second });
                }
            }
        }
        let matrix = DMatrix::from_fn(tasks, tasks, |row, column| {
            0.5 * (given[(row, column)] + given[(column, row)])
        });
        Ok(Self {
            present,
            matrix,
            rounding: f64::EPSILON,
        })
    }

    /// From the gradients `[tasks][parameters]`.
    ///
    /// # Errors
    /// The inner products are not finite; the rows are not as many as the tasks.
    pub fn of_rows(present: Vec<usize>, rows: &[Vec<f64>]) -> Result<Self, GramError> {
        let product = |first: &[f64], second: &[f64]| {
            let terms = first.iter().zip(second);
            terms.map(|(first, second)| first * second).sum()
        };
        let values = rows
            .iter()
            .flat_map(|first| rows.iter().map(move |second| product(first, second)));
        Self::new(present, values.collect())
    }

    /// From the numbers on and above the diagonal, row by row, which are finite and far below 10¹⁰⁰.
    pub(crate) fn of_upper_half(present: Vec<usize>, values: &[f64]) -> Self {
        let tasks = present.len();
        let half = DMatrix::from_row_iterator(tasks, tasks, values.iter().copied());
        let matrix = DMatrix::from_fn(tasks, tasks, |row, column| {
            half[(row.min(column), row.max(column))]
        });
        Self {
            present,
            matrix,
            rounding: f64::EPSILON,
        }
    }

    /// The same, known to be exact only to this share of the norms: 10⁻⁷ if it was computed in single precision. What
    /// is smaller counts as zero where a rank is to be found.
    #[must_use]
    pub fn with_rounding(self, rounding: f64) -> Self {
        let rounding = rounding.clamp(f64::EPSILON, 0.1);
        Self { rounding, ..self }
    }

    /// The present tasks' indices, ascending.
    #[must_use]
    pub fn present(&self) -> &[usize] {
        &self.present
    }

    /// How many tasks are present.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.present.len()
    }

    /// The inner product of two present tasks by position; 0 beyond them.
    #[must_use]
    pub fn at(&self, first: usize, second: usize) -> f64 {
        self.matrix.get((first, second)).copied().unwrap_or(0.0)
    }

    /// All inner products `[tasks, tasks]`.
    #[must_use]
    pub fn matrix(&self) -> &DMatrix<f64> {
        &self.matrix
    }

    /// The relative rounding of the entries.
    #[must_use]
    pub fn rounding(&self) -> f64 {
        self.rounding
    }

    /// The gradients' norms `[tasks]`.
    #[must_use]
    pub fn norms(&self) -> DVector<f64> {
        self.matrix.diagonal().map(f64::sqrt)
    }

    /// G α: each task's gradient times the shared gradient of these weights. Negative: the task's loss rises.
    ///
    /// ```
    /// use polytask_balance::Gram;
    ///
    /// let gram = Gram::of_rows(vec![0, 1], &[vec![1.0, 0.0], vec![-3.0, 1.0]]).unwrap();
    /// assert_eq!(gram.projections(&[1.0, 1.0]), [-2.0, 7.0]);
    /// ```
    #[must_use]
    pub fn projections(&self, alpha: &[f64]) -> Vec<f64> {
        let columns = self.matrix.column_iter();
        let projection = |column: nalgebra::DVectorView<'_, f64>| {
            let terms = column.iter().zip(alpha);
            terms.map(|(product, weight)| product * weight).sum()
        };
        columns.map(projection).collect()
    }

    /// ‖Jᵀα‖: the norm of the shared gradient of these weights.
    #[must_use]
    pub fn shared_norm(&self, alpha: &[f64]) -> f64 {
        let projections = self.projections(alpha);
        let terms = projections.iter().zip(alpha);
        let squared: f64 = terms.map(|(projection, weight)| projection * weight).sum();
        squared.max(0.0).sqrt()
    }

    /// The Gram matrix of gradients of which these are the parts: their sum. `None` without a part.
    ///
    /// ```
    /// use polytask_balance::Gram;
    ///
    /// let layer = |row: [f64; 2]| Gram::of_rows(vec![0, 1], &[vec![row[0]], vec![row[1]]]).unwrap();
    /// let whole = Gram::of_rows(vec![0, 1], &[vec![1.0, 3.0], vec![2.0, -1.0]]).unwrap();
    /// assert_eq!(Gram::sum(&[layer([1.0, 2.0]), layer([3.0, -1.0])]), Some(whole));
    /// ```
    #[must_use]
    pub fn sum(parts: &[Self]) -> Option<Self> {
        let (first, others) = parts.split_first()?;
        let mut sum = first.clone();
        for part in others.iter().filter(|part| part.present == sum.present) {
            sum.matrix += &part.matrix;
            sum.rounding = sum.rounding.max(part.rounding);
        }
        Some(sum)
    }

    /// The Gram matrix of the gradients multiplied by these numbers, which are finite.
    #[must_use]
    pub fn scaled(&self, scales: &[f64]) -> Self {
        let scale = |task: usize| scales.get(task).copied().unwrap_or(1.0);
        let matrix = DMatrix::from_fn(self.tasks(), self.tasks(), |row, column| {
            let value = scale(row) * self.matrix[(row, column)] * scale(column);
            value.clamp(-LARGEST, LARGEST)
        });
        Self {
            present: self.present.clone(),
            matrix,
            rounding: self.rounding,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_gram_matrix_is_refused_with_the_tasks_it_is_about() {
        let asymmetric = Gram::new(vec![3, 5], vec![1.0, 0.5, 0.4, 1.0]);
        assert_eq!(
            asymmetric,
            Err(GramError::Asymmetric {
                first: 3,
                second: 5
            })
        );
        assert_eq!(
            Gram::new(vec![4], vec![-1.0]),
            Err(GramError::Negative { task: 4 })
        );
        assert_eq!(
            Gram::new(vec![0, 1], vec![1.0]),
            Err(GramError::Shape { tasks: 2, found: 1 })
        );
        assert!(matches!(
            Gram::new(vec![1, 0], vec![1.0, 0.0, 0.0, 1.0]),
            Err(GramError::Order { .. })
        ));
        assert_eq!(
            Gram::new(vec![2, 5], vec![1.0, 0.0, 1e200, 1.0]),
            Err(GramError::Unusable {
                first: 5,
                second: 2,
                value: 1e200
            })
        );
    }

    #[test]
    fn scaling_rows_scales_both_sides() {
        let gram = Gram::of_rows(vec![0, 1], &[vec![1.0, 2.0], vec![3.0, -1.0]]);
        let scaled = Gram::of_rows(vec![0, 1], &[vec![2.0, 4.0], vec![-3.0, 1.0]]);
        assert_eq!(gram.map(|gram| gram.scaled(&[2.0, -1.0])), scaled);
    }

    #[test]
    fn the_shared_norm_is_that_of_the_weighted_sum() {
        let gram = Gram::of_rows(vec![0, 1], &[vec![1.0, 2.0], vec![3.0, -1.0]]).unwrap();
        assert!((gram.shared_norm(&[2.0, -1.0]) - 26.0_f64.sqrt()).abs() < 1e-12);
    }
}
