//! What tasks tell about each other, measured so that the number can be trusted. Plain f64, no tensors.
//!
//! Estimators work in nats and never clamp: an impossible value keeps its flag. What is reported is a [`Measure`]: the value with its
//! unit, estimator, rows, error, null and test.
//!
//! - [`discrete`]: entropies, divergences and the information of labels, with the exact mean of chance and its test.
//! - [`continuous`]: the same for numbers, by nearest neighbours and Gaussians.
//! - [`many`]: total correlation, synergy, the tree of tasks. [`bounds`]: what an entropy says about the best error.
//! - [`grouping`]: who should train with whom. [`codes`], [`gates`]: how shared a model is.
//! - [`similarity`], [`transferability`], [`Scores`]: representations, gradients and critics.
//! - [`usable`]: bits each task learned, bits transferred, and which kind of sharing is missing.
//! - [`report`]: all that labels say before training, as one record, a text and a page.
//!
//! ```
//! use polytask_information::discrete::{MutualInformation, Table};
//!
//! // Ten rows of two labels that have nothing to do with each other look related...
//! let table = Table::of_counts(vec![3, 2, 2, 3], 2)?;
//! let information = MutualInformation::of(&table);
//! assert!(information.plug_in > 0.02);
//! // ... until chance is taken off.
//! assert!(information.corrected() < 0.0);
//! # Ok::<(), polytask_information::InformationError>(())
//! ```

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
pub mod report;
pub mod similarity;
mod special;
pub mod transferability;
pub mod usable;

pub use critic::{Scores, barber_agakov, gaussian_rate};
pub use error::InformationError;
pub use measure::{Flag, Measure, Unit};
pub use multiplicity::benjamini_hochberg;
