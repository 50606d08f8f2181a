//! Information.

pub mod bounds;
pub mod codes;
pub mod continuous;
mod critic;
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
pub mod similarity;
mod special;
pub mod transferability;

pub use critic::{Scores, barber_agakov, gaussian_rate};
pub use error::InformationError;
pub use measure::{Flag, Measure, Unit};
pub use multiplicity::benjamini_hochberg;
