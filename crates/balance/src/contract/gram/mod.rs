//! What every Gram aggregator must hold, as tests that any of them can run: one of the house or one of a user.
//!
//! [`check`] puts an entry through every [`Property`] over named matrices: random, of very uneven lengths, singular, with a zero
//! row, all zero, with gradients that are the same or opposite, of 1, 2, 3, 11 and 40 tasks that come and go. As for
//! [weightings](super), exemptions stand in the method's own facts with a reason, an exemption that is not needed is a failure, and
//! `tests/gram_battery.rs` plants a broken method for each property.
//!
//! ```
//! use polytask_balance::contract::gram::{Golden, check};
//! use polytask_balance::{
//!     Gram, GramAggregator, GramAggregatorEntry, GramFacts, Losses, Moment, Scale, Weights,
//! };
//!
//! /// Each gradient counts as the inverse of its length.
//! struct Inverse;
//!
//! impl GramAggregator for Inverse {
//!     fn scale(&self) -> Scale {
//!         Scale::Mean
//!     }
//!
//!     fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
//!         let lengths: Vec<f64> = (0..gram.tasks()).map(|task| gram.at(task, task).sqrt()).collect();
//!         if lengths.contains(&0.0) {
//!             return Weights::of(vec![1.0 / lengths.len() as f64; lengths.len()]);
//!         }
//!         let sum: f64 = lengths.iter().map(|length| 1.0 / length).sum();
//!         Weights::of(lengths.iter().map(|length| 1.0 / length / sum).collect())
//!     }
//! }
//!
//! static INVERSE: GramAggregatorEntry = GramAggregatorEntry {
//!     name: "inverse",
//!     summary: "every gradient counts as the inverse of its length",
//!     source: "an example",
//!     new: |_| Box::new(Inverse),
//!     facts: GramFacts {
//!         golden: &[Golden {
//!             gram: &[&[1.0, 0.0], &[0.0, 4.0]],
//!             alpha: &[2.0 / 3.0, 1.0 / 3.0],
//!             source: "by hand",
//!             ..Golden::PLAIN
//!         }],
//!         ..GramFacts::PLAIN
//!     },
//! };
//!
//! // It is sound: it promises nothing, and nothing is known against it.
//! assert!(check(&INVERSE).is_empty(), "{:?}", check(&INVERSE));
//! ```

mod holds;
mod promises;
mod scene;

use super::made::Subject;
use super::properties::properties;
use super::{Outcome, answers, drawing, judged, memory, options, settings};
use crate::{GramAggregator, GramAggregatorEntry};
use scene::Scene;

properties! {
    /// One thing that every Gram aggregator must hold.
    ///
    /// ```
    /// assert_eq!(polytask_balance::contract::gram::Property::UnusableLoss.name(), "unusable_loss");
    /// ```
    pub enum Property {
        /// Every weight is a finite number, whatever the gradients: tiny, zero, huge, opposite, with tasks coming and going.
        Finite = "finite",
        /// There is one weight for each present task, and none for the others.
        Length = "length",
        /// Naming the tasks in another order gives the same shared gradient.
        Permutation = "permutation",
        /// With one task the step goes the way of plain training: the weight is above zero, in a wrapper also after steps
        /// with others.
        SingleTask = "single_task",
        /// Of equal gradients it gives what its [`Scale`](crate::Scale) says.
        Gain = "gain",
        /// What is remembered of a task does not move in a step in which it has no label.
        Absent = "absent",
        /// A loss that is negative or not finite makes no number infinite, and which it is does not matter.
        UnusableLoss = "unusable_loss",
        /// It moves nothing that is remembered of losses.
        LossMemory = "loss_memory",
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

/// What only some methods hold, and then promise in their [`GramFacts`](crate::GramFacts).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Promise {
    /// The residual is below 10⁻⁸ wherever there is a solution, singular matrices included.
    Certified,
    /// No weight is negative and they add up to 1.
    Simplex,
    /// No loss rises: (Gα)_t ≥ 0 but for 10⁻⁵ of the norms.
    NonConflict,
    /// With two tasks no loss rises.
    PairNonConflict,
    /// Where no two gradients conflict the weights are all equal, as its scale says.
    PlainWithoutConflict,
    /// All gradients multiplied by s multiply the weights by s to this power.
    Scaling(f64),
    /// One task's gradient multiplied by s multiplies its weight by s to this power, and no other's.
    RowScaling(f64),
    /// (Gα)_t/‖g_t‖ is the same for all t, if the gradients are independent.
    EqualProjections,
    /// ‖d − g₀‖ is at most this share of the mean gradient's norm ‖g₀‖.
    WithinBall(f64),
    /// (Gα)_t = α_t^(−1/a) with this a, if the gradients are independent.
    PowerOfProjection(f64),
    /// ‖d‖² is the smallest eigenvalue of G times the number of tasks, if the gradients are independent.
    SquaredNormOfSmallest,
    /// ‖d‖ is the norm of the first task's gradient.
    LengthOfFirst,
    /// The first step is that of another method of the house, by name.
    FirstStepOf(&'static str),
}

/// A promise and the options under which it is made.
pub type Promised = super::Promised<Promise>;

/// Weights that are known from somewhere else.
#[derive(Clone, Copy, Debug)]
pub struct Golden {
    /// The inside of an inline TOML table.
    pub options: &'static str,
    /// The inner products `[tasks][tasks]` of every step.
    pub gram: &'static [&'static [f64]],
    /// The losses `[tasks]` of every step; none is 1 for each.
    pub losses: &'static [f64],
    /// How many steps are taken.
    pub steps: usize,
    /// The weights of the last step `[tasks]`.
    pub alpha: &'static [f64],
    /// How far they may be off.
    pub tolerance: f64,
    /// Where they are from.
    pub source: &'static str,
}

impl Golden {
    /// One step with default options and all losses 1, to rounding.
    pub const PLAIN: Self = Self {
        options: "",
        gram: &[],
        losses: &[],
        steps: 1,
        alpha: &[],
        tolerance: 1e-12,
        source: "",
    };
}

/// Puts a Gram aggregator through every property. Empty is good.
#[must_use]
pub fn check(entry: &'static GramAggregatorEntry) -> Vec<String> {
    super::failures(Property::ALL, |property| check_property(entry, property))
}

/// Puts a Gram aggregator through one property, or sees to it that its exemption from it is needed.
///
/// # Errors
///
/// `METHOD::PROPERTY: ` and what was seen instead.
pub fn check_property(
    entry: &'static GramAggregatorEntry,
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
    Property::UnusableLoss,
    Property::LossMemory,
    Property::Resume,
];

/// In wrappers the scale is what they say, and averages of weights remember losses through them.
const INSIDE: &[Property] = &[
    Property::Finite,
    Property::Length,
    Property::Permutation,
    Property::SingleTask,
    Property::Absent,
    Property::Gain,
    Property::Resume,
];

fn hold(subject: &Subject<dyn GramAggregator>, property: Property) -> Outcome {
    let entry = subject.entry;
    let each = |scenes: Vec<Scene>, holds: fn(&Subject<dyn GramAggregator>, &Scene) -> Outcome| {
        super::scene::few(scenes, subject).try_for_each(|scene| holds(subject, &scene))
    };
    match property {
        Property::Finite => each(drawing::all(), answers::finite),
        Property::Length => each(drawing::all(), holds::length),
        Property::Permutation => {
            each(drawing::independent(), holds::permutation)?;
            // Where gradients depend on each other, steps that build on each other amplify rounding.
            let mut dependent = [drawing::solvable(), drawing::tied()].concat();
            if !subject.is_plain() {
                dependent
                    .iter_mut()
                    .for_each(|scene| scene.steps.truncate(1));
            }
            if !subject.is_wrapped() {
                each(dependent, holds::permutation)?;
            }
            Ok(())
        }
        Property::SingleTask => {
            each(scene::single(), answers::single_task)?;
            each(scene::at_times_alone(), holds::alone)
        }
        Property::Gain => each(scene::equal(), holds::gain),
        Property::Absent => each(drawing::independent(), memory::absent),
        Property::UnusableLoss => each(drawing::independent(), |subject, scene| {
            memory::broken_loss(subject, scene, |(_, losses)| losses)
        }),
        Property::LossMemory => each(drawing::independent(), |subject, scene| {
            memory::loss_memory(subject, scene, |(_, losses)| losses)
        }),
        Property::Resume => each(drawing::solvable(), memory::resume),
        Property::Defaults => options::same_again(entry, "", &drawing::independent()),
        Property::Options => options::options(entry, &drawing::independent()),
        Property::Settings => settings::hold(
            settings::values(entry),
            &[EVERYWHERE, &[Property::Promises]].concat(),
            entry.facts.exempt,
            hold,
        ),
        Property::Wrappers => {
            settings::hold(settings::wrapped(entry), INSIDE, entry.facts.exempt, hold)
        }
        Property::Golden => {
            answers::all_known(entry.facts.golden, |golden| holds::known(subject, golden))
        }
        Property::Promises => {
            let promises = entry.facts.promises.iter();
            // What depends on options is promised with those that it names.
            let mut kept = promises.filter(|promised| subject.is_plain() || promised.always);
            kept.try_for_each(|promised| promises::keeps(subject, promised))
        }
    }
}
