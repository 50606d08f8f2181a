//! Why a session failed.

use polytask_store::StoreError;

use crate::load::LoadError;
use crate::plan::PlanError;
use crate::run::RunError;
use crate::save::PartError;
use crate::state::RestoreError;

/// Why a session failed.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Config or data.
    #[error("the plan does not work out")]
    Plan(PlanError),
    /// The loop.
    #[error("{0}")]
    Run(#[from] RunError),
    /// The directory.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The checkpoint that it should go on from.
    #[error("{0}")]
    Restore(#[from] RestoreError),
    /// A part of it.
    #[error("{0}")]
    Part(#[from] PartError),
    /// Testing the best checkpoint.
    #[error("{0}")]
    Load(#[from] LoadError),
    /// The data is not that of the run.
    #[error(
        "the data differs from the data of the run (fingerprint {found}, the run has {wanted}); a run goes on only with its own data"
    )]
    OtherData {
        /// Now.
        found: String,
        /// Then.
        wanted: String,
    },
}

impl From<PlanError> for SessionError {
    fn from(error: PlanError) -> Self {
        Self::Plan(error)
    }
}
