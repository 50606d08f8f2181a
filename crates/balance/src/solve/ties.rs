//! The one solution among many: where gradients depend on each other, several combinations are the same vector.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::{DMatrix, DVector};

use super::{Spectrum, nonnegative};

/// What the entries of a matrix of cosines are off by, in units of the rounding of the inner products that they are made of.
const ROUNDINGS: f64 = 8.0;
/// What an active set leaves as rounding.
const LEAST: f64 = 1e-12;

/// How far from optimal a vector may seem that takes part in an optimal combination.
pub(super) fn width(rounding: f64) -> f64 {
    (ROUNDINGS * rounding).max(LEAST)
}

/// How much further from optimal [`shared`] may seem than what it was given.
pub(super) fn noise(size: usize, rounding: f64) -> f64 {
    2.0 * ROUNDINGS * size as f64 * rounding
}

/// Of all y ≥ 0 with My = Mx and no number beside the chosen ones that with the smallest Σy²: there is only one, so that it does
/// not hang on the order in which x was found, and what nothing tells apart gets equal shares. `None` if x is the only one.
///
/// With P the projection on what M vanishes on, y = (1 − P) x + Pμ, where μ ≥ 0 minimizes ½ μᵀPμ + μᵀ(1 − P) x.
pub(super) fn shared(
    matrix: &DMatrix<f64>,
    chosen: &[usize],
    point: &DVector<f64>,
    rounding: f64,
) -> Option<DVector<f64>> {
    /// Makes the problem of the multipliers definite, and them unique.
    const RIDGE: f64 = 1e-11;
    /// A diagonal entry of P below this is rounding.
    const FREE: f64 = 1e-8;
    let is_needed = chosen.iter().any(|&index| point[index] == 0.0);
    if !is_needed {
        return None;
    }
    let part = matrix.select_rows(chosen).select_columns(chosen);
    let spectrum = Spectrum::of(&part, ROUNDINGS * rounding);
    if spectrum.is_full() {
        return None;
    }
    let vanishing = DMatrix::identity(chosen.len(), chosen.len()) - spectrum.range();
    let old = point.select_rows(chosen);
    let mut found = &old - &vanishing * &old;
    if found.min() < 0.0 {
        // The others have the same number in every solution.
        let free: Vec<usize> = (0..chosen.len())
            .filter(|&index| vanishing[(index, index)] > FREE)
            .collect();
        let vanishing = vanishing.select_rows(&free).select_columns(&free);
        let mut ridged = vanishing.clone();
        for index in 0..free.len() {
            ridged[(index, index)] += RIDGE;
        }
        let raised = vanishing * nonnegative(&ridged, &found.select_rows(&free)).point;
        for (&index, raised) in free.iter().zip(raised.iter()) {
            found[index] += raised;
        }
    }
    let mut shared = DVector::zeros(point.len());
    for (&index, value) in chosen.iter().zip(found.iter()) {
        shared[index] = value.max(0.0);
    }
    Some(shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn products(rows: &[[f64; 2]]) -> DMatrix<f64> {
        DMatrix::from_fn(rows.len(), rows.len(), |first, second| {
            let terms = rows[first].iter().zip(&rows[second]);
            terms.map(|(a, b)| a * b).sum()
        })
    }

    #[test]
    fn what_nothing_tells_apart_gets_equal_shares() {
        let matrix = products(&[[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]);
        let point = DVector::from_vec(vec![0.0, 0.4, 0.6, 0.0]);
        let shared = shared(&matrix, &[0, 1, 2, 3], &point, f64::EPSILON).unwrap();
        let wanted = DVector::from_vec(vec![0.2, 0.4, 0.2, 0.2]);
        assert!((shared - wanted).amax() < 1e-14);
    }

    #[test]
    fn a_share_that_would_be_negative_is_none() {
        // y₁ + 2 y₂ + 3 y₃ = 3 and y₁ + y₂ + y₃ = 1: only y₃. Without the bounds it would be (−1/6, 1/3, 5/6).
        let matrix = products(&[[1.0, 1.0], [2.0, 1.0], [3.0, 1.0], [3.0, 1.0]]);
        let point = DVector::from_vec(vec![0.0, 0.0, 1.0, 0.0]);
        let shared = shared(&matrix, &[0, 1, 2, 3], &point, f64::EPSILON).unwrap();
        let wanted = DVector::from_vec(vec![0.0, 0.0, 0.5, 0.5]);
        assert!((&shared - wanted).amax() < 1e-6, "{shared}");
    }

    #[test]
    fn what_is_unique_is_left_alone() {
        let matrix = products(&[[1.0, 0.0], [0.5, 1.0]]);
        let point = DVector::from_vec(vec![1.0, 0.0]);
        assert_eq!(shared(&matrix, &[0, 1], &point, f64::EPSILON), None);
    }
}
