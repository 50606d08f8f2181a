//! The shortest affine combination.

use nalgebra::DVector;

use super::cholesky::Cholesky;
use super::Directions;
use crate::Gram;

/// Added to the diagonal, of which each entry is 1.
const RIDGE: f64 = 1e-12;

/// argmin wᵀGw with Σw = 1, of any sign: (C + e eᵀ) x = e in terms of the cosines, as in
/// [`min_norm`](super::min_norm). With zero gradients, these share the weight. `None` if all are zero or rounding is in the
/// way.
pub(crate) fn affine(gram: &Gram) -> Option<DVector<f64>> {
    let directions = Directions::of(gram);
    if directions.len() == 0 {
        return None;
    }
    let tasks = gram.tasks();
    if directions.len() < tasks {
        let share = 1.0 / (tasks - directions.len()) as f64;
        let nothing = DVector::zeros(directions.len());
        return Some(directions.spread(&nothing, tasks, share));
    }
    let shortest = directions.norms.min();
    let inverse = directions.norms.map(|norm| shortest / norm);
    let mut matrix = &directions.cosines + &inverse * inverse.transpose();
    for task in 0..tasks {
        matrix[(task, task)] += RIDGE;
    }
    let mut point = Cholesky::of(matrix)?.solve(&inverse).component_mul(&inverse);
    let sum = point.sum();
    if !(sum.abs() > 1e-12 * point.lp_norm(1)) {
        return None;
    }
    point /= sum;
    Some(point)
}
