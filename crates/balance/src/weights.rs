//! What a weighting answers.

use std::fmt;

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
            residual: 0.0,
            note: None,
        }
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
        }
    }
}
