//! Scores from how a representation's classes lie apart: H-score and TransRate.

use nalgebra::DMatrix;

use crate::InformationError;
use crate::continuous::Points;
use crate::error::{at_least, same_length};

/// tr(Cov(f)^-1 Cov(E[f|y])), covariances divided by n (H-score; Bao et al. 2019), in [0, classes - 1]. With fewer than five rows per
/// axis the covariance is shrunk towards its mean variance (Ledoit, Wolf 2004), and the value may be larger.
///
/// # Errors
/// If labels and points differ in number, there are fewer than two, or the covariance is singular.
pub fn h_score(labels: &[u32], features: &Points) -> Result<f64, InformationError> {
    let n = same_length("labels and features", labels.len(), features.len())?;
    at_least("labels", n, 2)?;
    let centred = centred(features);
    let mut covariance = centred.tr_mul(&centred) / n as f64;
    if n < 5 * features.dimensions() {
        covariance = shrunk(&centred, covariance);
    }
    let mut between = DMatrix::zeros(features.dimensions(), features.dimensions());
    for rows in classes(labels) {
        let mean = own(&centred, &rows).row_mean();
        between += mean.tr_mul(&mean) * (rows.len() as f64 / n as f64);
    }
    let factor = covariance.cholesky().ok_or(InformationError::Singular {
        what: "covariance of the features",
    })?;
    Ok(factor.solve(&between).trace())
}

/// R(Z) - Σ (n_k/n) R(Z_k) with R(Z) = 1/2 ln det(I + Z'Z/(n ε)), Z centred once (TransRate; Huang et al. 2022), nats.
///
/// # Errors
/// If labels and points differ in number, there is none, or ε is not positive.
pub fn trans_rate(
    labels: &[u32],
    features: &Points,
    distortion: f64,
) -> Result<f64, InformationError> {
    let n = same_length("labels and features", labels.len(), features.len())?;
    at_least("labels", n, 1)?;
    if distortion.is_nan() || distortion <= 0.0 {
        return Err(InformationError::Value {
            what: "distortion",
            index: 0,
            value: distortion,
            wanted: "positive",
        });
    }
    let centred = centred(features);
    let mut rate = coding_rate(&centred, distortion)?;
    for rows in classes(labels) {
        let share = rows.len() as f64 / n as f64;
        rate -= share * coding_rate(&own(&centred, &rows), distortion)?;
    }
    Ok(rate)
}

fn coding_rate(rows: &DMatrix<f64>, distortion: f64) -> Result<f64, InformationError> {
    let identity = DMatrix::identity(rows.ncols(), rows.ncols());
    let gram = identity + rows.tr_mul(rows) / (rows.nrows() as f64 * distortion);
    let factor = gram.cholesky().ok_or(InformationError::Singular {
        what: "covariance of the features",
    })?;
    // Half of twice the sum of the logarithms.
    Ok(factor
        .l_dirty()
        .diagonal()
        .iter()
        .map(|pivot| pivot.ln())
        .sum())
}

/// Ledoit and Wolf's shrinkage: (1-ρ) S + ρ m I.
fn shrunk(centred: &DMatrix<f64>, covariance: DMatrix<f64>) -> DMatrix<f64> {
    let (n, d) = (centred.nrows() as f64, centred.ncols() as f64);
    let mean = covariance.trace() / d;
    let target = DMatrix::identity(centred.ncols(), centred.ncols()) * mean;
    let distance = (&covariance - &target).norm_squared();
    let scatter: f64 = centred
        .row_iter()
        .map(|row| (row.tr_mul(&row) - &covariance).norm_squared())
        .sum::<f64>()
        / (n * n);
    let share = if distance > 0.0 {
        (scatter / distance).min(1.0)
    } else {
        0.0
    };
    covariance * (1.0 - share) + target * share
}

fn centred(features: &Points) -> DMatrix<f64> {
    let mut rows =
        DMatrix::from_row_slice(features.len(), features.dimensions(), features.values());
    let mean = rows.row_mean();
    rows.row_iter_mut().for_each(|mut row| row -= &mean);
    rows
}

/// The rows of every class seen.
fn classes(labels: &[u32]) -> Vec<Vec<usize>> {
    let mut order: Vec<(u32, usize)> = labels.iter().copied().zip(0..).collect();
    order.sort_unstable();
    order
        .chunk_by(|left, right| left.0 == right.0)
        .map(|run| run.iter().map(|(_, row)| *row).collect())
        .collect()
}

fn own(centred: &DMatrix<f64>, rows: &[usize]) -> DMatrix<f64> {
    centred.select_rows(rows)
}
