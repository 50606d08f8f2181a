//! What every balancing method must hold, as tests that any method can run: one of the house or one of a user.
//!
//! [`check`] puts an entry through every [`Property`] and returns what failed. A method may be exempt from a property only
//! by saying so in its own [`Facts`](crate::Facts), with a reason; an exemption that is not needed is a failure too, so that
//! the list only shrinks. `tests/battery.rs` plants a broken method for each property: a battery that cannot fail proves
//! nothing.
//!
//! [`gram`], [`rows`] and [`cross`] do the same for those that weigh gradients.
//!
//! A method of your own:
//!
//! ```
//! use polytask_balance::contract::{Golden, Property, check, check_property};
//! use polytask_balance::{Facts, Family, Losses, Needs, TaskFacts, Weighting, WeightingEntry, Weights};
//!
//! /// Each loss counts as its inverse.
//! struct Inverse;
//!
//! impl Weighting for Inverse {
//!     fn start(&mut self, _: &[TaskFacts]) {}
//!
//!     fn needs(&self) -> Needs {
//!         Needs::Losses
//!     }
//!
//!     fn weights(&mut self, losses: &Losses) -> Weights {
//!         Weights::of(losses.values.iter().map(|loss| 1.0 / loss).collect())
//!     }
//! }
//!
//! static INVERSE: WeightingEntry = WeightingEntry {
//!     name: "inverse",
//!     summary: "every loss counts as its inverse",
//!     source: "an example",
//!     new: |_| Box::new(Inverse),
//!     facts: Facts {
//!         golden: &[Golden {
//!             tasks: &[(Family::Other, 0.0, 0.0)],
//!             losses: &[&[4.0]],
//!             alpha: &[0.25],
//!             tolerance: 0.0,
//!             source: "by hand",
//!         }],
//!         ..Facts::PLAIN
//!     },
//! };
//!
//! // It is what it says it is, but a loss of zero gets an infinite weight, and so does one that is not a number, whatever is
//! // wrapped around it.
//! assert!(check_property(&INVERSE, Property::Golden).is_ok());
//! let failures: Vec<_> = check(&INVERSE).iter().map(|failure| failure.property).collect();
//! assert_eq!(failures, [Property::Finite, Property::UnusableLoss, Property::Wrappers]);
//! ```

mod answers;
pub mod cross;
mod drawing;
pub mod gram;
mod losing;
mod made;
mod memory;
mod options;
mod properties;
mod remembered;
pub mod rows;
mod scene;
mod settings;
mod tested;
mod weighting;
mod weights;

use std::fmt;

use crate::{Family, Losses, Weighting, WeightingEntry};
use made::Subject;
use properties::properties;
use scene::Scene;

properties! {
    /// One thing that every method must hold.
    ///
    /// ```
    /// assert_eq!(polytask_balance::contract::Property::SingleTask.name(), "single_task");
    /// ```
    pub enum Property {
        /// Every weight is a finite number, whatever the losses: tiny, zero, huge, with tasks coming and going.
        Finite = "finite",
        /// There is one weight for each present task, and none for the others.
        Length = "length",
        /// Naming the tasks in another order changes nothing but the order.
        Permutation = "permutation",
        /// With one task the step goes the way of plain training: the weight is above zero.
        SingleTask = "single_task",
        /// What is remembered of a task does not move in a step in which it has no label.
        Absent = "absent",
        /// A loss that is negative or not finite moves nothing of what is remembered of its task.
        UnusableLoss = "unusable_loss",
        /// Saved and loaded anywhere in a run, everything goes on bit for bit.
        Resume = "resume",
        /// The defaults are within their own ranges.
        Defaults = "defaults",
        /// Options written out and read again make the same method, and the entry's trial names each of them.
        Options = "options",
        /// It keeps all that with every option at the bounds of what it may be, at each word and on and off.
        Settings = "settings",
        /// It keeps all that in every wrapper that has a meaning around it.
        Wrappers = "wrappers",
        /// The weights are those that its entry says are known.
        Golden = "golden",
        /// It keeps what it promises beyond all this.
        Promises = "promises",
    }
}

/// What only some methods hold, and then promise in their [`Facts`](crate::Facts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Promise {
    /// A task's weight depends on that task's own losses only: other tasks and steps without it change no bit of it.
    Independent,
}

/// A promise of an aggregator, and the options under which it is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Promised<P> {
    /// The inside of an inline TOML table.
    pub options: &'static str,
    /// What is promised.
    pub promise: P,
    /// Whether it is promised too with every option at the values that [`Settings`](Property::Settings) goes through.
    pub always: bool,
}

impl<P: Copy> Promised<P> {
    /// With default options.
    #[must_use]
    pub const fn by_default(promise: P) -> Self {
        Self::with("", promise)
    }

    /// With these options.
    #[must_use]
    pub const fn with(options: &'static str, promise: P) -> Self {
        Self {
            options,
            promise,
            always: false,
        }
    }

    /// Whatever the options.
    #[must_use]
    pub const fn always(promise: P) -> Self {
        Self {
            always: true,
            ..Self::by_default(promise)
        }
    }
}

/// Weights that are known from somewhere else, with default options.
#[derive(Clone, Copy, Debug)]
pub struct Golden {
    /// The tasks: family, entropy, variance.
    pub tasks: &'static [(Family, f64, f64)],
    /// The losses `[steps][tasks]`, every task present with one row.
    pub losses: &'static [&'static [f64]],
    /// The weights of the last step `[tasks]`.
    pub alpha: &'static [f64],
    /// How far they may be off, as a share of each weight.
    pub tolerance: f64,
    /// Where they are from.
    pub source: &'static str,
}

/// A property that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The method.
    pub entry: &'static str,
    /// What it must hold.
    pub property: Property,
    /// What was seen instead.
    pub seen: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}: {}", self.entry, self.property.name(), self.seen)
    }
}

impl std::error::Error for Failure {}

/// Puts a weighting through every property. Empty is good.
#[must_use]
pub fn check(entry: &'static WeightingEntry) -> Vec<Failure> {
    failures(Property::ALL, |property| check_property(entry, property))
}

/// Puts a weighting through one property, or sees to it that its exemption from it is needed.
///
/// # Errors
///
/// What was seen instead.
pub fn check_property(entry: &'static WeightingEntry, property: Property) -> Result<(), Failure> {
    judged(
        hold(&Subject::plain(entry), property),
        property,
        entry.facts.exempt,
    )
    .map_err(|seen| Failure {
        entry: entry.name,
        property,
        seen,
    })
}

/// What failed of these properties.
fn failures<P: Copy, F>(properties: &[P], check: impl Fn(P) -> Result<(), F>) -> Vec<F> {
    let outcomes = properties.iter().map(|&property| check(property));
    outcomes.filter_map(Result::err).collect()
}

/// What there is to say about a property that holds or not, of a method with these exemptions.
fn judged<P: PartialEq>(outcome: Outcome, property: P, exemptions: &[(P, &str)]) -> Outcome {
    let mut exemptions = exemptions.iter();
    let exemption = exemptions.find(|(exempt, _)| *exempt == property);
    match (outcome, exemption) {
        (Ok(()), None) => Ok(()),
        (Err(_), Some((_, reason))) if !reason.trim().is_empty() => Ok(()),
        (Err(_), Some(_)) => Err("exempt without a reason".to_owned()),
        (Ok(()), Some(_)) => Err("exempt, but it holds: drop the exemption".to_owned()),
        (Err(seen), None) => Err(seen),
    }
}

/// What was seen instead, if a property does not hold.
type Outcome = Result<(), String>;

/// What holds with every setting and in every wrapper too; scenes of up to 11 tasks are enough for that.
const EVERYWHERE: &[Property] = &[
    Property::Finite,
    Property::Length,
    Property::Permutation,
    Property::Absent,
    Property::UnusableLoss,
    Property::Resume,
];

fn hold(subject: &Subject<dyn Weighting>, property: Property) -> Outcome {
    let entry = subject.entry;
    let each = |scenes: Vec<Scene<Losses>>,
                holds: fn(&Subject<dyn Weighting>, &Scene<Losses>) -> Outcome| {
        scene::few(scenes, subject).try_for_each(|scene| holds(subject, &scene))
    };
    match property {
        Property::Finite => each(losing::all(), answers::finite),
        Property::Length => each(losing::ordinary(), weights::length),
        Property::Permutation => each(losing::ordinary(), weights::permutation),
        Property::SingleTask => each(losing::single(), answers::single_task),
        Property::Absent => each(losing::ordinary(), memory::absent),
        Property::UnusableLoss => {
            let mut scenes = losing::ordinary();
            // With one task a wrapper's count of steps looks like a number of that task.
            scenes.retain(|scene| subject.is_plain() || scene.tasks.len() > 1);
            each(scenes, memory::unusable_loss)
        }
        Property::Resume => each(losing::ordinary(), memory::resume),
        Property::Defaults => options::same_again(entry, "", &losing::ordinary()),
        Property::Options => options::options(entry, &losing::ordinary()),
        Property::Settings => settings::hold(
            settings::values(entry),
            &[EVERYWHERE, &[Property::Promises]].concat(),
            entry.facts.exempt,
            hold,
        ),
        Property::Wrappers => settings::hold(
            settings::wrapped(entry),
            &[EVERYWHERE, &[Property::SingleTask]].concat(),
            entry.facts.exempt,
            hold,
        ),
        Property::Golden => {
            answers::all_known(entry.facts.golden, |golden| weights::known(subject, golden))
        }
        Property::Promises => entry
            .facts
            .promises
            .iter()
            .try_for_each(|promise| match promise {
                Promise::Independent => each(losing::ordinary(), weights::independent),
            }),
    }
}

/// Numbers that are to be the same bit for bit.
fn bits(numbers: &[f64]) -> Vec<u64> {
    numbers.iter().map(|number| number.to_bits()).collect()
}
