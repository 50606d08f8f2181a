//! Where rows come from. A source reads or makes one [`Table`].

use polytask_random::Seed;

use crate::error::DataErrors;
use crate::limits::Limits;
use crate::table::Table;

/// What a source is told when it loads.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The run's seed, for sources that draw (stream names begin with `data/`).
    pub seed: Seed,
    /// How much of the input is believed.
    pub limits: Limits,
}

/// A source of rows.
pub trait Source: std::fmt::Debug + Send + Sync {
    /// Reads or makes the whole table, in the file's order.
    ///
    /// # Errors
    /// Everything wrong with the input that one pass can find.
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors>;
}
