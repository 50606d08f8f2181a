//! What a metric is shown: predictions beside the truth, on plain slices, rows with a label only.

use crate::Fault;

/// One batch of predictions. Every slice is row-major; a row without a label does not appear.
#[derive(Clone, Copy, Debug)]
pub enum Predictions<'a> {
    /// One class of several: `probabilities` is `[rows, classes]`, `truth` is `[rows]`. Binary is `classes = 2` (the
    /// positive class is 1); the levels of an ordinal task are classes in order.
    Classes {
        probabilities: &'a [f64],
        classes: usize,
        truth: &'a [u32],
    },
    /// Yes or no for each of several labels: both slices are `[rows, labels]`.
    Flags {
        probabilities: &'a [f64],
        labels: usize,
        truth: &'a [bool],
    },
    /// Real numbers in the unit of the data: both slices are `[rows, outputs]`.
    Values {
        predicted: &'a [f64],
        outputs: usize,
        truth: &'a [f64],
    },
}

/// What a metric is for: the shape of a task's predictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// [`Predictions::Classes`] with two classes, of which 1 is the positive one.
    Binary,
    /// [`Predictions::Classes`].
    Classes,
    /// [`Predictions::Classes`] whose classes are ordered levels.
    Ordinal,
    /// [`Predictions::Flags`].
    Flags,
    /// [`Predictions::Values`].
    Values,
}

impl Shape {
    /// Every shape.
    ///
    /// ```
    /// use polytask_metrics::{Shape, defaults};
    ///
    /// // A task of any shape has metrics without asking for them.
    /// assert!(Shape::ALL.iter().all(|&shape| !defaults(shape).is_empty()));
    /// ```
    pub const ALL: &'static [Self] = &[
        Self::Binary,
        Self::Classes,
        Self::Ordinal,
        Self::Flags,
        Self::Values,
    ];

    /// The word for it in a message.
    ///
    /// ```
    /// assert_eq!(polytask_metrics::Shape::Flags.name(), "multilabel");
    /// ```
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Classes => "multiclass",
            Self::Ordinal => "ordinal",
            Self::Flags => "multilabel",
            Self::Values => "regression",
        }
    }
}

/// A probability may leave [0, 1] by this much: softmax in f32 rounds, and a sum of 40 such roundings stays below.
const ROUNDING: f64 = 1e-6;

impl Predictions<'_> {
    /// How many rows there are.
    ///
    /// ```
    /// use polytask_metrics::Predictions;
    ///
    /// let batch = Predictions::Flags { probabilities: &[0.1, 0.9, 0.8, 0.3], labels: 2, truth: &[false, true, true, true] };
    /// assert_eq!(batch.rows(), 2);
    /// ```
    #[must_use]
    pub fn rows(&self) -> usize {
        match *self {
            Self::Classes { truth, .. } => truth.len(),
            Self::Flags { labels, truth, .. } => truth.len().checked_div(labels).unwrap_or(0),
            Self::Values { outputs, truth, .. } => truth.len().checked_div(outputs).unwrap_or(0),
        }
    }

    /// Which of the three it is, as it is saved.
    pub(crate) fn kind(&self) -> u64 {
        match self {
            Self::Classes { .. } => 1,
            Self::Flags { .. } => 2,
            Self::Values { .. } => 3,
        }
    }

    /// Numbers a row: classes, labels or outputs.
    pub(crate) fn width(&self) -> usize {
        match *self {
            Self::Classes { classes, .. } => classes,
            Self::Flags { labels, .. } => labels,
            Self::Values { outputs, .. } => outputs,
        }
    }

    /// What makes these predictions unfit to be measured, if anything does.
    pub(crate) fn fault(&self) -> Option<Fault> {
        let (predicted, truths) = match *self {
            Self::Classes {
                probabilities,
                classes,
                truth,
            } => (probabilities, truth.len().checked_mul(classes)),
            Self::Flags {
                probabilities,
                truth,
                ..
            } => (probabilities, Some(truth.len())),
            Self::Values {
                predicted, truth, ..
            } => (predicted, Some(truth.len())),
        };
        let whole_rows = predicted.len().checked_rem(self.width()) == Some(0);
        if !whole_rows || truths != Some(predicted.len()) {
            return Some(Fault::Lengths);
        }
        if !predicted.iter().all(|number| number.is_finite()) {
            return Some(Fault::NotFinite);
        }
        match *self {
            Self::Values { truth, .. } => {
                (!truth.iter().all(|number| number.is_finite())).then_some(Fault::NotFinite)
            }
            Self::Classes { truth, classes, .. }
                if truth.iter().any(|&class| class as usize >= classes) =>
            {
                Some(Fault::TruthOutOfRange)
            }
            Self::Classes { .. } | Self::Flags { .. } => {
                let is_probability = |number: &f64| (-ROUNDING..=1.0 + ROUNDING).contains(number);
                (!predicted.iter().all(is_probability)).then_some(Fault::NotAProbability)
            }
        }
    }
}

/// Rows of [`Predictions::Classes`] that passed the checks: `probabilities` is `[rows, classes]`, every truth is below
/// `classes`.
#[derive(Clone, Copy)]
pub(crate) struct ClassRows<'a> {
    pub(crate) probabilities: &'a [f64],
    pub(crate) classes: usize,
    pub(crate) truth: &'a [u32],
}

impl<'a> ClassRows<'a> {
    /// The probabilities `[classes]` of each row beside its true class.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a [f64], usize)> {
        let rows = self.probabilities.chunks_exact(self.classes.max(1));
        rows.zip(self.truth.iter().map(|&class| class as usize))
    }

    /// The predicted class beside the true class of each row.
    pub(crate) fn decided(self) -> impl Iterator<Item = (usize, usize)> {
        self.iter()
            .map(|(probabilities, truth)| (most_probable(probabilities), truth))
    }

    /// The probability of the positive class beside the truth, if there are two classes.
    pub(crate) fn binary(self) -> Result<impl Iterator<Item = (f64, bool)> + 'a, Fault> {
        if self.classes != 2 {
            return Err(Fault::Shape);
        }
        Ok(self.iter().map(|(probabilities, truth)| {
            (probabilities.last().copied().unwrap_or(0.0), truth == 1)
        }))
    }
}

/// The first of the most probable classes: of a tie the lowest class wins, as in `numpy.argmax`.
pub(crate) fn most_probable(probabilities: &[f64]) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (class, &probability) in probabilities.iter().enumerate() {
        if probability > best.1 {
            best = (class, probability);
        }
    }
    best.0
}

/// Rows of [`Predictions::Flags`] that passed the checks: both slices are `[rows, labels]`.
#[derive(Clone, Copy)]
pub(crate) struct FlagRows<'a> {
    pub(crate) probabilities: &'a [f64],
    pub(crate) labels: usize,
    pub(crate) truth: &'a [bool],
}

impl<'a> FlagRows<'a> {
    /// The probabilities `[labels]` of each row beside its flags `[labels]`.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a [f64], &'a [bool])> {
        let labels = self.labels.max(1);
        self.probabilities
            .chunks_exact(labels)
            .zip(self.truth.chunks_exact(labels))
    }
}

/// A flag is raised above one half; at one half it is not, as the most probable of two classes is the lower one then.
pub(crate) fn is_raised(probability: f64) -> bool {
    probability > 0.5
}

/// Rows of [`Predictions::Values`] that passed the checks: both slices are `[rows, outputs]`.
#[derive(Clone, Copy)]
pub(crate) struct ValueRows<'a> {
    pub(crate) predicted: &'a [f64],
    pub(crate) outputs: usize,
    pub(crate) truth: &'a [f64],
}

impl<'a> ValueRows<'a> {
    /// The predictions `[outputs]` of each row beside its targets `[outputs]`.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a [f64], &'a [f64])> {
        let outputs = self.outputs.max(1);
        self.predicted
            .chunks_exact(outputs)
            .zip(self.truth.chunks_exact(outputs))
    }
}
