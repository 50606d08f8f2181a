//! Configuration and state, each listed once and read in several directions.
//!
//! A component lists its options on a [`Fields`] and its state on a [`State`]. From the one listing of options come the
//! typed value, defaults, ranges, the JSON Schema, the help of a key, did-you-mean and the resolved text; from the one
//! listing of state come saving, strict loading and the digest. Where options are written down is a [`Document`]:
//! layers of TOML, in which every value remembers its file, line and column, so that each [`Problem`] can show them.
//!
//! This crate knows no word of any domain.

mod article;
mod called;
mod choice;
mod codes;
mod document;
mod entry;
mod fields;
mod literal;
mod problem;
mod read;
mod render;
mod resolved;
mod schema;
mod state;
mod suggest;
mod terminal;
mod unknown;
mod values;

pub use article::with_article;
pub use called::{item_of, name_in, options_in};
pub use choice::Choice;
pub use codes::{CODES, Code, code};
pub use document::{Document, Layers};
pub use entry::{Chosen, Entry, PathOr, TextsOr};
pub use fields::{
    ChoiceField, EntriesField, EntryField, Fields, Flag, Integer, IntegerList, List, Listed,
    Number, NumberList, PairList, PathField, PathList, PathOrEntryField, Text, TextList, TextLists,
    TextsOrTableField,
};
pub use literal::Literal;
pub use problem::{Position, Problem, Problems};
pub use read::{Reading, describe, read};
pub use render::render;
pub use resolved::{Difference, Origin, Resolved, Setting};
pub use schema::{Family, Found, Kind, Node, Range, Schema, Variant, options_of};
pub use state::{State, StateProblem, StateProblems};
pub use suggest::nearest;
pub use values::{Value, Values};
