//! Kraskov, Stögbauer and Grassberger's mutual information of two real vectors (2004), nats, and its form for ties.
//!
//! - KSG-I: I = ψ(k) + ψ(n) - <ψ(n_x+1) + ψ(n_y+1)>, n_x and n_y counting the *other* points strictly nearer than the k-th joint
//!   neighbour.
//! - KSG-II: I = ψ(k) - 1/k + ψ(n) - <ψ(n_x) + ψ(n_y)>, each axis with the radius its own k neighbours reach, inclusive.
//! - Mixed (Gao, Kannan, Oh, Viswanath 2017): where k neighbours coincide with the point, k becomes the number that do, and ln n
//!   replaces ψ(n). Right for ties, and for laws that are partly discrete, where KSG is wrong.

use super::axis::Side;
use super::neighbours::Tree;
use super::{Points, checked};
use crate::InformationError;
use crate::special::{mean, psi};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kraskov {
    /// One radius for both sides.
    First,
    /// A radius for each.
    Second,
}

/// KSG mutual information with `k` neighbours, nats. Not clamped: it scatters around 0 for independent sides.
///
/// # Errors
/// If the sides differ in number of points, have more than five axes together, or there are no more than `k` points.
///
/// ```
/// use polytask_information::continuous::{Kraskov, Points, kraskov};
///
/// // y is x: the estimate grows with the rows, for the truth is infinite.
/// let line: Vec<f64> = (0..200).map(|i| f64::from(i) * 0.618 % 1.0).collect();
/// let x = Points::line(&line)?;
/// assert!(kraskov(&x, &x, 5, Kraskov::First)? > 2.0);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn kraskov(x: &Points, y: &Points, k: usize, form: Kraskov) -> Result<f64, InformationError> {
    Ok(mean(&kraskov_terms(x, y, k, form)?))
}

/// The value is the mean of these, one per point.
pub(crate) fn kraskov_terms(
    x: &Points,
    y: &Points,
    k: usize,
    form: Kraskov,
) -> Result<Vec<f64>, InformationError> {
    let n = checked(x, y, k)?;
    let joint = x.beside(y)?;
    let tree = Tree::new(&joint);
    let (x_side, y_side) = (Side::new(x), Side::new(y));
    let correction = match form {
        Kraskov::First => 0.0,
        Kraskov::Second => 1.0 / k as f64,
    };
    let constant = psi(k as f64) - correction + psi(n as f64);
    let term = |index: usize| {
        let near = tree.nearest(index, k);
        constant
            - match form {
                Kraskov::First => {
                    // The count includes the point itself: it is n_x + 1 already.
                    let radius = near.radius();
                    // (Where k others coincide with the point it does not even count itself.)
                    psi(x_side.count(index, radius, false).max(1) as f64)
                        + psi(y_side.count(index, radius, false).max(1) as f64)
                }
                Kraskov::Second => {
                    let reach = |points: &Points| {
                        near.found.iter().fold(0.0f64, |far, (_, other)| {
                            far.max(super::neighbours::distance(
                                points.point(index),
                                points.point(*other),
                            ))
                        })
                    };
                    psi((x_side.count(index, reach(x), true) - 1).max(1) as f64)
                        + psi((y_side.count(index, reach(y), true) - 1).max(1) as f64)
                }
            }
    };
    Ok((0..n).map(term).collect())
}

/// Gao et al.'s estimator for laws that are partly discrete, nats; the default when more than 1 % of the rows tie.
///
/// # Errors
/// As [`kraskov`].
pub fn mixed(x: &Points, y: &Points, k: usize) -> Result<f64, InformationError> {
    Ok(mean(&mixed_terms(x, y, k)?))
}

/// The value is the mean of these, one per point.
pub(crate) fn mixed_terms(x: &Points, y: &Points, k: usize) -> Result<Vec<f64>, InformationError> {
    let n = checked(x, y, k)?;
    let joint = x.beside(y)?;
    let tree = Tree::new(&joint);
    let (x_side, y_side) = (Side::new(x), Side::new(y));
    let term = |index: usize| {
        let radius = tree.nearest(index, k).radius();
        // Points as near as the k-th are counted where the radius is 0, strictly nearer ones elsewhere.
        let is_tied = radius == 0.0;
        let neighbours = if is_tied {
            tree.count(joint.point(index), 0.0, true)
        } else {
            k
        };
        (n as f64).ln() + psi(neighbours as f64)
            - psi(x_side.count(index, radius, is_tied) as f64)
            - psi(y_side.count(index, radius, is_tied) as f64)
    };
    Ok((0..n).map(term).collect())
}
