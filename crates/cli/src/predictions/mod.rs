//! Predictions as a file: which columns, how a cell is written, and a file that is whole or not there.

mod cells;
mod output;
mod writer;

pub(crate) use cells::{Cell, Columns};
pub(crate) use output::{Output, is_same_file};
pub(crate) use writer::{Format, RowWriter, writer};
