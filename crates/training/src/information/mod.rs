//! Information: from rows, labels and predictions to what [`polytask_information`] measures.

mod columns;

pub use columns::{feature_columns, label_columns};
