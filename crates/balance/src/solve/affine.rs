//! The shortest affine combination.

use nalgebra::DVector;

use super::cholesky::Cholesky;
use super::{Directions, Spectrum};
use crate::Gram;

/// A pivot below this, of a diagonal of about 1, leaves too few digits to invert with.
const SMALLEST_PIVOT: f64 = 1e-6;

/// argmin wᵀGw with Σw = 1, of any sign: (C + e eᵀ) x = e in terms of the cosines, as in
/// [`min_norm`](super::min_norm), by the pseudo-inverse where gradients depend on each other. With zero gradients, these share the weight. `None` if all are zero or rounding is in the
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
    let matrix = &directions.cosines + &inverse * inverse.transpose();
    let factor = Cholesky::of(matrix.clone());
    let mut point = match factor.filter(|factor| factor.smallest_pivot() > SMALLEST_PIVOT) {
        Some(factor) => factor.solve(&inverse),
        None => Spectrum::of(&matrix, gram.rounding()).apply(f64::recip, &inverse),
    };
    point.component_mul_assign(&inverse);
    let sum = point.sum();
    let is_clear = sum.abs() > 1e-12 * point.lp_norm(1);
    if !is_clear {
        return None;
    }
    point /= sum;
    Some(point)
}
