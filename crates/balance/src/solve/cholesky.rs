//! Cholesky's factor by blocks: the large products go through the matrix product of `nalgebra`, which uses all that the
//! processor has; its own factorization works column by column and is several times slower from 100 rows on.

use nalgebra::{DMatrix, DVector};

const BLOCK: usize = 32;

/// L with L Lᵀ = M, in the lower half; `None` if M is not positive definite.
pub(super) struct Cholesky(DMatrix<f64>);

impl Cholesky {
    /// Reads the lower half of `matrix`.
    pub(super) fn of(mut matrix: DMatrix<f64>) -> Option<Self> {
        let size = matrix.nrows();
        for start in (0..size).step_by(BLOCK) {
            let width = BLOCK.min(size - start);
            let below = size - start - width;
            let panel = matrix.view((start, start), (width, width));
            let corner = nalgebra::Cholesky::new(panel.clone_owned())?.unpack();
            matrix
                .view_mut((start, start), (width, width))
                .copy_from(&corner);
            if below == 0 {
                break;
            }
            // The rows below: X Lᵀ = panel, that is L Xᵀ = panelᵀ.
            let mut rows = matrix
                .view((start + width, start), (below, width))
                .transpose();
            corner.solve_lower_triangular_unchecked_mut(&mut rows);
            let panel = rows.transpose();
            matrix
                .view_mut((start + width, start), (below, width))
                .copy_from(&panel);
            // Of the rest only the blocks on and below the diagonal.
            for left in (0..below).step_by(BLOCK) {
                let columns = BLOCK.min(below - left);
                let tall = panel.rows(left, below - left);
                let wide = rows.columns(left, columns);
                let corner = (start + width + left, start + width + left);
                matrix
                    .view_mut(corner, (below - left, columns))
                    .gemm(-1.0, &tall, &wide, 1.0);
            }
        }
        Some(Self(matrix))
    }

    /// The smallest number on L's diagonal, squared: what the last row adds to the others, at least.
    pub(super) fn smallest_pivot(&self) -> f64 {
        self.0.diagonal().min().powi(2)
    }

    /// M⁻¹, of a matrix of some tens of rows.
    pub(super) fn inverse(&self) -> DMatrix<f64> {
        let mut inverse = DMatrix::identity(self.0.nrows(), self.0.nrows());
        self.0.solve_lower_triangular_unchecked_mut(&mut inverse);
        self.0.tr_solve_lower_triangular_unchecked_mut(&mut inverse);
        inverse
    }

    /// M⁻¹ right.
    pub(super) fn solve(&self, right: &DVector<f64>) -> DVector<f64> {
        let mut solution = right.clone();
        self.0.solve_lower_triangular_unchecked_mut(&mut solution);
        self.0
            .tr_solve_lower_triangular_unchecked_mut(&mut solution);
        solution
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polytask_random::Seed;

    #[test]
    fn it_solves_what_it_was_given_at_every_size_around_the_block() {
        let mut stream = Seed(3).stream("cholesky", 0);
        for size in [1, 2, 31, 32, 33, 64, 97] {
            let rows = DMatrix::from_fn(size, size + 5, |_, _| stream.normal());
            let matrix = &rows * rows.transpose();
            let wanted = DVector::from_fn(size, |_, _| stream.normal());
            let factor = Cholesky::of(matrix.clone()).unwrap();
            let error = factor.solve(&(&matrix * &wanted)) - &wanted;
            assert!(error.amax() < 1e-8, "{size}: {}", error.amax());
        }
    }

    #[test]
    fn what_is_not_positive_definite_has_none() {
        assert!(Cholesky::of(DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0])).is_none());
    }
}
