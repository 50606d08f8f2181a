//! What every row aggregator must hold, as tests that any of them can run: one of the house or one of a user.
//!
//! [`check`] puts an entry through every [`Property`] over the situations of [`gram`](super::gram), as gradients in two blocks.
//! Exemptions stand in the method's own facts with a reason, an exemption that is not needed is a failure, and
//! `tests/row_battery.rs` plants a broken method for each property.
//!
//! ```
//! use polytask_balance::contract::rows::{Golden, check};
//! use polytask_balance::{
//!     Losses, Moment, RowAggregator, RowAggregatorEntry, RowFacts, Rows, Scale, SharedGradient,
//! };
//!
//! /// At each parameter the gradient that is furthest from zero.
//! struct Largest;
//!
//! impl RowAggregator for Largest {
//!     fn scale(&self) -> Scale {
//!         Scale::Mean
//!     }
//!
//!     fn combine(&mut self, rows: &Rows<'_>, _: &Losses, _: Moment) -> SharedGradient {
//!         let largest = |a: f32, b: f32| if b.abs() > a.abs() || b.abs() == a.abs() && b > a { b } else { a };
//!         let blocks = rows.blocks().iter().map(|block| {
//!             let zeros = vec![0.0; block.entries()];
//!             block.rows.iter().fold(zeros, |kept, row| {
//!                 kept.iter().zip(*row).map(|(&kept, &value)| largest(kept, value)).collect()
//!             })
//!         });
//!         SharedGradient::of(blocks.collect())
//!     }
//! }
//!
//! static LARGEST: RowAggregatorEntry = RowAggregatorEntry {
//!     name: "largest",
//!     summary: "at each parameter the gradient that is furthest from zero",
//!     source: "an example",
//!     new: |_| Box::new(Largest),
//!     facts: RowFacts {
//!         golden: &[Golden {
//!             rows: &[&[1.0, -2.0], &[-3.0, 0.5]],
//!             direction: &[-3.0, -2.0],
//!             source: "by hand",
//!             ..Golden::PLAIN
//!         }],
//!         ..RowFacts::PLAIN
//!     },
//! };
//!
//! // It is sound: it promises nothing, and nothing is known against it.
//! assert!(check(&LARGEST).is_empty(), "{:?}", check(&LARGEST));
//! ```

mod holds;
mod promises;
mod scene;

use super::made::Subject;
use super::properties::properties;
use super::{Outcome, answers, drawing, judged, memory, options, settings};
use crate::{RowAggregator, RowAggregatorEntry};
use scene::Scene;

properties! {
    /// One thing that every row aggregator must hold.
    ///
    /// ```
    /// assert_eq!(polytask_balance::contract::rows::Property::SingleTask.name(), "single_task");
    /// ```
    pub enum Property {
        /// Every number is finite, whatever the gradients: tiny, zero, huge, opposite, with tasks coming and going.
        Finite = "finite",
        /// It asks for present tasks only, and answers with blocks as long as those it is given.
        Shape = "shape",
        /// Naming the tasks in another order gives the same shared gradient.
        Permutation = "permutation",
        /// Giving the blocks in another order gives the same shared gradient.
        Blocks = "blocks",
        /// With one task of always the same gradient its loss falls at every step.
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
        /// The shared gradients are those that its entry says are known.
        Golden = "golden",
        /// It keeps what it promises beyond all this.
        Promises = "promises",
    }
}

/// What only some methods hold, and then promise in their [`RowFacts`](crate::RowFacts).
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Promise {
    /// With one task the shared gradient is its gradient.
    PlainAlone,
    /// Every entry is the sum of the positive gradients there, or of the negative ones.
    OneSign,
    /// Every entry is between the smallest and the largest gradient there.
    WithinRange,
    /// It stays there between the others when one of three or more gradients is huge.
    IgnoresOutlier,
    /// All gradients multiplied by s multiply the shared gradient by s to this power.
    Scaling(f64),
    /// The first step is that of a Gram aggregator of the house, by name, times this.
    FirstStepOf(&'static str, f64),
}

/// A promise and the options under which it is made.
pub type Promised = super::Promised<Promise>;

/// A shared gradient that is known from somewhere else.
#[derive(Clone, Copy, Debug)]
pub struct Golden {
    /// The inside of an inline TOML table.
    pub options: &'static str,
    /// The gradients `[tasks][parameters]` of the first step.
    pub rows: &'static [&'static [f32]],
    /// Those of every further step; none if they stay the same.
    pub then: &'static [&'static [f32]],
    /// The losses `[tasks]` of every step; none is 1 for each.
    pub losses: &'static [f64],
    /// How many steps are taken.
    pub steps: usize,
    /// The shared gradient of the last step `[parameters]`.
    pub direction: &'static [f64],
    /// How far it may be off.
    pub tolerance: f64,
    /// Where it is from.
    pub source: &'static str,
}

impl Golden {
    /// One step with default options and all losses 1, to rounding in single precision.
    pub const PLAIN: Self = Self {
        options: "",
        rows: &[],
        then: &[],
        losses: &[],
        steps: 1,
        direction: &[],
        tolerance: 1e-7,
        source: "",
    };
}

/// Puts a row aggregator through every property. Empty is good.
#[must_use]
pub fn check(entry: &'static RowAggregatorEntry) -> Vec<String> {
    super::failures(Property::ALL, |property| check_property(entry, property))
}

/// Puts a row aggregator through one property, or sees to it that its exemption from it is needed.
///
/// # Errors
///
/// `METHOD::PROPERTY: ` and what was seen instead.
pub fn check_property(
    entry: &'static RowAggregatorEntry,
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
    Property::Shape,
    Property::Permutation,
    Property::Blocks,
    Property::Absent,
    Property::UnusableLoss,
    Property::LossMemory,
    Property::Resume,
];

/// In wrappers the scale is what they say, and averages of weights remember losses through them.
const INSIDE: &[Property] = &[
    Property::Finite,
    Property::Shape,
    Property::Permutation,
    Property::Blocks,
    Property::Absent,
    Property::Gain,
    Property::Resume,
];

fn hold(subject: &Subject<dyn RowAggregator>, property: Property) -> Outcome {
    let entry = subject.entry;
    let each = |scenes: Vec<Scene>, holds: fn(&Subject<dyn RowAggregator>, &Scene) -> Outcome| {
        super::scene::few(scenes, subject).try_for_each(|scene| holds(subject, &scene))
    };
    match property {
        Property::Finite => each(drawing::all(), answers::finite),
        Property::Shape => each(drawing::all(), holds::shape),
        Property::Permutation => each(drawing::independent(), holds::permutation),
        Property::Blocks => each(drawing::independent(), holds::blocks),
        Property::SingleTask => each(scene::single_task(), holds::single_task),
        Property::Gain => each(scene::equal(), holds::gain),
        Property::Absent => each(drawing::independent(), memory::absent),
        Property::UnusableLoss => each(drawing::independent(), |subject, scene| {
            memory::broken_loss(subject, scene, |given| &mut given.losses)
        }),
        Property::LossMemory => each(drawing::independent(), |subject, scene| {
            memory::loss_memory(subject, scene, |given| &mut given.losses)
        }),
        Property::Resume => each(drawing::independent(), memory::resume),
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
