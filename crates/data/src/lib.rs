//! Data for training several tasks at once: sources, columns, splits, labels, batches. Plain arrays, no tensors.

mod column;
mod error;
mod image;
mod limits;
mod nearest;
mod quoted;
mod source;
mod split;
mod table;

pub use column::{Column, Values, Words};
pub use error::{DataError, DataErrors};
pub use image::Images;
pub use limits::Limits;
pub use source::{CellRules, FileRef, Reading, RowReader, Source, Want};
pub use split::Part;
pub use table::Table;
