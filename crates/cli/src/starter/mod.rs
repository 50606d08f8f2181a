//! A first config for a table: which columns are ids, targets and inputs, and what kinds of tasks the targets make.
//!
//! Nothing here is more than a guess, and the config that comes of it says so beside each one.

mod column;
mod guess;
mod sample;
mod write;

pub(crate) use guess::{Guess, Unusable, guess};
pub(crate) use sample::{Beginning, Sample};
pub(crate) use write::{BUILTIN, Form, Origin, text};
