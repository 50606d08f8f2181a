//! Information.

pub mod bounds;
pub mod codes;
pub mod continuous;
pub mod discrete;
mod draw;
mod error;
pub mod gates;
#[cfg(test)]
mod golden;
pub mod grouping;
pub mod many;
mod measure;
mod multiplicity;
mod special;

pub use error::InformationError;
pub use measure::{Flag, Measure, Unit};
pub use multiplicity::benjamini_hochberg;
