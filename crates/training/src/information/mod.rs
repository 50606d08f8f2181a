//! Information: from rows, labels and predictions to what [`polytask_information`] measures.

mod aligned;
mod codes;
mod columns;
mod coupling;
mod observed;
mod relations;
mod representation;
mod residual;
mod usable;
mod varying;

pub use codes::{CodeUse, code_use};
pub use columns::{FeatureColumns, label_columns};
pub use coupling::{
    CoupledPair, Coupling, MOST_LABELS, MOST_NUMBERS, coupling, joint_gains, predictions_given,
};
pub use observed::{Observed, ObservedPart};
pub use relations::{Asked, OVERLAP, PairRelation, Relations, relations};
pub use representation::{
    Suited, SuitedPair, Transferability, alike, few, represented, transferability,
};
pub use residual::{PairResidual, Residuals, residuals};
pub use usable::{Calibration, Information, TaskInformation, baselines, usable_information};
