//! Ross's mutual information of a label with classes and a real vector (2014), nats.
//!
//! I = ψ(n) - <ψ(N_y)> + ψ(k) - <ψ(m)>: the radius is the k-th neighbour inside the point's own class (k at most N_y - 1), and m
//! counts the points of any class at distance < radius, the point itself included. Classes with one row are dropped and n reduced.

use super::axis::Side;
use super::neighbours::Tree;
use super::{DIMENSIONS, Points};
use crate::InformationError;
use crate::error::{at_least, at_most, same_length};
use crate::special::{mean, psi};

/// The estimate, nats, and the rows it is from. Not clamped; wrong if many rows tie (use [`mixed`](super::mixed)).
///
/// # Errors
/// If labels and points differ in number, there are more than five axes, or no class has two rows.
///
/// ```
/// use polytask_information::continuous::{Points, ross};
///
/// // Two classes, far apart: x says which, ln 2 nats.
/// let x: Vec<f64> = (0..100).map(|i| f64::from(i % 2) * 10.0 + f64::from(i) * 0.01).collect();
/// let labels: Vec<u32> = (0..100).map(|i| i % 2).collect();
/// let (information, rows) = ross(&labels, &Points::line(&x)?, 5)?;
/// assert!((information - f64::ln(2.0)).abs() < 0.1);
/// assert_eq!(rows, 100);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn ross(labels: &[u32], x: &Points, k: usize) -> Result<(f64, usize), InformationError> {
    let terms = ross_terms(labels, x, k)?;
    Ok((mean(&terms), terms.len()))
}

/// The value is the mean of these, one per point that was not dropped.
pub(crate) fn ross_terms(
    labels: &[u32],
    x: &Points,
    k: usize,
) -> Result<Vec<f64>, InformationError> {
    same_length("labels and points", labels.len(), x.len())?;
    at_most("axes of a neighbour estimate", x.dimensions(), DIMENSIONS)?;
    at_least("neighbours", k, 1)?;
    let classes = labels.iter().max().map_or(0, |&class| class as usize + 1);
    at_most("classes", classes, labels.len().max(1 << 16))?;
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); classes];
    for (row, &class) in labels.iter().enumerate() {
        if let Some(rows) = members.get_mut(class as usize) {
            rows.push(row);
        }
    }
    members.retain(|rows| rows.len() > 1);
    let kept: Vec<usize> = members.iter().flatten().copied().collect();
    at_least("rows in classes of two or more", kept.len(), 2)?;
    let all = x.at(&kept);
    let side = Side::new(&all);
    let n = kept.len() as f64;
    let (mut terms, mut first) = (Vec::with_capacity(kept.len()), 0);
    for rows in &members {
        let own = x.at(rows);
        let tree = Tree::new(&own);
        let neighbours = k.min(rows.len() - 1);
        for index in 0..rows.len() {
            let radius = tree.nearest(index, neighbours).radius();
            // With ties at the point the radius is 0 and nothing is strictly nearer: the point still counts itself.
            let nearer = side.count(first + index, radius, false).max(1);
            terms.push(
                psi(n) + psi(neighbours as f64) - psi(rows.len() as f64) - psi(nearer as f64),
            );
        }
        first += rows.len();
    }
    Ok(terms)
}
