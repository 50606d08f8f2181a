//! Real-valued labels and features, and their mixtures with classes: nearest-neighbour and Gaussian estimates, nats.
//!
//! Distances are in the maximum norm on axes the caller has [standardised](Points::standardised). Neighbour estimates need some 50
//! rows, are refused above five axes (their bias grows with the axes and with the information itself; Gao, Ver Steeg, Galstyan 2015)
//! and are wrong on ties, where [`mixed`] is right.

mod axis;
mod differential;
mod gaussian;
mod kraskov;
mod neighbours;
mod points;
mod ross;

pub use differential::differential_entropy;
pub use gaussian::{correlation, gaussian, gaussian_copula};
pub use kraskov::{Kraskov, kraskov, mixed};
pub(crate) use kraskov::{kraskov_terms, mixed_terms};
pub use points::Points;
pub use ross::ross;
pub(crate) use ross::ross_terms;

use crate::InformationError;
use crate::error::{at_least, at_most, same_length};

/// Axes a neighbour estimate may have.
pub const DIMENSIONS: usize = 5;

/// The number of points, if the sides agree and the estimate can be made.
fn checked(x: &Points, y: &Points, k: usize) -> Result<usize, InformationError> {
    let n = same_length("points", x.len(), y.len())?;
    at_least("neighbours", k, 1)?;
    at_least("points", n, k + 1)?;
    at_most(
        "axes of a neighbour estimate",
        x.dimensions() + y.dimensions(),
        DIMENSIONS,
    )?;
    Ok(n)
}
