//! Why a planted family has no score.

use polytask_data::DataErrors;
use polytask_information::InformationError;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub enum PlantedError {
    /// The data.
    #[error("{0}")]
    Data(#[from] DataErrors),
    /// An estimator.
    #[error("{0}")]
    Information(#[from] InformationError),
    /// A system of equations without one solution.
    #[error("the {what} have no one solution")]
    Singular {
        /// Which equations.
        what: &'static str,
    },
    /// What was handed in does not have the shape of the family.
    #[error("{what}: {found} found, {wanted} wanted")]
    Shape {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
}
