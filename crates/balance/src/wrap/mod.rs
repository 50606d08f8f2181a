//! Wrappers: what can be done to the answer of any method, each a method around another.
//!
//! From the inside out, as [`Wrapping::around`] puts them around a Gram aggregator:
//!
//! | option | what it does |
//! |---|---|
//! | `update_every` | asks the method at every so manieth step and keeps its weights in between (Nash-MTL, PSMGD) |
//! | `moving_average` | averages the weights over the steps (CR-MOGM, Zhou et al. 2022) |
//! | `normalize_rows` | divides each gradient by its norm, its loss or both before the method sees it, and applies the weights to those |
//! | `log_loss` | takes the logarithm of every loss: gradients are divided by their losses |
//! | `gain` | brings the weights of all methods to one scale: equal gradients give their sum, or their mean |
//! | `heads` | trains the tasks' own parameters with plain losses or with the weighted ones |
//! | `clip` | bounds the norm of the shared gradient, here as the Gram matrix or the rows tell it; training bounds the gradient itself |
//!
//! What is kept and averaged belongs to the divided gradients; what they are divided by is of the present step, or a loss that has
//! fallen since would be divided by what it was. A batch with one task is plain training: nothing is kept or averaged of it.
//!
//! Those that make sense around other kinds do the same there: what keeps weights, averages them and scales them is one piece of
//! code for [weightings](Wrapping::around_weighting) and aggregators.

mod clip;
mod cross;
mod every;
mod gain;
mod heads;
mod log_loss;
mod moving_average;
mod row;
mod rows;
mod weighting;

use polytask_config::{Choice, Fields, State};

use crate::{
    CrossAggregator, Gram, GramAggregator, Heads, Losses, Moment, Normalize, RowAggregator, Scale,
    Sight, TaskFacts, Weighting, Weights,
};

pub use gain::Gain;
pub use weighting::Wrapper;

/// What the wrappers are to do, as a configuration says it.
///
/// ```
/// use polytask_balance::{Gram, GRAM_AGGREGATORS, Losses, Moment, Wrapping};
/// use polytask_config::{Document, Layers, read};
///
/// let text = "aggregator = \"nash_mtl\"\nclip = 1.0";
/// let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
/// let reading = read(&document, |fields| {
///     let chosen = fields.entry("aggregator", "how gradients become one", GRAM_AGGREGATORS).required();
///     Wrapping::options(fields).around(chosen.value)
/// });
/// let mut nash = reading.value;
///
/// // Of two gradients at a right angle Nash-MTL makes weights of 1/norm, and then Σα = 2; the clip makes ‖d‖ = 1 of it.
/// let gram = Gram::of_rows(vec![0, 1], &[vec![4.0, 0.0], vec![0.0, 4.0]]).unwrap();
/// let losses = Losses { present: vec![0, 1], values: vec![0.7, 0.3], rows: vec![8, 8] };
/// let weights = nash.weights(&gram, &losses, Moment::default());
/// assert!((gram.shared_norm(&weights.alpha) - 1.0).abs() < 1e-12);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Wrapping {
    /// What each gradient is divided by.
    pub normalize_rows: Normalize,
    /// Whether losses are taken as logarithms.
    pub log_loss: bool,
    /// How many steps the weights are kept.
    pub update_every: usize,
    /// How much of the average weights a step keeps; 0 is no average.
    pub moving_average: f64,
    /// What scale the weights are brought to.
    pub gain: Gain,
    /// What the heads are trained with; `None` is what the method's paper does.
    pub heads: Option<Heads>,
    /// The largest norm of the shared gradient.
    pub clip: Option<f64>,
}

impl Default for Wrapping {
    /// The sum as scale, and nothing else.
    fn default() -> Self {
        Self {
            normalize_rows: Normalize::None,
            log_loss: false,
            update_every: 1,
            moving_average: 0.0,
            gain: Gain::Sum,
            heads: None,
            clip: None,
        }
    }
}

/// The words for [`Wrapping::heads`].
#[derive(Clone, Copy)]
enum HeadsChoice {
    Native,
    Unit,
    Weighted,
}

impl Choice for HeadsChoice {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("native", Self::Native, "whatever the method's paper does"),
        ("unit", Self::Unit, "each head with its own loss as it is"),
        (
            "weighted",
            Self::Weighted,
            "each head with its loss times the task's weight",
        ),
    ];
}

impl Wrapping {
    /// Lists the options of all wrappers.
    pub fn options(fields: &mut Fields<'_>) -> Self {
        let before = Self::before_options(fields);
        let kept = before.every_options(fields).average_options(fields);
        kept.after_options(fields).clip_options(fields)
    }

    /// Lists all of them for the aggregator of this name, and refuses those that have no meaning around it, each with the reason as a
    /// relative clause.
    pub fn aggregator_options(
        fields: &mut Fields<'_>,
        name: &str,
        without: &[(Wrapper, &str)],
    ) -> Self {
        let asked = Self::options(fields);
        for (wrapper, reason) in without {
            let around = format!("around `{name}`, {reason}");
            fields.no_effect(wrapper.key(), crate::NO_EFFECT, &around);
        }
        let is_without = |wrapper| without.iter().any(|(other, _)| *other == wrapper);
        let plain = Self::default();
        Self {
            update_every: if is_without(Wrapper::UpdateEvery) {
                plain.update_every
            } else {
                asked.update_every
            },
            moving_average: if is_without(Wrapper::MovingAverage) {
                plain.moving_average
            } else {
                asked.moving_average
            },
            ..asked
        }
    }

    /// Lists those that make sense around a weighting, which sees no gradients and trains heads as it trains the rest: all that
    /// this one has no reason to do `without`.
    pub fn weighting_options(
        fields: &mut Fields<'_>,
        name: &str,
        without: &[(Wrapper, &str)],
    ) -> Self {
        let plain = Self {
            gain: Gain::Native,
            ..Self::default()
        };
        Wrapper::ALL.iter().fold(plain, |wrapping, &wrapper| {
            let reason = without.iter().find(|(other, _)| *other == wrapper);
            let wrapped = wrapper.option(wrapping.clone(), fields);
            let Some((_, reason)) = reason else {
                return wrapped;
            };
            // It is listed, so that who asks for it is told why it is not there.
            let around = format!("around `{name}`, {reason}");
            fields.no_effect(wrapper.key(), crate::NO_EFFECT, &around);
            wrapping
        })
    }

    fn before_options(fields: &mut Fields<'_>) -> Self {
        let plain = Self {
            normalize_rows: fields
                .choice("normalize_rows", "what each gradient is divided by first")
                .or(Normalize::None),
            ..Self::default()
        };
        plain.log_options(fields)
    }

    fn log_options(self, fields: &mut Fields<'_>) -> Self {
        Self {
            log_loss: fields
                .flag("log_loss", "whether losses are taken as logarithms")
                .or(false),
            ..self
        }
    }

    fn every_options(self, fields: &mut Fields<'_>) -> Self {
        Self {
            update_every: fields
                .integer("update_every", "how many steps the weights are kept")
                .at_least(1)
                .or(1),
            ..self
        }
    }

    fn average_options(self, fields: &mut Fields<'_>) -> Self {
        Self {
            moving_average: fields
                .number(
                    "moving_average",
                    "how much of the average weights a step keeps",
                )
                .at_least(0.0)
                .below(1.0)
                .or(0.0),
            ..self
        }
    }

    /// What it is by default depends on what stands inside.
    fn gain_options(self, fields: &mut Fields<'_>) -> Self {
        Self {
            gain: fields
                .choice("gain", "what scale the weights are brought to")
                .or(self.gain),
            ..self
        }
    }

    fn after_options(self, fields: &mut Fields<'_>) -> Self {
        let scaled = self.gain_options(fields);
        Self {
            heads: match fields
                .choice("heads", "what the tasks' own parameters are trained with")
                .or(HeadsChoice::Native)
            {
                HeadsChoice::Native => None,
                HeadsChoice::Unit => Some(Heads::Unit),
                HeadsChoice::Weighted => Some(Heads::Weighted),
            },
            ..scaled
        }
    }

    fn clip_options(self, fields: &mut Fields<'_>) -> Self {
        Self {
            clip: fields
                .number("clip", "largest norm of the shared gradient")
                .above(0.0)
                .optional(),
            ..self
        }
    }

    /// All but the bound on the shared gradient's norm, for whoever keeps this bound on the gradient itself.
    #[must_use]
    pub fn without_clip(&self) -> Self {
        Self {
            clip: None,
            ..self.clone()
        }
    }

    /// Those of them that make sense around a weighting; the weighting as it is if they have nothing to do.
    ///
    /// ```
    /// use polytask_balance::{Losses, TaskFacts, WEIGHTINGS};
    /// use polytask_config::{Document, Layers, read};
    ///
    /// // Half of the old weights and half of the new ones, which add up to the number of tasks.
    /// let text = "weighting = { type = \"scale_invariant\", moving_average = 0.5, gain = \"sum\" }";
    /// let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
    /// let reading = read(&document, |fields| fields.entry("weighting", "how losses become weights", WEIGHTINGS).required());
    /// assert!(reading.problems.is_empty());
    /// let mut weighting = reading.value.value;
    /// let losses = Losses { present: vec![0, 1], values: vec![0.5, 0.25], rows: vec![8, 8] };
    /// assert!((weighting.weights(&losses).alpha[1] - 4.0 / 3.0).abs() < 1e-12);
    ///
    /// // Weights that never change have no average.
    /// let text = "weighting = { type = \"equal\", moving_average = 0.5 }";
    /// let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
    /// let reading = read(&document, |fields| fields.entry("weighting", "how losses become weights", WEIGHTINGS).or("fixed"));
    /// assert_eq!(reading.problems.0[0].message, "`moving_average` has no effect around `equal`, whose weights never change");
    /// ```
    #[must_use]
    pub fn around_weighting(&self, inner: Box<dyn Weighting>) -> Box<dyn Weighting> {
        weighting::wrapped(self, inner)
    }

    /// Those of them that make sense around a row aggregator. The answer always says what the heads are trained with.
    #[must_use]
    pub fn around_rows(&self, inner: Box<dyn RowAggregator>) -> Box<dyn RowAggregator> {
        Box::new(row::WrappedRows::new(inner, self.clone()))
    }

    /// Those of them that make sense around a cross-batch aggregator: all but the bound on the shared gradient's norm, as the gradients
    /// of the third batch are nowhere seen.
    #[must_use]
    pub fn around_cross(&self, inner: Box<dyn CrossAggregator>) -> Box<dyn CrossAggregator> {
        Box::new(cross::WrappedCross::new(inner, self.clone()))
    }

    /// The wrappers that have something to do, around `inner`. The answer always says what the heads are trained with.
    #[must_use]
    pub fn around(&self, inner: Box<dyn GramAggregator>) -> Box<dyn GramAggregator> {
        let mut all = inner;
        if self.update_every > 1 {
            all = Box::new(every::Every::new(all, self.update_every as u64));
        }
        if self.moving_average > 0.0 {
            all = wrapped(all, moving_average::Averages::new(self.moving_average));
        }
        if self.normalize_rows != Normalize::None {
            all = wrapped(all, rows::Rows(self.normalize_rows));
        }
        if self.log_loss {
            all = wrapped(all, log_loss::LogLoss);
        }
        all = wrapped(all, self.gain);
        all = wrapped(all, heads::TrainHeads(self.heads));
        if let Some(largest) = self.clip {
            all = wrapped(all, clip::Clip(largest));
        }
        all
    }
}

/// Multiplies them, if there is something to multiply by.
fn multiply(values: &mut [f64], factors: Option<&[f64]>) {
    for (value, factor) in values.iter_mut().zip(factors.into_iter().flatten()) {
        *value *= factor;
    }
}

/// What a wrapper does before and after the aggregator inside it.
trait Wrap: Send {
    fn start(&mut self, _: &[TaskFacts]) {}

    /// The inner products that the aggregator inside is shown.
    fn before(&self, gram: &Gram, _: &Losses) -> Gram {
        gram.clone()
    }

    /// Its answer, changed: one for each Gram matrix, of which there is one unless it sees layers.
    fn after(
        &mut self,
        grams: &[Gram],
        losses: &Losses,
        inner: &dyn GramAggregator,
        answers: Vec<Weights>,
    ) -> Vec<Weights>;

    fn scale(&self, inner: Scale) -> Scale {
        inner
    }

    /// Whether it asks something of the inner products itself, whatever the aggregator inside needs.
    fn always_sees(&self) -> bool {
        false
    }

    fn state(&mut self, _: &mut State) {}
}

struct Wrapped<W> {
    inner: Box<dyn GramAggregator>,
    wrap: W,
}

fn wrapped<W: Wrap + 'static>(inner: Box<dyn GramAggregator>, wrap: W) -> Box<dyn GramAggregator> {
    Box::new(Wrapped { inner, wrap })
}

impl<W: Wrap> GramAggregator for Wrapped<W> {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.inner.start(tasks);
        self.wrap.start(tasks);
    }

    fn named(&self) -> Vec<&str> {
        self.inner.named()
    }

    fn sight(&self) -> Sight {
        match self.inner.sight() {
            Sight::Nothing if self.wrap.always_sees() => Sight::Whole,
            sight => sight,
        }
    }

    fn sight_of(&self, present: &[usize]) -> Sight {
        if self.wrap.always_sees() {
            self.sight()
        } else {
            self.inner.sight_of(present)
        }
    }

    fn scale(&self) -> Scale {
        self.wrap.scale(self.inner.scale())
    }

    fn heads(&self) -> Heads {
        self.inner.heads()
    }

    fn weights(&mut self, gram: &Gram, losses: &Losses, moment: Moment) -> Weights {
        let answer = self
            .inner
            .weights(&self.wrap.before(gram, losses), losses, moment);
        let grams = std::slice::from_ref(gram);
        let mut answers = self
            .wrap
            .after(grams, losses, self.inner.as_ref(), vec![answer]);
        answers.pop().unwrap_or_default()
    }

    fn layer_weights(&mut self, layers: &[Gram], losses: &Losses, moment: Moment) -> Vec<Weights> {
        let shown = layers.iter().map(|gram| self.wrap.before(gram, losses));
        let shown: Vec<Gram> = shown.collect();
        let answers = self.inner.layer_weights(&shown, losses, moment);
        self.wrap
            .after(layers, losses, self.inner.as_ref(), answers)
    }

    fn end_epoch(&mut self) {
        self.inner.end_epoch();
    }

    fn state(&mut self, state: &mut State) {
        state.section("inner", |state| self.inner.state(state));
        self.wrap.state(state);
    }
}
