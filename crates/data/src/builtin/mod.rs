//! Generators: data sets that need no file and are the same bytes on every platform.
//!
//! Each row is drawn from its own named stream of the option `data_seed`, so that a larger set begins with the smaller
//! one and the run's own `seed` changes the training but not the data.

pub mod glyphs;
#[cfg(test)]
mod golden;
mod linear;
pub mod many_binary;
mod matrix;
pub mod mmoe_synthetic;
mod normal;
mod parts;
pub mod planted_codes;
pub mod planted_low_rank;
#[cfg(test)]
mod tests;

use polytask_config::Entry;

pub use parts::Rows;

use crate::source::Source;

/// All generators.
///
/// ```
/// let names: Vec<&str> = polytask_data::builtin::GENERATORS.iter().map(|entry| entry.name).collect();
/// assert_eq!(names, ["glyphs", "planted_codes", "planted_low_rank", "many_binary", "mmoe_synthetic"]);
/// ```
pub static GENERATORS: &[Entry<Box<dyn Source>>] = &[
    glyphs::ENTRY,
    planted_codes::ENTRY,
    planted_low_rank::ENTRY,
    many_binary::ENTRY,
    mmoe_synthetic::ENTRY,
];
