//! Information.

pub mod discrete;
mod draw;
mod error;
#[cfg(test)]
mod golden;
mod measure;
mod multiplicity;
mod special;

pub use error::InformationError;
pub use measure::{Flag, Measure, Unit};
pub use multiplicity::benjamini_hochberg;
