//! What a task's labels are, and what the training rows say of them.

use serde::{Deserialize, Serialize};

/// What kind of labels a task has. Tells the width of predictions, the default loss and the default metrics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// One of two classes; class 1 is the positive one.
    Binary,
    /// One of several classes without order.
    Multiclass {
        /// How many.
        classes: usize,
    },
    /// Any subset of several labels.
    Multilabel {
        /// How many.
        labels: usize,
    },
    /// One or several real numbers.
    Regression {
        /// How many.
        outputs: usize,
    },
    /// One of several classes in order.
    Ordinal {
        /// How many.
        levels: usize,
    },
}

impl TaskKind {
    /// Numbers that store one row's label: a class index, flags, or values.
    ///
    /// ```
    /// use polytask_data::TaskKind;
    ///
    /// assert_eq!(TaskKind::Multiclass { classes: 26 }.width(), 1);
    /// assert_eq!(TaskKind::Multilabel { labels: 14 }.width(), 14);
    /// ```
    #[must_use]
    pub fn width(&self) -> usize {
        match *self {
            Self::Binary | Self::Multiclass { .. } | Self::Ordinal { .. } => 1,
            Self::Multilabel { labels } => labels,
            Self::Regression { outputs } => outputs,
        }
    }

    /// Classes that exclude each other; none for multilabel and regression.
    #[must_use]
    pub fn classes(&self) -> Option<usize> {
        match *self {
            Self::Binary => Some(2),
            Self::Multiclass { classes } => Some(classes),
            Self::Ordinal { levels } => Some(levels),
            Self::Multilabel { .. } | Self::Regression { .. } => None,
        }
    }
}

/// What the training rows say of one task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskFit {
    /// Its name.
    pub name: String,
    /// What its labels are.
    pub kind: TaskKind,
    /// Names of classes, labels or levels, by index; of the target columns for regression.
    pub classes: Vec<String>,
    /// Training labels per class; rows that have the label for multilabel; empty for regression.
    pub counts: Vec<u64>,
    /// Training rows with a label.
    pub labelled: u64,
    /// What is subtracted from each output before training; 0 unless `normalize = "standard"`.
    pub mean: Vec<f64>,
    /// What each output is then divided by; 1 unless `normalize = "standard"`.
    pub std: Vec<f64>,
    /// Mean of the training targets of each output after that: 0 with `normalize = "standard"`, but for rounding.
    #[serde(default)]
    pub center: Vec<f64>,
    /// Mean over the outputs of the variance of the training targets after that; 0 for class kinds.
    pub variance: f64,
    /// Entropy of the training labels in nats, plug-in; summed over labels for multilabel; 0 for regression.
    pub entropy: f64,
}
