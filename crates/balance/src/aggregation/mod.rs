//! Gram aggregators: from the inner products of the tasks' gradients to one weight for each. One file each, one line each in
//! [`GRAM_AGGREGATORS`].
//!
//! The shared gradient is d = Σ α_t g_t, so that with G = J Jᵀ everything there is to know about it is known in
//! `tasks × tasks` numbers: its norm is √(αᵀGα), and (Gα)_t > 0 says that a small step against d makes loss t fall.
//!
//! An aggregator sees only the tasks that have a label in the batch. It is total: a zero gradient, a singular matrix or a
//! solver that stops short earn a [`Note`](crate::Note), never a number that is not finite. What the scale of its answer
//! means is its [`Scale`]; [`Wrapping`](crate::Wrapping) brings all to one.
//!
//! A new one is a file like `config.rs` and its line below; [`contract::gram`](crate::contract::gram) then tests it.

pub(crate) mod aligned_mtl;
pub(crate) mod cagrad;
pub(crate) mod config;
pub(crate) mod constant;
pub(crate) mod db_mtl;
pub(crate) mod dualproj;
pub(crate) mod fairgrad;
pub(crate) mod gradnorm;
pub(crate) mod gradvac;
pub(crate) mod imtl;
pub(crate) mod imtl_g;
pub(crate) mod krum;
pub(crate) mod mean;
pub(crate) mod mgda;
pub(crate) mod nash_mtl;
mod order;
pub(crate) mod pcd;
pub(crate) mod pcgrad;
pub(crate) mod pe_ltr;
pub(crate) mod random;
pub(crate) mod sum;
pub(crate) mod upgrad;

use polytask_config::{Entry, State};

pub(crate) use config::equal_cosines;

use crate::contract::gram::{Golden, Promised, Property};
use crate::{Gram, Losses, Moment, TaskFacts, Weights};

/// Every Gram aggregator, in the order of the listing.
///
/// ```
/// use polytask_balance::GRAM_AGGREGATORS;
///
/// // The baseline comes first.
/// assert_eq!(GRAM_AGGREGATORS[0].name, "sum");
/// assert!(GRAM_AGGREGATORS.iter().any(|entry| entry.name == "cagrad"));
/// ```
pub static GRAM_AGGREGATORS: &[GramAggregatorEntry] = &[
    sum::ENTRY,
    mean::ENTRY,
    constant::ENTRY,
    random::ENTRY,
    mgda::ENTRY,
    pcgrad::ENTRY,
    gradvac::ENTRY,
    imtl_g::ENTRY,
    imtl::ENTRY,
    cagrad::ENTRY,
    nash_mtl::ENTRY,
    fairgrad::ENTRY,
    aligned_mtl::ENTRY,
    upgrad::ENTRY,
    dualproj::ENTRY,
    config::ENTRY,
    gradnorm::ENTRY,
    pcd::ENTRY,
    pe_ltr::ENTRY,
    krum::ENTRY,
    db_mtl::ENTRY,
];

/// A Gram aggregator by name, with its options.
pub type GramAggregatorEntry = Entry<Box<dyn GramAggregator>, GramFacts>;

/// What is known of a Gram aggregator before it is made, most of it for the [`contract`](crate::contract::gram).
#[derive(Clone, Copy, Debug)]
pub struct GramFacts {
    /// What it promises beyond what all do.
    pub promises: &'static [Promised],
    /// Properties that it cannot have, each with the reason in one sentence.
    pub exempt: &'static [(Property, &'static str)],
    /// Weights that are known.
    pub golden: &'static [Golden],
    /// Every option with a value that is not its default, as the inside of an inline TOML table.
    pub trial: &'static str,
}

impl GramFacts {
    /// No promise, no exemption, no option, nothing known.
    pub const PLAIN: Self = Self {
        promises: &[],
        exempt: &[],
        golden: &[],
        trial: "",
    };
}

/// Whose inner products an aggregator must be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sight {
    /// Nothing: its weights come from elsewhere, and one plain backward pass will do. The Gram matrix it is given is zero.
    Nothing,
    /// The gradients of all shared parameters.
    Whole,
    /// The gradients of the last shared layer alone.
    LastShared,
    /// Those of each shared layer by itself, through [`GramAggregator::layer_weights`].
    Layers,
}

/// What the weights add up to when all gradients are the same one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scale {
    /// To the number of present tasks: d is then the sum of the gradients.
    Sum,
    /// To 1: d is then their mean.
    Mean,
    /// To this: d is then so many times their mean.
    Means(f64),
    /// To something that depends on how large they are.
    Free,
    /// To nothing that goes with how large they are: what comes of them is divided entry by entry.
    Lost,
}

/// What the tasks' own parameters, their heads, are trained with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Heads {
    /// Each head with its own loss as it is.
    Unit,
    /// Each head with its loss times the task's weight.
    Weighted,
}

/// Turns the gradients' inner products into weights.
///
/// ```
/// use polytask_balance::{Gram, GRAM_AGGREGATORS, Losses, Moment};
/// use polytask_config::describe;
///
/// let entry = GRAM_AGGREGATORS.iter().find(|entry| entry.name == "mgda").unwrap();
/// let mut mgda = None;
/// describe(|options| mgda = Some((entry.new)(options)));
/// let mut mgda = mgda.unwrap();
///
/// // Two gradients at a right angle, of the same length: the shortest convex combination is the middle.
/// let gram = Gram::of_rows(vec![0, 1], &[vec![1.0, 0.0], vec![0.0, 1.0]]).unwrap();
/// let losses = Losses { present: vec![0, 1], values: vec![0.7, 0.3], rows: vec![8, 8] };
/// let alpha = mgda.weights(&gram, &losses, Moment::default()).alpha;
/// assert!(alpha.iter().all(|weight| (weight - 0.5).abs() < 1e-12));
/// ```
pub trait GramAggregator: Send {
    /// Begins a run with these tasks; whatever was learned before is forgotten.
    fn start(&mut self, _: &[TaskFacts]) {}

    /// The tasks that its options name, for a config to check.
    fn named(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Whose inner products it must be given.
    fn sight(&self) -> Sight {
        Sight::Whole
    }

    /// Whose inner products it must be given at the next step, in which these tasks are present: nobody's, if it will answer
    /// from what it has kept.
    fn sight_of(&self, _present: &[usize]) -> Sight {
        self.sight()
    }

    /// What the scale of its weights means.
    fn scale(&self) -> Scale;

    /// What the heads are trained with, unless the configuration says otherwise or [`Weights::heads`] is given.
    fn heads(&self) -> Heads {
        Heads::Unit
    }

    /// One weight for each present task, each finite. `losses` are of the same tasks as `gram`.
    fn weights(&mut self, gram: &Gram, losses: &Losses, moment: Moment) -> Weights;

    /// The weights layer by layer, from each layer's own inner products; for those whose [`sight`](Self::sight) is
    /// [`Sight::Layers`].
    fn layer_weights(&mut self, layers: &[Gram], losses: &Losses, moment: Moment) -> Vec<Weights> {
        layers
            .iter()
            .map(|gram| self.weights(gram, losses, moment))
            .collect()
    }

    /// Ends an epoch.
    fn end_epoch(&mut self) {}

    /// Lists everything that [`weights`](Self::weights) changes.
    fn state(&mut self, _: &mut State) {}
}

/// The mean of the gradients: what a method falls back to.
fn mean_of(tasks: usize) -> Vec<f64> {
    vec![1.0 / tasks.max(1) as f64; tasks]
}
