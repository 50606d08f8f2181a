//! What a weighting is told: the tasks once, their losses at every step.

use crate::Note;

/// What is known of a task before training.
///
/// ```
/// use polytask_balance::{Family, TaskFacts};
///
/// // 1 % of the training labels are positive.
/// let entropy = -(0.01_f64.ln() * 0.01 + 0.99_f64.ln() * 0.99);
/// let rare = TaskFacts { name: "rare".into(), family: Family::Classification, weight: 1.0, entropy, variance: 0.0 };
/// assert!((rare.entropy - 0.0560).abs() < 1e-4);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TaskFacts {
    /// Its name, the same in a run that resumes: what is remembered of a task is saved under it.
    pub name: String,
    /// What its loss is.
    pub family: Family,
    /// `tasks.NAME.weight`. It multiplies every weighting's weight in training, not here.
    pub weight: f64,
    /// Entropy of the training labels in nats, of several labels the sum; 0 for a regression.
    pub entropy: f64,
    /// Variance of the training target as the loss sees it, after normalization; 0 for a classification.
    pub variance: f64,
}

/// What kind of number a loss is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// A log-loss in nats.
    Classification,
    /// A mean squared error.
    SquaredError,
    /// Anything else that is 0 at best: absolute error, Huber.
    Other,
}

/// The losses of one step: of the tasks with a label in this batch, and no others.
///
/// ```
/// use polytask_balance::Losses;
///
/// // Of three tasks the second has no label in this batch.
/// let losses = Losses { present: vec![0, 2], values: vec![0.7, 0.1], rows: vec![32, 5] };
/// let seen: Vec<_> = losses.seen().map(|seen| (seen.task, seen.loss, seen.rows)).collect();
/// assert_eq!(seen, [(0, 0.7, 32), (2, 0.1, 5)]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Losses {
    /// Indices of the present tasks, ascending.
    pub present: Vec<usize>,
    /// Mean loss over the labelled rows of each present task.
    pub values: Vec<f64>,
    /// Labelled rows of each present task.
    pub rows: Vec<usize>,
}

/// One present task of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Its index.
    pub task: usize,
    /// Its mean loss over the labelled rows.
    pub loss: f64,
    /// Its labelled rows.
    pub rows: usize,
}

/// Above this a loss is taken for a broken one, so that squares and sums of losses stay finite.
const LARGEST: f64 = 1e100;

impl Losses {
    /// The present tasks one by one.
    pub fn seen(&self) -> impl Iterator<Item = Seen> {
        let numbers = self.values.iter().zip(&self.rows);
        self.present
            .iter()
            .zip(numbers)
            .map(|(&task, (&loss, &rows))| Seen { task, loss, rows })
    }
}

impl Losses {
    /// A word about the losses that nothing can be learned from, if there are any.
    #[must_use]
    pub fn note(&self) -> Option<Note> {
        let unusable = self.seen().filter(|seen| !seen.is_usable());
        let tasks: Vec<usize> = unusable.map(|seen| seen.task).collect();
        (!tasks.is_empty()).then_some(Note::UnusableLoss { tasks })
    }

    /// The losses of the present tasks, each at least `floor`; one that is not [usable](Seen::is_usable) counts as 1, so
    /// that it neither breaks nor moves the others' weights.
    ///
    /// ```
    /// use polytask_balance::Losses;
    ///
    /// let losses = Losses { present: vec![0, 1, 2], values: vec![0.0, 2.5, f64::NAN], rows: vec![8; 3] };
    /// assert_eq!(losses.positive(1e-8), [1e-8, 2.5, 1.0]);
    /// ```
    #[must_use]
    pub fn positive(&self, floor: f64) -> Vec<f64> {
        let loss = |seen: Seen| {
            if seen.is_usable() {
                seen.loss.max(floor)
            } else {
                1.0
            }
        };
        self.seen().map(loss).collect()
    }
}

impl Seen {
    /// Whether a weighting may learn from this loss: a number from 0 to 10¹⁰⁰.
    ///
    /// ```
    /// use polytask_balance::Seen;
    ///
    /// assert!(Seen { task: 0, loss: 0.0, rows: 8 }.is_usable());
    /// assert!(!Seen { task: 0, loss: f64::NAN, rows: 8 }.is_usable());
    /// assert!(!Seen { task: 0, loss: -0.5, rows: 8 }.is_usable());
    /// ```
    #[must_use]
    pub fn is_usable(&self) -> bool {
        (0.0..=LARGEST).contains(&self.loss)
    }
}

/// What is known after a step was taken.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The losses of that step, before it moved anything; known here even to a weighting that
    /// [needs](crate::Needs) none.
    pub losses: &'a Losses,
}
