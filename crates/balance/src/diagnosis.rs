//! How the tasks' gradients lie to each other: what a Gram matrix says of a step, for the log.

use crate::Gram;

/// Conflict between tasks in one step.
///
/// ```
/// use polytask_balance::{Diagnosis, Gram};
///
/// // The second gradient is twice as long and points the other way by 120 degrees.
/// let gram = Gram::new(vec![0, 1], vec![1.0, -1.0, -1.0, 4.0]).unwrap();
/// let seen = Diagnosis::of(&gram, &[1.0, 1.0], 0.0);
/// assert_eq!(seen.norms, [1.0, 2.0]);
/// assert_eq!(seen.cosine(0, 1), Some(-0.5));
/// assert_eq!(seen.conflicts, 1.0);
/// // Their sum does nothing for the first task, and the second gains.
/// assert_eq!(seen.decreases, [0.0, 3.0]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diagnosis {
    /// The present tasks' indices.
    pub present: Vec<usize>,
    /// The norm of each one's gradient.
    pub norms: Vec<f64>,
    /// Cosines `[tasks, tasks]`, row by row; 0 beside a gradient of zero.
    pub cosines: Vec<f64>,
    /// Share of the pairs whose cosine is below zero; 0 with one task.
    pub conflicts: f64,
    /// The smallest cosine of two tasks; 1 with one task.
    pub least_cosine: f64,
    /// ⟨g_t, d⟩ for each task: how fast its loss falls along the shared gradient d. Below zero it rises.
    pub decreases: Vec<f64>,
    /// How far the solver's answer is from what it should solve.
    pub residual: f64,
}

/// Beyond this a matrix of doubles is singular.
const SINGULAR: f64 = 1e16;

impl Diagnosis {
    /// Of a step's inner products and the weights it was taken with.
    #[must_use]
    pub fn of(gram: &Gram, alpha: &[f64], residual: f64) -> Self {
        let tasks = gram.tasks();
        let norms: Vec<f64> = gram.norms().iter().copied().collect();
        let norm = |task: usize| norms.get(task).copied().unwrap_or(0.0);
        let cosine = |first: usize, second: usize| {
            let both = norm(first) * norm(second);
            if both > 0.0 {
                (gram.at(first, second) / both).clamp(-1.0, 1.0)
            } else {
                0.0
            }
        };
        let pairs: Vec<f64> = (0..tasks)
            .flat_map(|second| (0..second).map(move |first| (first, second)))
            .map(|(first, second)| cosine(first, second))
            .collect();
        let conflicting = pairs.iter().filter(|cosine| **cosine < 0.0).count();
        Self {
            present: gram.present().to_vec(),
            cosines: (0..tasks * tasks)
                .map(|place| cosine(place / tasks, place % tasks))
                .collect(),
            conflicts: conflicting as f64 / pairs.len().max(1) as f64,
            least_cosine: pairs.iter().copied().fold(1.0, f64::min),
            decreases: gram.projections(alpha),
            residual,
            norms,
        }
    }

    /// ⟨g_t, d⟩ for each task where the layers' gradients have weights of their own: the sum over the layers.
    ///
    /// ```
    /// use polytask_balance::{Diagnosis, Gram};
    ///
    /// // In one layer the first task alone has a weight, in the other the second: 1 · 1 and 1 · 4, where the mean weights of ½
    /// // would make 1 and 2 of it.
    /// let first = Gram::new(vec![0, 1], vec![1.0, 0.0, 0.0, 0.0]).unwrap();
    /// let second = Gram::new(vec![0, 1], vec![1.0, 0.0, 0.0, 4.0]).unwrap();
    /// let weights = [vec![1.0, 0.0], vec![0.0, 1.0]];
    /// assert_eq!(Diagnosis::decreases_over(&[first, second], &weights), [1.0, 4.0]);
    /// ```
    #[must_use]
    pub fn decreases_over(layers: &[Gram], weights: &[Vec<f64>]) -> Vec<f64> {
        let each = layers.iter().zip(weights);
        let each = each.map(|(gram, alpha)| gram.projections(alpha));
        let add = |sum: Vec<f64>, layer: Vec<f64>| {
            let pairs = sum.into_iter().zip(layer);
            pairs.map(|(sum, layer)| sum + layer).collect()
        };
        each.reduce(add).unwrap_or_default()
    }

    /// Largest over smallest eigenvalue of the matrix of cosines, at most 10¹⁶: how near the tasks are to asking for the same
    /// or for opposites. Worked out when asked for: with hundreds of tasks it costs more than all the rest.
    ///
    /// ```
    /// use polytask_balance::{Diagnosis, Gram};
    ///
    /// // Eigenvalues 1 ± ½.
    /// let gram = Gram::new(vec![0, 1], vec![1.0, -1.0, -1.0, 4.0]).unwrap();
    /// assert!((Diagnosis::of(&gram, &[1.0, 1.0], 0.0).condition() - 3.0).abs() < 1e-12);
    /// ```
    #[must_use]
    pub fn condition(&self) -> f64 {
        let tasks = self.norms.len();
        let matrix = nalgebra::DMatrix::from_row_slice(tasks, tasks, &self.cosines);
        let values = matrix.symmetric_eigenvalues();
        let largest = values.iter().copied().fold(0.0, f64::max);
        let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
        if smallest * SINGULAR > largest {
            largest / smallest
        } else {
            SINGULAR
        }
    }

    /// The cosine of two present tasks, by position.
    #[must_use]
    pub fn cosine(&self, first: usize, second: usize) -> Option<f64> {
        let tasks = self.norms.len();
        (first < tasks && second < tasks)
            .then(|| self.cosines.get(first * tasks + second).copied())
            .flatten()
    }
}
