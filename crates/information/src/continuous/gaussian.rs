//! Mutual information under a Gaussian law, nats: -1/2 ln(1 - r²) and its form for vectors.
//!
//! On normal scores it is the Gaussian-copula information, a lower bound of the true one (Ince et al. 2017). Cheap, blind to
//! everything that is not monotone: printed beside every neighbour estimate.

use nalgebra::DMatrix;

use super::Points;
use crate::InformationError;
use crate::error::{at_least, same_length};

/// Correlation of two columns; NaN if one is constant.
#[must_use]
pub fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (x_mean, y_mean) = (mean(x), mean(y));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (x - x_mean, y - y_mean);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    xy / (xx * yy).sqrt()
}

/// 1/2 ln(det S_x det S_y / det S_xy); infinite if one side is a linear function of the other.
///
/// # Errors
/// If the sides differ in number of points, there are not more points than axes, or one side is singular in itself.
///
/// ```
/// use polytask_information::continuous::{Points, gaussian};
///
/// let (x, y) = ([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 4.0]);
/// // r = 0.8: -1/2 ln(1 - 0.64).
/// let information = gaussian(&Points::line(&x)?, &Points::line(&y)?)?;
/// assert!((information + 0.5 * 0.36f64.ln()).abs() < 1e-12);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn gaussian(x: &Points, y: &Points) -> Result<f64, InformationError> {
    let n = same_length("points", x.len(), y.len())?;
    at_least("points", n, x.dimensions() + y.dimensions() + 1)?;
    let joint = x.beside(y)?.standardised();
    let correlation = correlations(&joint);
    let own = |first: usize, count: usize| {
        ln_determinant(
            &correlation
                .view((first, first), (count, count))
                .into_owned(),
        )
    };
    let singular = InformationError::Singular {
        what: "covariance of one side",
    };
    let x_part = own(0, x.dimensions()).ok_or(singular.clone())?;
    let y_part = own(x.dimensions(), y.dimensions()).ok_or(singular)?;
    Ok(match ln_determinant(&correlation) {
        Some(whole) => 0.5 * (x_part + y_part - whole),
        None => f64::INFINITY,
    })
}

/// [`gaussian`] of the normal scores: unchanged by any monotone change of an axis.
///
/// # Errors
/// As [`gaussian`].
pub fn gaussian_copula(x: &Points, y: &Points) -> Result<f64, InformationError> {
    gaussian(&x.normal_scores(), &y.normal_scores())
}

fn correlations(standardised: &Points) -> DMatrix<f64> {
    let rows = DMatrix::from_row_slice(
        standardised.len(),
        standardised.dimensions(),
        standardised.values(),
    );
    rows.tr_mul(&rows) / (standardised.len() as f64 - 1.0)
}

/// By Cholesky; none if not positive definite.
fn ln_determinant(matrix: &DMatrix<f64>) -> Option<f64> {
    let factor = matrix.clone().cholesky()?;
    let diagonal = factor.l_dirty().diagonal();
    // A pivot this small is the rounding of a correlation of 1.
    let is_regular = diagonal.iter().all(|pivot| pivot * pivot > 1e-13);
    is_regular.then(|| 2.0 * diagonal.iter().map(|pivot| pivot.ln()).sum::<f64>())
}
