//! What a configuration says of data: `[data]`, `[inputs.NAME]` and the data's part of `[tasks.NAME]`.

mod data;
mod input;
mod task;

pub use data::{DataOptions, MissingPolicy};
pub use input::{Columns, ImageScaling, InputKind, InputOptions};
pub(crate) use task::twice;
pub use task::{EmptyCell, TargetScaling, TaskOptions, TaskType, UnseenLabels};
