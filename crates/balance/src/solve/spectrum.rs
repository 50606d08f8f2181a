//! Eigenvalues of a Gram matrix, those that are rounding left out.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// G = V Λ Vᵀ with the eigenvalues above the largest · size · rounding, ascending; none if G is zero.
pub(crate) struct Spectrum {
    pub(crate) values: Vec<f64>,
    vectors: DMatrix<f64>,
    rounding: f64,
}

impl Spectrum {
    pub(crate) fn of(matrix: &DMatrix<f64>, rounding: f64) -> Self {
        let size = matrix.nrows();
        let scale = matrix.amax();
        if size == 0 || scale == 0.0 {
            return Self {
                values: Vec::new(),
                vectors: DMatrix::zeros(size, 0),
                rounding,
            };
        }
        let decomposed = SymmetricEigen::new(matrix / scale);
        let largest = decomposed.eigenvalues.max();
        let limit = largest * size as f64 * rounding;
        let mut kept: Vec<usize> = (0..size)
            .filter(|&index| decomposed.eigenvalues[index] > limit)
            .collect();
        kept.sort_by(|&first, &second| {
            decomposed.eigenvalues[first].total_cmp(&decomposed.eigenvalues[second])
        });
        Self {
            values: kept
                .iter()
                .map(|&index| decomposed.eigenvalues[index] * scale)
                .collect(),
            vectors: decomposed.eigenvectors.select_columns(&kept),
            rounding,
        }
    }

    /// Whether no eigenvalue was left out.
    pub(crate) fn is_full(&self) -> bool {
        self.values.len() == self.vectors.nrows()
    }

    /// V Vᵀ, the projection on what G does not vanish on.
    pub(crate) fn range(&self) -> DMatrix<f64> {
        &self.vectors * self.vectors.transpose()
    }

    /// V f(Λ) Vᵀ x. Coordinates Vᵀx that are rounding count as 0: of an x on which G vanishes the answer is exactly 0, not
    /// noise with a direction that hangs on the order of the tasks.
    pub(crate) fn apply(&self, f: impl Fn(f64) -> f64, x: &DVector<f64>) -> DVector<f64> {
        let mut coordinates = self.vectors.tr_mul(x);
        let noise = 4.0 * self.rounding * x.len() as f64 * x.norm();
        for (coordinate, value) in coordinates.iter_mut().zip(&self.values) {
            *coordinate *= if coordinate.abs() > noise {
                f(*value)
            } else {
                0.0
            };
        }
        &self.vectors * coordinates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pseudo_inverse_leaves_out_what_is_rounding() {
        // Rank 1: G = g gᵀ with g = (3, 4); G⁺ = g gᵀ / 25².
        let matrix = DMatrix::from_row_slice(2, 2, &[9.0, 12.0, 12.0, 16.0]);
        let spectrum = Spectrum::of(&matrix, f64::EPSILON);
        assert_eq!(spectrum.values.len(), 1);
        let x = spectrum.apply(|value| 1.0 / value, &DVector::from_vec(vec![1.0, 1.0]));
        let wanted = DVector::from_vec(vec![21.0 / 625.0, 28.0 / 625.0]);
        assert!((x - wanted).amax() < 1e-14);
    }

    #[test]
    fn what_the_matrix_vanishes_on_has_no_answer_but_zero() {
        // Two gradients and their opposites: G 1 = 0.
        let rows = DMatrix::from_fn(4, 3, |row, column| {
            let sign = if row < 2 { 1.0 } else { -1.0 };
            sign * (0.3 + (row % 2) as f64 + 0.7 * column as f64).sin()
        });
        let spectrum = Spectrum::of(&(&rows * rows.transpose()), f64::EPSILON);
        let x = spectrum.apply(f64::recip, &DVector::repeat(4, 1.0));
        assert_eq!(x, DVector::zeros(4));
    }
}
