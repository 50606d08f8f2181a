//! Data for training several tasks at once: sources, columns, splits, labels, batches. Plain arrays, no tensors.
//!
//! [`prepare`] is the way through: it reads the sources that [`DataOptions`] name into one [`Table`], divides the rows,
//! fits the [`Preprocessing`] on the training rows only, and codes all rows once into [`Encoded`], from which
//! [`Sampler`] and [`Prefetch`] make [`Batch`]es. With the [`Preprocessing`] alone another file of the same layout can
//! be read. A missing label is a normal case: it is a 0 in the mask of [`Labels`], everywhere.

mod batch;
pub mod builtin;
mod codes;
mod column;
mod doubts;
mod encoded;
mod error;
mod expected;
mod facts;
mod headers;
mod image;
mod label;
mod limits;
mod natural;
mod nearest;
mod normalize;
mod oddities;
mod options;
mod prefetch;
mod prepare;
mod preprocessing;
mod quoted;
mod read;
mod roles;
mod row_lines;
mod sampler;
mod shape;
mod source;
mod split;
mod stream;
mod table;
mod target;
mod task;
mod tiles;
mod vocabulary;

pub use batch::{Batch, Labels};
pub use column::{Column, Values, Words};
pub use doubts::Doubts;
pub use encoded::Encoded;
pub use error::{DataError, DataErrors};
pub use facts::{DataFacts, LabelFacts, SplitFacts, Unseen};
pub use headers::{Survey, survey};
pub use image::Images;
pub use limits::Limits;
pub use oddities::Oddities;
pub use options::{
    Columns, DataOptions, EmptyCell, ImageScaling, InputKind, InputOptions, MissingPolicy,
    TargetScaling, TaskOptions, TaskType, UnseenLabels,
};
pub use prefetch::Prefetch;
pub use prepare::{Prepared, prepare};
pub use preprocessing::Preprocessing;
pub use sampler::Sampler;
pub use shape::{CategoricalShape, InputShape, InputSketch};
pub use source::{CellRules, FileRef, Given, Layout, Reading, RowReader, SOURCES, Source, Want};
pub use split::{Part, SPLITS, Split, Splits};
pub use stream::{Chunk, RowStream};
pub use table::{Kept, Table};
pub use task::{TaskFit, TaskKind};
