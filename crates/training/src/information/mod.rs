//! Information: from rows, labels and predictions to what [`polytask_information`] measures.

mod columns;
mod observed;
mod usable;

pub use columns::{feature_columns, label_columns};
pub use observed::{Observed, ObservedPart};
pub use usable::{Calibration, Information, TaskInformation, baselines, usable_information};
