//! Data for training several tasks at once: sources, columns, splits, labels, batches. Plain arrays, no tensors.

mod batch;
mod codes;
mod column;
mod error;
mod image;
mod limits;
mod nearest;
mod quoted;
mod sampler;
mod shape;
mod source;
mod split;
mod table;
mod task;

pub use batch::{Batch, Labels};
pub use column::{Column, Values, Words};
pub use error::{DataError, DataErrors};
pub use image::Images;
pub use limits::Limits;
pub use sampler::Sampler;
pub use shape::{CategoricalShape, InputShape};
pub use source::{CellRules, FileRef, Layout, Reading, RowReader, SOURCES, Source, Want};
pub use split::Part;
pub use table::Table;
pub use task::{TaskFit, TaskKind};
