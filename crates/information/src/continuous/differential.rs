//! Differential entropy of real vectors (Kozachenko and Leonenko 1987), nats.

use super::neighbours::Tree;
use super::{DIMENSIONS, Points};
use crate::InformationError;
use crate::error::{at_least, at_most};
use crate::special::psi;

/// h = ψ(n) - ψ(k) + d ln 2 + (d/n) Σ ln ε_i with ε_i the maximum-norm distance to the k-th neighbour. Depends on the unit of
/// the data and may be negative; -infinity if `k` other points coincide with one.
///
/// # Errors
/// If there are no more than `k` points, or more than five axes.
///
/// ```
/// use polytask_information::continuous::{Points, differential_entropy};
///
/// // Twice as wide is ln 2 nats more, whatever the law.
/// let line: Vec<f64> = (0..100).map(|i| f64::from(i) * 0.618 % 1.0).collect();
/// let wide: Vec<f64> = line.iter().map(|x| 2.0 * x).collect();
/// let difference = differential_entropy(&Points::line(&wide)?, 4)? - differential_entropy(&Points::line(&line)?, 4)?;
/// assert!((difference - f64::ln(2.0)).abs() < 1e-12);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn differential_entropy(points: &Points, k: usize) -> Result<f64, InformationError> {
    at_least("neighbours", k, 1)?;
    at_least("points", points.len(), k + 1)?;
    at_most(
        "axes of a neighbour estimate",
        points.dimensions(),
        DIMENSIONS,
    )?;
    let tree = Tree::new(points);
    let logs: f64 = (0..points.len())
        .map(|index| tree.nearest(index, k).radius().ln())
        .sum();
    let (n, d) = (points.len() as f64, points.dimensions() as f64);
    Ok(psi(n) - psi(k as f64) + d * 2f64.ln() + d / n * logs)
}
