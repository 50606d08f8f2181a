//! Row aggregators: from the tasks' gradients, entry by entry, to the shared gradient. One file each, one line each in
//! [`ROW_AGGREGATORS`].
//!
//! They cost a row for each task in memory, and those that remember gradients as much again. The engine gives all blocks at
//! once, so that a method may go over them as often as it needs: for the norms of what it remembers, then for the sum.
//!
//! As everywhere, only tasks with a label in the batch are seen, and what is remembered of the others does not move. Every draw
//! is a function of seed, step, the block's name and the entry's place in it, so that the order of the blocks does not matter.
//!
//! Most answer with a direction, of which there are no weights to be kept or averaged.
//!
//! A new one is a file like `trimmed_mean.rs` and its line below, and its line among all
//! [`AGGREGATORS`](crate::AGGREGATORS); [`contract::rows`](crate::contract::rows) then tests it.

pub(crate) mod db_mtl;
pub(crate) mod excess_mtl;
pub(crate) mod graddrop;
pub(crate) mod m_config;
pub(crate) mod moco;
mod trace;
pub(crate) mod trimmed_mean;

use polytask_config::{Entry, State};

use crate::contract::rows::{Golden, Promised, Property};
use crate::{Heads, Losses, Moment, Rows, Scale, SharedGradient, TaskFacts};

/// Every row aggregator, in the order of the listing.
///
/// ```
/// use polytask_balance::ROW_AGGREGATORS;
///
/// assert!(ROW_AGGREGATORS.iter().any(|entry| entry.name == "graddrop"));
/// ```
pub static ROW_AGGREGATORS: &[RowAggregatorEntry] = &[
    graddrop::ENTRY,
    trimmed_mean::ENTRY,
    moco::ENTRY,
    db_mtl::ENTRY,
    excess_mtl::ENTRY,
    m_config::ENTRY,
];

/// A row aggregator by name, with its options.
pub type RowAggregatorEntry = Entry<Box<dyn RowAggregator>, RowFacts>;

/// What is known of a row aggregator before it is made, for the [`contract`](crate::contract::rows).
#[derive(Clone, Copy, Debug)]
pub struct RowFacts {
    /// What it promises beyond what all do.
    pub promises: &'static [Promised],
    /// Properties that it cannot have, each with the reason in one sentence.
    pub exempt: &'static [(Property, &'static str)],
    /// Shared gradients that are known.
    pub golden: &'static [Golden],
    /// Every option with a value that is not its default, as the inside of an inline TOML table.
    pub trial: &'static str,
}

impl RowFacts {
    /// No promise, no exemption, no option, nothing known.
    pub const PLAIN: Self = Self {
        promises: &[],
        exempt: &[],
        golden: &[],
        trial: "",
    };
}

/// Turns the tasks' gradients, entry by entry, into the shared gradient.
///
/// ```
/// use polytask_balance::{Block, Losses, Moment, ROW_AGGREGATORS, Rows};
/// use polytask_config::describe;
///
/// let entry = ROW_AGGREGATORS.iter().find(|entry| entry.name == "trimmed_mean").unwrap();
/// let mut trimmed = None;
/// describe(|options| trimmed = Some((entry.new)(options)));
/// let mut trimmed = trimmed.unwrap();
///
/// // The outlier of each entry is left out, below and above.
/// let block = Block { name: "trunk.weight", rows: vec![&[1.0, 9.0], &[2.0, 1.0], &[99.0, 2.0]] };
/// let rows = Rows::new(vec![0, 1, 2], vec![block]).unwrap();
/// let losses = Losses { present: vec![0, 1, 2], values: vec![0.7, 0.3, 0.1], rows: vec![8; 3] };
/// assert_eq!(trimmed.combine(&rows, &losses, Moment::default()).blocks, [[2.0, 2.0]]);
/// ```
pub trait RowAggregator: Send {
    /// Begins a run with these tasks; whatever was learned before is forgotten.
    fn start(&mut self, _: &[TaskFacts]) {}

    /// Those of the present tasks whose gradients it wants at this step, ascending: all of them, unless it gets by with less.
    fn visits(&self, present: &[usize], _: Moment) -> Vec<usize> {
        present.to_vec()
    }

    /// What the scale of its answer means.
    fn scale(&self) -> Scale;

    /// What the heads are trained with, unless the configuration says otherwise or [`SharedGradient::heads`] is given.
    fn heads(&self) -> Heads {
        Heads::Unit
    }

    /// The shared gradient, finite, with as many blocks as `rows`. `losses` are of the same tasks as `rows`.
    fn combine(&mut self, rows: &Rows<'_>, losses: &Losses, moment: Moment) -> SharedGradient;

    /// Ends an epoch.
    fn end_epoch(&mut self) {}

    /// Lists everything that [`combine`](Self::combine) changes.
    fn state(&mut self, _: &mut State) {}
}
