//! Least squares, alone and of reduced rank: what a linear model can find in closed form.
//!
//! Over all maps of rank k, ‖Y − X B‖² is least at B = B_ols P_k, with P_k the projection on the first k right singular vectors of X B_ols
//! (Izenman 1975; Eckart and Young 1936).

use nalgebra::DMatrix;

use crate::PlantedError;

/// Row by row.
pub type Matrix = Vec<Vec<f64>>;

/// `[inputs, targets]` that minimises ‖Y − X B‖², without a constant, by the normal equations.
///
/// # Errors
/// Fewer independent rows than inputs.
///
/// ```
/// use polytask_planted::least_squares;
///
/// let map = least_squares(&[vec![1.0, 0.0], vec![1.0, 1.0], vec![1.0, 2.0]], &[vec![1.0], vec![3.0], vec![5.0]])?;
/// assert!((map[0][0] - 1.0).abs() < 1e-12 && (map[1][0] - 2.0).abs() < 1e-12);
/// # Ok::<(), polytask_planted::PlantedError>(())
/// ```
pub fn least_squares(x: &[Vec<f64>], y: &[Vec<f64>]) -> Result<Matrix, PlantedError> {
    Ok(rows(&solved(&matrix(x), &matrix(y))?))
}

/// The best map of rank `rank`: `[inputs, targets]`.
///
/// # Errors
/// Fewer independent rows than inputs.
pub fn reduced_rank(x: &[Vec<f64>], y: &[Vec<f64>], rank: usize) -> Result<Matrix, PlantedError> {
    let (x, y) = (matrix(x), matrix(y));
    let full = solved(&x, &y)?;
    let fitted = &x * &full;
    let eigen = (fitted.transpose() * &fitted).symmetric_eigen();
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    let value = |place: usize| eigen.eigenvalues.get(place).copied().unwrap_or(0.0);
    order.sort_by(|&left, &right| value(right).total_cmp(&value(left)));
    order.truncate(rank);
    let kept = eigen.eigenvectors.select_columns(&order);
    Ok(rows(&(full * &kept * kept.transpose())))
}

/// The singular values of a matrix, largest first.
pub(crate) fn singular_values(values: &[Vec<f64>]) -> Vec<f64> {
    let mut found: Vec<f64> = matrix(values).singular_values().iter().copied().collect();
    found.sort_by(|left, right| right.total_cmp(left));
    found
}

fn solved(x: &DMatrix<f64>, y: &DMatrix<f64>) -> Result<DMatrix<f64>, PlantedError> {
    let factor = x.tr_mul(x).cholesky().ok_or(PlantedError::Singular {
        what: "normal equations",
    })?;
    Ok(factor.solve(&x.tr_mul(y)))
}

pub(crate) fn matrix(values: &[Vec<f64>]) -> DMatrix<f64> {
    let columns = values.first().map_or(0, Vec::len);
    let at = |row: usize, column: usize| values.get(row).and_then(|row| row.get(column));
    DMatrix::from_fn(values.len(), columns, |row, column| {
        at(row, column).copied().unwrap_or(f64::NAN)
    })
}

pub(crate) fn rows(matrix: &DMatrix<f64>) -> Matrix {
    matrix
        .row_iter()
        .map(|row| row.iter().copied().collect())
        .collect()
}

/// `[columns, rows]`.
pub(crate) fn transposed(values: &[Vec<f64>]) -> Matrix {
    rows(&matrix(values).transpose())
}

pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter()
        .zip(right)
        .map(|(left, right)| left * right)
        .sum()
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use polytask_data::builtin::planted_low_rank::reduced_rank_anchor;

    #[test]
    fn reduced_rank_regression_has_the_golden_errors() {
        // Golden: information.md 7.5, from an implementation in Python.
        let (x, y) = reduced_rank_anchor();
        for (rank, wanted) in [
            (1, 2.571_730_085_6),
            (2, 0.222_738_113_2),
            (3, 0.221_747_426_9),
        ] {
            let map = matrix(&reduced_rank(&x, &y, rank).unwrap());
            let left = matrix(&y) - matrix(&x) * map;
            assert!(
                (left.norm_squared() / 1000.0 - wanted).abs() < 1e-9,
                "rank {rank}"
            );
        }
    }

    #[test]
    fn fewer_rows_than_inputs_are_refused() {
        let found = least_squares(&[vec![1.0, 2.0]], &[vec![1.0]]);
        assert!(matches!(found, Err(PlantedError::Singular { .. })));
    }
}
