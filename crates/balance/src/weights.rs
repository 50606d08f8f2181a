//! What a weighting or an aggregator answers.

use std::fmt;

use crate::solve::RIDGE;

/// One weight for each present task.
///
/// ```
/// use polytask_balance::Weights;
///
/// let weights = Weights::of(vec![0.5, 2.0]);
/// assert_eq!((weights.alpha, weights.residual, weights.note), (vec![0.5, 2.0], 0.0, None));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// What each present task's loss is multiplied by, in the order of [`Losses::present`](crate::Losses::present).
    pub alpha: Vec<f64>,
    /// What the loss is multiplied by for the task's own parameters, its head, if that is something else.
    pub heads: Option<Vec<f64>>,
    /// How far the answer is from what it should solve; 0 for a closed form.
    pub residual: f64,
    /// What the log should say.
    pub note: Option<Note>,
}

impl Weights {
    /// Weights that are exact and need no word.
    #[must_use]
    pub fn of(alpha: Vec<f64>) -> Self {
        Self {
            alpha,
            ..Self::default()
        }
    }

    /// An aggregator's weights together with those of the weighting whose losses it saw: both multiply, for the shared
    /// gradient and for the heads.
    ///
    /// ```
    /// use polytask_balance::{Gram, Weights};
    ///
    /// // `uncertainty` halves the second loss; an aggregator that is shown the gradients of those losses then doubles it.
    /// let weighting = Weights::of(vec![1.0, 0.5]);
    /// let gram = Gram::of_rows(vec![0, 1], &[vec![1.0, 0.0], vec![0.0, 2.0]]).unwrap();
    /// let shown = gram.scaled(&weighting.alpha);
    /// assert_eq!(shown.at(1, 1), 1.0);
    /// assert_eq!(Weights::of(vec![1.0, 2.0]).on_top_of(&weighting).alpha, [1.0, 1.0]);
    /// ```
    #[must_use]
    pub fn on_top_of(mut self, weighting: &Self) -> Self {
        let multiply = |weights: &mut Vec<f64>| {
            for (weight, factor) in weights.iter_mut().zip(&weighting.alpha) {
                *weight *= factor;
            }
        };
        multiply(&mut self.alpha);
        self.heads.iter_mut().for_each(multiply);
        self.residual = self.residual.max(weighting.residual);
        self.note = weighting.note.clone().or(self.note);
        self
    }

    /// The same with a word for the log.
    #[must_use]
    pub fn noting(self, note: Option<Note>) -> Self {
        Self { note, ..self }
    }
}

/// Something out of the ordinary that was dealt with as documented.
///
/// ```
/// use polytask_balance::Note;
///
/// let note = Note::UnusableLoss { tasks: vec![2] };
/// assert!(note.to_string().starts_with("the loss of tasks [2] is negative, huge or not finite"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// Losses that no weighting learns from: negative, huge or not finite. What is remembered of these tasks did not move.
    UnusableLoss {
        /// Their indices.
        tasks: Vec<usize>,
    },
    /// Tasks that were not among those of the start: their weight is 1.
    UnknownTask {
        /// Their indices.
        tasks: Vec<usize>,
    },
    /// The solver stopped short of its tolerance; the residual says how far.
    Unsolved,
    /// A sum of the gradients with positive weights vanishes, or all but does: weights with the projections that the method asks
    /// for do not exist, or are huge. A ridge on the cosines gave these.
    Unbounded,
    /// The shared gradient that the method asks for is zero: so are the weights.
    Vanishes,
    /// Some convex combination of the gradients is zero: no direction makes every loss fall. Their sum is taken.
    ParetoStationary,
    /// The combination that the method asks for is so short, or zero, that rounding leaves it no direction. What is nearest to the
    /// mean gradient and lets no loss rise is taken; the residual says how far that is from the method's optimum.
    NoGain,
    /// The method's own answer would have made every loss rise, so it was turned round.
    TurnedRound,
    /// What the method asks for contradicts itself here, so that it was let go of.
    Infeasible,
    /// There are too few present tasks for the method: the mean gradient is taken.
    TooFewTasks {
        /// How many it needs.
        wanted: usize,
    },
    /// The task that comes first for this method has no label in the batch: the mean gradient is taken.
    NoPrimary,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnusableLoss { tasks } => {
                write!(
                    f,
                    "the loss of tasks {tasks:?} is negative, huge or not finite: their weights did not learn from it"
                )
            }
            Self::UnknownTask { tasks } => write!(
                f,
                "tasks {tasks:?} are not among those of the start: weight 1"
            ),
            Self::Unsolved => f.write_str("the solver stopped short of its tolerance"),
            Self::Unbounded => write!(
                f,
                "a sum of the gradients with positive weights is zero or nearly so: weights with the projections that the method \
                 asks for do not exist, or are huge; a ridge of {RIDGE:e} on the cosines gave these"
            ),
            Self::Vanishes => f.write_str(
                "the shared gradient that the method asks for is zero: so are all weights",
            ),
            Self::ParetoStationary => f.write_str(
                "no direction makes every loss fall: the sum of the gradients is taken",
            ),
            Self::NoGain => f.write_str(
                "the combination that the method asks for vanishes to rounding: the direction nearest to the mean gradient along \
                 which no loss rises is taken",
            ),
            Self::TurnedRound => {
                f.write_str("the answer would have made every loss rise: it was turned round")
            }
            Self::Infeasible => {
                f.write_str("the constraints contradict each other: they were dropped")
            }
            Self::TooFewTasks { wanted } => write!(
                f,
                "fewer than {wanted} tasks are present: the mean gradient is taken"
            ),
            Self::NoPrimary => f.write_str(
                "the primary task has no label in the batch: the mean gradient is taken",
            ),
        }
    }
}
