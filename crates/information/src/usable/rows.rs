//! A mean over rows with its standard error.

use crate::InformationError;
use crate::error::{all_finite, at_least, same_length};
use crate::special::{mean_and_variance, sum};
use crate::{Measure, Unit};

/// The mean of a per-row quantity in nats, in bits: ± sd/√n, or robust to rows that come in `groups` (users, sites).
///
/// # Errors
/// If there are fewer than two rows (or groups), a value is not finite, or groups and rows differ in number.
pub fn row_measure(
    nats: &[f64],
    groups: Option<&[u32]>,
    estimator: &'static str,
) -> Result<Measure, InformationError> {
    at_least("rows", nats.len(), 2)?;
    all_finite("value of a row", nats)?;
    let (mean, variance) = mean_and_variance(nats);
    let n = nats.len() as f64;
    let se = match groups {
        None => (variance / n).sqrt(),
        Some(groups) => clustered(nats, groups, mean)?,
    };
    let measure = Measure::of(mean, Unit::Nats, estimator, nats.len()).with_se(se);
    Ok(measure
        .with_interval([mean - 1.96 * se, mean + 1.96 * se])
        .in_bits())
}

/// √(G/(G-1) Σ_g (Σ of the group's deviations)²)/n.
fn clustered(values: &[f64], groups: &[u32], mean: f64) -> Result<f64, InformationError> {
    same_length("rows and groups", values.len(), groups.len())?;
    let sums: Vec<f64> = members(groups)
        .iter()
        .map(|rows| {
            sum(rows
                .iter()
                .filter_map(|&row| values.get(row))
                .map(|value| value - mean))
        })
        .collect();
    at_least("groups", sums.len(), 2)?;
    let count = sums.len() as f64;
    let squares: f64 = sums.iter().map(|sum| sum * sum).sum();
    Ok((count / (count - 1.0) * squares).sqrt() / values.len() as f64)
}

/// The rows of every group, groups in the order of their numbers.
pub(super) fn members(groups: &[u32]) -> Vec<Vec<usize>> {
    let mut order: Vec<(u32, usize)> = groups.iter().copied().zip(0..).collect();
    order.sort_unstable();
    order
        .chunk_by(|left, right| left.0 == right.0)
        .map(|run| run.iter().map(|(_, row)| *row).collect())
        .collect()
}
