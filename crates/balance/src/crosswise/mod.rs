//! Cross-batch aggregators: weights learned from two independent batches and used on a third. One file each, one line each in
//! [`CROSS_AGGREGATORS`].
//!
//! The Gram matrix of one batch is biased: the noise of a gradient is in its own squared norm. The product of the gradients of
//! two independent batches is not, and what is learned from it is independent of the third batch, with which the step is taken.
//! A step costs the gradients of every task on two batches and one weighted pass over the third. The three may be thirds
//! of one batch; a task that is missing in one of the first two moves nothing, and one that is missing in the third has no weight.
//!
//! A new one is a file like `modo.rs`, its line below and its line among all [`AGGREGATORS`](crate::AGGREGATORS);
//! [`contract::cross`](crate::contract::cross) then tests it.

pub(crate) mod modo;
pub(crate) mod sdmgrad;
mod shares;

use polytask_config::{Entry, State};

use crate::contract::cross::{Golden, Property};
use crate::{Cross, Heads, Losses, Scale, TaskFacts, Weights};

/// Every cross-batch aggregator, in the order of the listing.
///
/// ```
/// use polytask_balance::CROSS_AGGREGATORS;
///
/// assert!(CROSS_AGGREGATORS.iter().any(|entry| entry.name == "modo"));
/// ```
pub static CROSS_AGGREGATORS: &[CrossAggregatorEntry] = &[modo::ENTRY, sdmgrad::ENTRY];

/// A cross-batch aggregator by name, with its options.
pub type CrossAggregatorEntry = Entry<Box<dyn CrossAggregator>, CrossFacts>;

/// What is known of a cross-batch aggregator before it is made, for the [`contract`](crate::contract::cross).
#[derive(Clone, Copy, Debug)]
pub struct CrossFacts {
    /// Properties that it cannot have, each with the reason in one sentence.
    pub exempt: &'static [(Property, &'static str)],
    /// Weights that are known.
    pub golden: &'static [Golden],
    /// Every option with a value that is not its default, as the inside of an inline TOML table.
    pub trial: &'static str,
}

impl CrossFacts {
    /// No exemption, no option, nothing known.
    pub const PLAIN: Self = Self {
        exempt: &[],
        golden: &[],
        trial: "",
    };
}

/// Learns weights from two batches, for a third.
///
/// ```
/// use polytask_balance::{CROSS_AGGREGATORS, Cross, Family, Losses, TaskFacts};
/// use polytask_config::describe;
///
/// let entry = CROSS_AGGREGATORS.iter().find(|entry| entry.name == "modo").unwrap();
/// let mut modo = None;
/// describe(|options| modo = Some((entry.new)(options)));
/// let mut modo = modo.unwrap();
/// modo.start(&["digit", "letter"].map(|name| TaskFacts {
///     name: name.into(), family: Family::Classification, weight: 1.0, entropy: 2.3, variance: 0.0,
/// }));
///
/// // The first gradient is longer, so that the shortest combination has less of it.
/// modo.learn(&Cross::new(vec![0, 1], vec![9.0, 0.0, 0.0, 1.0]).unwrap());
/// let losses = |present: Vec<usize>| Losses { values: vec![1.0; present.len()], rows: vec![8; present.len()], present };
/// let weights = modo.weights(&losses(vec![0, 1]));
/// assert!(weights.alpha[0] < weights.alpha[1]);
/// // The third batch has no letters.
/// assert_eq!(modo.weights(&losses(vec![0])).alpha, [1.0]);
/// ```
pub trait CrossAggregator: Send {
    /// Begins a run with these tasks; whatever was learned before is forgotten.
    fn start(&mut self, _: &[TaskFacts]) {}

    /// What the scale of its weights means.
    fn scale(&self) -> Scale;

    /// What the heads are trained with, unless the configuration says otherwise or [`Weights::heads`] is given.
    fn heads(&self) -> Heads {
        Heads::Unit
    }

    /// Whether it wants to learn in the next step; if not, the gradients of two batches need not be told apart.
    fn learns(&self) -> bool {
        true
    }

    /// Learns from the gradients of two batches.
    fn learn(&mut self, cross: &Cross);

    /// One weight for each task that is present in the third batch, each finite, given the losses there.
    fn weights(&mut self, losses: &Losses) -> Weights;

    /// Ends an epoch.
    fn end_epoch(&mut self) {}

    /// Lists everything that [`learn`](Self::learn) changes.
    fn state(&mut self, _: &mut State) {}
}
