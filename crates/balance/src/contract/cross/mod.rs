//! What every cross-batch aggregator must hold, as tests that any of them can run: one of the house or one of a user.
//!
//! [`check`] puts an entry through every [`Property`] over the situations of [`gram`](super::gram), of which the second batch is
//! the first with noise. Exemptions stand in the method's own facts with a reason, an exemption that is not needed is a failure,
//! and `tests/cross_battery.rs` plants a broken method for each property.
//!
//! ```
//! use polytask_balance::CROSS_AGGREGATORS;
//! use polytask_balance::contract::cross::check;
//!
//! for entry in CROSS_AGGREGATORS {
//!     assert!(check(entry).is_empty(), "{:?}", check(entry));
//! }
//! ```

mod holds;
mod scene;

use crate::CrossAggregatorEntry;
use scene::Scene;

/// One thing that every cross-batch aggregator must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Property {
    /// Every weight is a finite number, whatever the gradients: tiny, zero, huge, opposite, with tasks coming and going.
    Finite,
    /// There is one weight for each task that is present in the third batch, and none for the others.
    Length,
    /// Naming the tasks in another order changes nothing but the order.
    Permutation,
    /// With one task the step goes the way of plain training: the weight is above zero.
    SingleTask,
    /// Whoever is present, the weights add up to what its [`Scale`](crate::Scale) says.
    Gain,
    /// What is remembered of a task does not move in a step in which it has no label in the first two batches.
    Absent,
    /// Saved and loaded anywhere in a run, everything goes on bit for bit.
    Resume,
    /// The defaults are within their own ranges.
    Defaults,
    /// Options written out and read again make the same method, and the entry's trial names each of them.
    Options,
    /// The weights are those that its entry says are known.
    Golden,
}

impl Property {
    /// Every property.
    pub const ALL: &'static [Self] = &[
        Self::Finite,
        Self::Length,
        Self::Permutation,
        Self::SingleTask,
        Self::Gain,
        Self::Absent,
        Self::Resume,
        Self::Defaults,
        Self::Options,
        Self::Golden,
    ];

    /// Its name in a test's.
    ///
    /// ```
    /// assert_eq!(polytask_balance::contract::cross::Property::SingleTask.name(), "single_task");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Finite => "finite",
            Self::Length => "length",
            Self::Permutation => "permutation",
            Self::SingleTask => "single_task",
            Self::Gain => "gain",
            Self::Absent => "absent",
            Self::Resume => "resume",
            Self::Defaults => "defaults",
            Self::Options => "options",
            Self::Golden => "golden",
        }
    }
}

/// Weights that are known from somewhere else.
#[derive(Clone, Copy, Debug)]
pub struct Golden {
    /// The inside of an inline TOML table.
    pub options: &'static str,
    /// The inner products `[tasks][tasks]` of every step.
    pub cross: &'static [&'static [f64]],
    /// How many steps are taken.
    pub steps: usize,
    /// The weights after the last step `[tasks]`.
    pub alpha: &'static [f64],
    /// How far they may be off.
    pub tolerance: f64,
    /// Where they are from.
    pub source: &'static str,
}

impl Golden {
    /// One step with default options, to rounding.
    pub const PLAIN: Self = Self {
        options: "",
        cross: &[],
        steps: 1,
        alpha: &[],
        tolerance: 1e-12,
        source: "",
    };
}

/// Puts a cross-batch aggregator through every property. Empty is good.
#[must_use]
pub fn check(entry: &'static CrossAggregatorEntry) -> Vec<String> {
    let outcomes = Property::ALL
        .iter()
        .map(|&property| check_property(entry, property));
    outcomes.filter_map(Result::err).collect()
}

/// Puts a cross-batch aggregator through one property, or sees to it that its exemption from it is needed.
///
/// # Errors
///
/// `METHOD::PROPERTY: ` and what was seen instead.
pub fn check_property(
    entry: &'static CrossAggregatorEntry,
    property: Property,
) -> Result<(), String> {
    let outcome = hold(entry, property);
    let mut exemptions = entry.facts.exempt.iter();
    let exemption = exemptions.find(|(exempt, _)| *exempt == property);
    super::judged(outcome, exemption.map(|(_, reason)| *reason))
        .map_err(|seen| format!("{}::{}: {seen}", entry.name, property.name()))
}

/// What was seen instead, if a property does not hold.
type Outcome = Result<(), String>;

fn hold(entry: &'static CrossAggregatorEntry, property: Property) -> Outcome {
    let each = |scenes: Vec<Scene>, holds: fn(&'static CrossAggregatorEntry, &Scene) -> Outcome| {
        scenes.iter().try_for_each(|scene| holds(entry, scene))
    };
    match property {
        Property::Finite => each(scene::all(), holds::finite),
        Property::Length => each(scene::all(), holds::length),
        Property::Permutation => each(scene::ordinary(), holds::permutation),
        Property::SingleTask => each(scene::single(), holds::single_task),
        Property::Gain => each(scene::all(), holds::gain),
        Property::Absent => each(scene::ordinary(), holds::absent),
        Property::Resume => each(scene::ordinary(), holds::resume),
        Property::Defaults => holds::same_again(entry, ""),
        Property::Options => holds::options(entry),
        Property::Golden => holds::goldens(entry),
    }
}
