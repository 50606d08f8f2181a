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
}

impl Spectrum {
    pub(crate) fn of(matrix: &DMatrix<f64>, rounding: f64) -> Self {
        let size = matrix.nrows();
        let scale = matrix.amax();
        if size == 0 || scale == 0.0 {
            return Self {
                values: Vec::new(),
                vectors: DMatrix::zeros(size, 0),
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
        }
    }

    /// Whether no eigenvalue was left out.
    pub(crate) fn is_full(&self) -> bool {
        self.values.len() == self.vectors.nrows()
    }

    /// V f(Λ) Vᵀ x.
    pub(crate) fn apply(&self, f: impl Fn(f64) -> f64, x: &DVector<f64>) -> DVector<f64> {
        let mut coordinates = self.vectors.tr_mul(x);
        for (coordinate, value) in coordinates.iter_mut().zip(&self.values) {
            *coordinate *= f(*value);
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
}
