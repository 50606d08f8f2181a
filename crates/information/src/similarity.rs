//! How alike two representations, or two tasks' gradients, are.

use nalgebra::DMatrix;

use crate::InformationError;
use crate::continuous::Points;
use crate::error::{at_least, same_length};

/// Linear CKA (Kornblith et al. 2019): ||Y'X||_F²/(||X'X||_F ||Y'Y||_F) of centred representations of the same rows, in [0, 1].
/// Tends to 1 when there are more axes than rows: use [`debiased_cka`] below ten rows per axis.
///
/// # Errors
/// If rows differ in number or there are fewer than two.
///
/// ```
/// use polytask_information::{continuous::Points, similarity::linear_cka};
///
/// let x = Points::new(vec![1.0, 0.0, 0.0, 1.0, -1.0, 2.0], 2)?;
/// // Rotated by a right angle.
/// let y = Points::new(vec![0.0, 1.0, -1.0, 0.0, -2.0, -1.0], 2)?;
/// assert!((linear_cka(&x, &y)? - 1.0).abs() < 1e-12);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn linear_cka(x: &Points, y: &Points) -> Result<f64, InformationError> {
    let n = same_length("rows of two representations", x.len(), y.len())?;
    at_least("rows", n, 2)?;
    let (x, y) = (centred(x), centred(y));
    let cross = x.tr_mul(&y).norm_squared();
    Ok(cross / (x.tr_mul(&x).norm() * y.tr_mul(&y).norm()))
}

/// CKA with the unbiased estimate of HSIC (Song et al. 2012) in all three places; can be negative.
///
/// # Errors
/// If rows differ in number or there are fewer than four.
pub fn debiased_cka(x: &Points, y: &Points) -> Result<f64, InformationError> {
    let n = same_length("rows of two representations", x.len(), y.len())?;
    at_least("rows", n, 4)?;
    // Centring changes no unbiased value, but keeps the sums small.
    let (k, l) = (hollow_gram(&centred(x)), hollow_gram(&centred(y)));
    Ok(unbiased(&k, &l) / (unbiased(&k, &k) * unbiased(&l, &l)).sqrt())
}

/// The Gram matrix with an empty diagonal.
fn hollow_gram(rows: &DMatrix<f64>) -> DMatrix<f64> {
    let mut gram = rows * rows.transpose();
    gram.fill_diagonal(0.0);
    gram
}

/// n(n-3) times the unbiased HSIC; the factor cancels in the ratio.
fn unbiased(k: &DMatrix<f64>, l: &DMatrix<f64>) -> f64 {
    let n = k.nrows() as f64;
    let (k_rows, l_rows) = (k.column_sum(), l.column_sum());
    k.dot(l) + k_rows.sum() * l_rows.sum() / ((n - 1.0) * (n - 2.0))
        - 2.0 / (n - 2.0) * k_rows.dot(&l_rows)
}

fn centred(points: &Points) -> DMatrix<f64> {
    let mut rows = DMatrix::from_row_slice(points.len(), points.dimensions(), points.values());
    let mean = rows.row_mean();
    rows.row_iter_mut().for_each(|mut row| row -= &mean);
    rows
}

/// Cosines of all pairs of vectors (gradients, weights, information profiles), `[vectors, vectors]` row by row; NaN of a zero vector.
///
/// # Errors
/// If the vectors differ in length.
pub fn cosines(vectors: &[Vec<f64>]) -> Result<Vec<f64>, InformationError> {
    let dot =
        |one: &[f64], other: &[f64]| -> f64 { one.iter().zip(other).map(|(a, b)| a * b).sum() };
    let mut values = Vec::with_capacity(vectors.len() * vectors.len());
    for one in vectors {
        for other in vectors {
            same_length("values of two vectors", one.len(), other.len())?;
            values.push(dot(one, other) / (dot(one, one) * dot(other, other)).sqrt());
        }
    }
    Ok(values)
}

/// TAG's affinities (Fifty et al. 2021): Z_{i->j} = 1 - L_j(after a step on task i alone)/L_j(before), `[tasks, tasks]` row by row.
/// `after` holds, row i, all tasks' losses after the step on task i, on the same batch. None where L_j is below 1e-8: the ratio is
/// rounding then.
///
/// # Errors
/// If there is not one row and one column of losses per task.
pub fn task_affinity(
    before: &[f64],
    after: &[Vec<f64>],
) -> Result<Vec<Option<f64>>, InformationError> {
    same_length("losses before and after", before.len(), after.len())?;
    let mut values = Vec::with_capacity(before.len() * before.len());
    for row in after {
        same_length("losses before and after", before.len(), row.len())?;
        values.extend(
            row.iter()
                .zip(before)
                .map(|(after, before)| (*before >= 1e-8).then(|| 1.0 - after / before)),
        );
    }
    Ok(values)
}
