//! Which gradients an aggregator is shown, and how they are told apart: options that stand beside any method's own.

use polytask_config::{Choice, Fields};

/// The options `level` and `engine`.
///
/// ```
/// use polytask_balance::{GradientEngine, Level, View};
///
/// let usual = View { level: Level::Parameter, engine: GradientEngine::Stacked, micro_batch: 1.0 };
/// assert_eq!(View::default(), usual);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Which gradients are shown.
    pub level: Level,
    /// How gradients of parameters are told apart.
    pub engine: GradientEngine,
    /// Of each task's labelled rows of a batch, the share that inner products are taken over, in (0, 1].
    pub micro_batch: f64,
}

/// Which gradients an aggregator is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Those of all shared parameters.
    Parameter,
    /// Those of the representation, over the batch.
    Representation,
    /// Those of the last shared layer.
    LastShared,
}

/// How gradients of parameters are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradientEngine {
    /// All tasks' cotangents through the shared layers together.
    Stacked,
    /// One forward and backward pass a task.
    Reforward,
}

impl Choice for Level {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "parameter",
            Self::Parameter,
            "the gradients of all shared parameters, exactly",
        ),
        (
            "representation",
            Self::Representation,
            "the gradients of what the heads read, over the batch: hardly more than a plain step",
        ),
        (
            "last_shared",
            Self::LastShared,
            "the gradients of the last shared layer",
        ),
    ];
}

impl Choice for GradientEngine {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "stacked",
            Self::Stacked,
            "the cotangents of all tasks go through the shared layers together",
        ),
        (
            "reforward",
            Self::Reforward,
            "one forward and backward pass a task: slow, the reference that the other is tested against",
        ),
    ];
}

impl Default for View {
    fn default() -> Self {
        Self {
            level: Level::Parameter,
            engine: GradientEngine::Stacked,
            micro_batch: 1.0,
        }
    }
}

impl View {
    /// Lists all of them.
    pub fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        Self {
            level: fields
                .choice("level", "which gradients the method sees")
                .or(usual.level),
            engine: fields
                .choice(
                    "engine",
                    "how the tasks' gradients of parameters are told apart",
                )
                .or(usual.engine),
            micro_batch: fields
                .number(
                    "micro_batch",
                    "share of a batch's labelled rows that inner products are taken over; the step is taken with all",
                )
                .above(0.0)
                .at_most(1.0)
                .or(usual.micro_batch),
        }
    }
}
