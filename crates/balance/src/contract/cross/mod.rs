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

use super::made::Subject;
use super::properties::properties;
use super::{Outcome, answers, drawing, judged, memory, options, settings};
use crate::{CrossAggregator, CrossAggregatorEntry};
use scene::Scene;

properties! {
    /// One thing that every cross-batch aggregator must hold.
    ///
    /// ```
    /// assert_eq!(polytask_balance::contract::cross::Property::SingleTask.name(), "single_task");
    /// ```
    pub enum Property {
        /// Every weight is a finite number, whatever the gradients: tiny, zero, huge, opposite, with tasks coming and going.
        Finite = "finite",
        /// There is one weight for each task that is present in the third batch, and none for the others.
        Length = "length",
        /// Naming the tasks in another order changes nothing but the order.
        Permutation = "permutation",
        /// With one task the step goes the way of plain training: the weight is above zero.
        SingleTask = "single_task",
        /// Whoever is present, the weights add up to what its [`Scale`](crate::Scale) says.
        Gain = "gain",
        /// What is remembered of a task does not move in a step in which it has no label in the first two batches.
        Absent = "absent",
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
    super::failures(Property::ALL, |property| check_property(entry, property))
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
    judged(
        hold(&Subject::plain(entry), property),
        property,
        entry.facts.exempt,
    )
    .map_err(|seen| format!("{}::{}: {seen}", entry.name, property.name()))
}

/// What holds with every setting and in every wrapper too; scenes of up to 11 tasks are enough for that.
const EVERYWHERE: &[Property] = &[
    Property::Finite,
    Property::Length,
    Property::Permutation,
    Property::Absent,
    Property::Gain,
    Property::Resume,
];

/// In wrappers the scale is what they say, and averages of weights remember losses through them.
const INSIDE: &[Property] = &[
    Property::Finite,
    Property::Length,
    Property::Permutation,
    Property::Absent,
    Property::Gain,
    Property::Resume,
];

fn hold(subject: &Subject<dyn CrossAggregator>, property: Property) -> Outcome {
    let entry = subject.entry;
    let each = |scenes: Vec<Scene>, holds: fn(&Subject<dyn CrossAggregator>, &Scene) -> Outcome| {
        super::scene::few(scenes, subject).try_for_each(|scene| holds(subject, &scene))
    };
    match property {
        Property::Finite => each(drawing::all(), answers::finite),
        Property::Length => each(drawing::all(), holds::length),
        Property::Permutation => each(drawing::independent(), holds::permutation),
        Property::SingleTask => each(drawing::alone(drawing::kinds()), answers::single_task),
        Property::Gain => each(drawing::all(), holds::gain),
        Property::Absent => each(drawing::independent(), memory::absent),
        Property::Resume => each(drawing::independent(), memory::resume),
        Property::Defaults => options::same_again(entry, "", &drawing::independent()),
        Property::Options => options::options(entry, &drawing::independent()),
        Property::Settings => settings::hold(
            settings::values(entry),
            EVERYWHERE,
            entry.facts.exempt,
            hold,
        ),
        Property::Wrappers => {
            settings::hold(settings::wrapped(entry), INSIDE, entry.facts.exempt, hold)
        }
        Property::Golden => {
            answers::all_known(entry.facts.golden, |golden| holds::known(subject, golden))
        }
    }
}
