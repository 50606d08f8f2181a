//! Weightings: from the losses of a step to one weight for each present task. One file each, one line each in
//! [`WEIGHTINGS`].
//!
//! A weighting sees only the tasks that have a label in the batch, and remembers what it learns of them in a
//! [`PerTask`](crate::PerTask), through which it cannot reach the others. It is total: a loss that is negative, huge or not
//! finite moves nothing and earns a [`Note`](crate::Note). The tasks' own weights are multiplied in by training.
//!
//! A new one is a file like `nats.rs` and its line below; [`contract`](crate::contract) then tests it.

mod auto_lambda;
mod cosmos;
mod dwa;
mod entropy_fraction;
mod equal;
mod famo;
mod fixed;
mod gls;
mod go4align;
mod imtl_l;
mod ldc;
mod nats;
mod pbi;
mod preference;
mod rlw;
mod scale_invariant;
mod stch;
mod tchebycheff;
mod uncertainty;
mod uw_so;

use polytask_config::{Entry, Fields, State};

use crate::contract::{Golden, Promise, Property};
use crate::{Losses, Moment, Observation, TaskFacts, Weights, Wrapper, Wrapping};

pub(crate) use imtl_l::ImtlL;

macro_rules! wrapped {
    ($($method:ident),* $(,)?) => {
        /// Every weighting, in the order of the listing, each with its own options and those of the
        /// [wrappers](Wrapping::weighting_options) around it.
        ///
        /// ```
        /// use polytask_balance::WEIGHTINGS;
        ///
        /// // The baseline comes first.
        /// assert_eq!(WEIGHTINGS[0].name, "equal");
        /// let nats = WEIGHTINGS.iter().find(|entry| entry.name == "nats").unwrap();
        /// assert!(nats.summary.contains("half the logarithm"));
        /// ```
        pub static WEIGHTINGS: &[WeightingEntry] = &[$(WeightingEntry {
            new: |options| in_wrappers(options, &$method::ENTRY),
            ..$method::ENTRY
        }),*];

        /// The same without wrappers: what the [`contract`](crate::contract) tests.
        ///
        /// ```
        /// use polytask_balance::{BARE_WEIGHTINGS, contract};
        ///
        /// assert!(contract::check(&BARE_WEIGHTINGS[0]).is_empty());
        /// ```
        pub static BARE_WEIGHTINGS: &[WeightingEntry] = &[$($method::ENTRY),*];
    };
}

wrapped! {
    equal,
    fixed,
    uncertainty,
    nats,
    entropy_fraction,
    scale_invariant,
    rlw,
    uw_so,
    dwa,
    gls,
    imtl_l,
    stch,
    famo,
    go4align,
    ldc,
    tchebycheff,
    pbi,
    cosmos,
    auto_lambda,
}

fn in_wrappers(options: &mut Fields<'_>, entry: &WeightingEntry) -> Box<dyn Weighting> {
    let made = (entry.new)(options);
    let wrapping = Wrapping::weighting_options(options, entry.name, entry.facts.without);
    wrapping.around_weighting(made)
}

/// A weighting by name, with its options.
pub type WeightingEntry = Entry<Box<dyn Weighting>, Facts>;

/// What is known of a weighting before it is made, most of it for the [`contract`](crate::contract).
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// What it promises beyond what all do.
    pub promises: &'static [Promise],
    /// Properties that it cannot have, each with the reason in one sentence.
    pub exempt: &'static [(Property, &'static str)],
    /// Weights that are known, with its default options.
    pub golden: &'static [Golden],
    /// Every option with a value that is not its default, as the inside of an inline TOML table.
    pub trial: &'static str,
    /// Wrappers that have no meaning around it, each with the reason as a relative clause.
    pub without: &'static [(Wrapper, &'static str)],
}

/// Of a weighting whose weights are the same at every step.
const CONSTANT: &[(Wrapper, &str)] = &[
    (Wrapper::UpdateEvery, "whose weights never change"),
    (Wrapper::MovingAverage, "whose weights never change"),
];

/// Of a weighting whose objective has the logarithms in it.
const LOGARITHMIC: &[(Wrapper, &str)] = &[(Wrapper::LogLoss, "which takes logarithms itself")];

/// Of a weighting whose weights are the slope of an objective: those of the logarithms would be the slope of another one, and
/// logarithms may be negative.
const SLOPE: &[(Wrapper, &str)] = &[(
    Wrapper::LogLoss,
    "whose weights are the slope of a function of the losses as they are",
)];

impl Facts {
    /// No promise, no exemption, no option, nothing known.
    pub const PLAIN: Self = Self {
        promises: &[],
        exempt: &[],
        golden: &[],
        trial: "",
        without: &[],
    };
}

/// What a weighting must be given at each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Needs {
    /// Nothing: [`Losses::values`] are zeros, and the device is not asked for the losses before the backward pass.
    Nothing,
    /// The losses of the step.
    Losses,
    /// The losses of the step, and those of the same batch once more after the step was taken, for
    /// [`after`](Weighting::after): with the same dropout masks and without moving running statistics.
    LossesAgain,
    /// Before the step, how the loss of its primary tasks on validation rows would change with each weight, for
    /// [`look_ahead`](Weighting::look_ahead).
    LookAhead,
}

impl Needs {
    /// What a step then does beside the passes of a plain one, in words.
    ///
    /// ```
    /// use polytask_balance::Needs;
    ///
    /// assert_eq!(Needs::Losses.extra(), None);
    /// assert_eq!(Needs::LossesAgain.extra(), Some("a second forward pass after every step"));
    /// ```
    #[must_use]
    pub fn extra(self) -> Option<&'static str> {
        match self {
            Self::Nothing | Self::Losses => None,
            Self::LossesAgain => Some("a second forward pass after every step"),
            Self::LookAhead => {
                Some("a trial step, validation rows and two forward passes before every step")
            }
        }
    }
}

/// Turns the losses of a step into weights.
///
/// ```
/// use polytask_balance::{Family, Losses, TaskFacts, WEIGHTINGS};
/// use polytask_config::describe;
///
/// let entry = WEIGHTINGS.iter().find(|entry| entry.name == "entropy_fraction").unwrap();
/// let mut weighting = None;
/// describe(|options| weighting = Some((entry.new)(options)));
/// let mut weighting = weighting.unwrap();
///
/// let classes = |name: &str, classes: f64| TaskFacts {
///     name: name.into(), family: Family::Classification, weight: 1.0, entropy: classes.ln(), variance: 0.0,
/// };
/// weighting.start(&[classes("digit", 10.0), classes("letter", 26.0)]);
///
/// // A batch without letters: one weight, for the one task that is there.
/// let weights = weighting.weights(&Losses { present: vec![0], values: vec![2.3], rows: vec![32] });
/// assert_eq!(weights.alpha, [1.0 / 10_f64.ln()]);
/// ```
pub trait Weighting: Send {
    /// Begins a run with these tasks; whatever was learned before is forgotten.
    fn start(&mut self, tasks: &[TaskFacts]);

    /// What it must be given.
    fn needs(&self) -> Needs;

    /// What it must be given in the next step, of which these are the tasks.
    fn needs_of(&self, _present: &[usize]) -> Needs {
        self.needs()
    }

    /// The tasks that its options name, for a config to check.
    fn named(&self) -> Vec<&str> {
        self.primary().iter().map(String::as_str).collect()
    }

    /// Whether training multiplies the tasks' own weights in.
    fn uses_task_weights(&self) -> bool {
        true
    }

    /// Is told which step it is, before [`weights`](Weighting::weights) of every step. Only what is drawn at random may
    /// depend on it.
    fn begin(&mut self, _: Moment) {}

    /// The names of the tasks that a [look ahead](Needs::LookAhead) is for; empty for all.
    fn primary(&self) -> &[String] {
        &[]
    }

    /// The weights that the step of a [look ahead](Needs::LookAhead) is taken with, of which nothing is learned.
    fn ahead(&mut self, present: &Losses) -> Weights {
        self.weights(present)
    }

    /// Is shown, before [`weights`](Weighting::weights), the derivative of the primary tasks' validation loss after the step
    /// with respect to each present task's weight, in place of the losses; if it [needs](Needs::LookAhead) that.
    fn look_ahead(&mut self, _slopes: &Losses) {}

    /// One weight for each present task, each finite.
    fn weights(&mut self, losses: &Losses) -> Weights;

    /// Is shown what the step was, after it was taken.
    fn observe(&mut self, _: &Observation<'_>) {}

    /// Is shown the losses of the step's batch before and after the step, if it [needs](Needs::LossesAgain) them.
    fn after(&mut self, _before: &Losses, _after: &Losses) {}

    /// Ends an epoch: called once after its last step.
    fn end_epoch(&mut self) {}

    /// Lists everything that the others change.
    fn state(&mut self, _: &mut State) {}
}
