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
pub mod planted_channels;
pub mod planted_codes;
pub mod planted_groups;
pub mod planted_low_rank;
pub mod planted_pair;
pub mod planted_synergy;
#[cfg(test)]
mod tests;

use polytask_config::Entry;

pub use parts::Rows;

use crate::source::Source;

/// All generators.
///
/// ```
/// let names: Vec<&str> = polytask_data::builtin::GENERATORS.iter().map(|entry| entry.name).collect();
/// assert_eq!(names[..4], ["glyphs", "planted_codes", "planted_low_rank", "many_binary"]);
/// assert_eq!(names[4..], ["mmoe_synthetic", "planted_channels", "planted_groups", "planted_synergy", "planted_pair"]);
/// ```
pub static GENERATORS: &[Entry<Box<dyn Source>>] = &[
    glyphs::ENTRY,
    planted_codes::ENTRY,
    planted_low_rank::ENTRY,
    many_binary::ENTRY,
    mmoe_synthetic::ENTRY,
    planted_channels::ENTRY,
    planted_groups::ENTRY,
    planted_synergy::ENTRY,
    planted_pair::ENTRY,
];
