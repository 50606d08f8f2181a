//! LogME: the evidence of a Bayesian linear model of the label on the features, at its best prior (You et al. 2021), nats per row.
//!
//! ln p(t | F, α, β) = n/2 ln β + d/2 ln α - n/2 ln 2π - β/2 ||F m - t||² - α/2 ||m||² - 1/2 ln|A|, A = α I + β F'F, m = β A^-1 F't.
//! ln|A| runs over all d eigenvalues also when n < d: the null ones contribute ln α each, which the public fixed-point code omits.

use nalgebra::{DMatrix, DVector};

use crate::InformationError;
use crate::continuous::Points;
use crate::error::{at_least, same_length};

/// A feature matrix, decomposed once for any number of targets.
#[derive(Clone, Debug)]
pub struct Evidence {
    rows: usize,
    dimensions: usize,
    /// Squared singular values, at most min(n, d) of them.
    squares: Vec<f64>,
    left: DMatrix<f64>,
}

/// A target seen through the features: its squared coordinates along the left singular vectors, and what is outside.
struct Seen {
    coordinates: Vec<f64>,
    outside: f64,
}

impl Evidence {
    /// Of features `[rows, axes]`.
    ///
    /// # Errors
    /// If there is no row or the decomposition does not converge.
    pub fn of(features: &Points) -> Result<Self, InformationError> {
        at_least("feature rows", features.len(), 1)?;
        at_least("feature axes", features.dimensions(), 1)?;
        let matrix =
            DMatrix::from_row_slice(features.len(), features.dimensions(), features.values());
        let decomposed = matrix.svd(true, false);
        let left = decomposed
            .u
            .ok_or(InformationError::Singular { what: "features" })?;
        Ok(Self {
            rows: features.len(),
            dimensions: features.dimensions(),
            squares: decomposed
                .singular_values
                .iter()
                .map(|value| value * value)
                .collect(),
            left,
        })
    }

    fn see(&self, target: &[f64]) -> Result<Seen, InformationError> {
        same_length("features and targets", self.rows, target.len())?;
        let target = DVector::from_column_slice(target);
        let along = self.left.tr_mul(&target);
        Ok(Seen {
            coordinates: along.iter().map(|value| value * value).collect(),
            outside: (target.norm_squared() - along.norm_squared()).max(0.0),
        })
    }

    /// The total ln evidence of a target at given precisions of the weights (α) and of the noise (β).
    ///
    /// # Errors
    /// If the target has not one value per row.
    pub fn at(&self, target: &[f64], alpha: f64, beta: f64) -> Result<f64, InformationError> {
        Ok(self.total(&self.see(target)?, alpha, beta))
    }

    fn total(&self, seen: &Seen, alpha: f64, beta: f64) -> f64 {
        let (n, d) = (self.rows as f64, self.dimensions as f64);
        let (weights, errors) = self.energies(seen, alpha, beta);
        let nulls = d - self.squares.len() as f64;
        let determinant = nulls * alpha.ln()
            + self
                .squares
                .iter()
                .map(|square| (alpha + beta * square).ln())
                .sum::<f64>();
        0.5 * (n * beta.ln() + d * alpha.ln()
            - n * std::f64::consts::TAU.ln()
            - beta * errors
            - alpha * weights
            - determinant)
    }

    /// (||m||², ||F m - t||²).
    fn energies(&self, seen: &Seen, alpha: f64, beta: f64) -> (f64, f64) {
        let (mut weights, mut errors) = (0.0, seen.outside);
        for (square, coordinate) in self.squares.iter().zip(&seen.coordinates) {
            let total = alpha + beta * square;
            weights += beta * beta * square * coordinate / (total * total);
            errors += alpha * alpha * coordinate / (total * total);
        }
        (weights, errors)
    }

    /// The largest ln evidence per row over α and β.
    ///
    /// MacKay's fixed point (α = γ/||m||², β = (n-γ)/||F m - t||², γ the effective number of weights) from the start the paper takes,
    /// ended when the evidence no longer moves.
    ///
    /// # Errors
    /// If the target has not one value per row.
    pub fn best(&self, target: &[f64]) -> Result<f64, InformationError> {
        let seen = self.see(target)?;
        let n = self.rows as f64;
        let (mut alpha, mut beta) = (1.0f64, 1.0f64);
        let mut best = self.total(&seen, alpha, beta);
        // The fixed point converges linearly, in tens of steps; slowly only where the optimum is at infinite precision.
        for _ in 0..10_000 {
            let effective: f64 = self
                .squares
                .iter()
                .map(|square| beta * square / (alpha + beta * square))
                .sum();
            let (weights, errors) = self.energies(&seen, alpha, beta);
            alpha = (effective / weights).clamp(PRECISION.0, PRECISION.1);
            beta = ((n - effective) / errors).clamp(PRECISION.0, PRECISION.1);
            if alpha.is_nan() || beta.is_nan() {
                break;
            }
            let next = self.total(&seen, alpha, beta);
            if (next - best).abs() <= 1e-14 * n {
                best = best.max(next);
                break;
            }
            best = best.max(next);
        }
        Ok(best / n)
    }
}

/// Precisions stay in this range: features that explain nothing, or everything, have their optimum at infinity.
const PRECISION: (f64, f64) = (1e-12, 1e12);

/// [`Evidence`] at given precisions.
///
/// # Errors
/// As [`Evidence::of`] and [`Evidence::at`].
pub fn evidence(
    features: &Points,
    target: &[f64],
    alpha: f64,
    beta: f64,
) -> Result<f64, InformationError> {
    Evidence::of(features)?.at(target, alpha, beta)
}

/// The mean over classes of the best evidence of "is it this class", nats per row.
///
/// # Errors
/// If labels and features differ in number or there is none.
pub fn log_me(labels: &[u32], features: &Points) -> Result<(f64, Vec<f64>), InformationError> {
    same_length("labels and features", labels.len(), features.len())?;
    let model = Evidence::of(features)?;
    let mut seen: Vec<u32> = labels.to_vec();
    seen.sort_unstable();
    seen.dedup();
    let classes = seen
        .iter()
        .map(|&class| {
            let target: Vec<f64> = labels
                .iter()
                .map(|&label| f64::from(u8::from(label == class)))
                .collect();
            model.best(&target)
        })
        .collect::<Result<Vec<f64>, _>>()?;
    Ok((classes.iter().sum::<f64>() / classes.len() as f64, classes))
}
