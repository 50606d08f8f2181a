//! Losses: from predictions and labels to one number per row, and from predictions to what a user reads.
//!
//! A loss knows how many predictions a task needs, the best constant among them, the loss of a row and how predictions
//! become probabilities or values. All are written for logits and stable for any finite prediction. Where a loss is a
//! likelihood it is the whole of it, in nats: a first loss of H means that nothing is known yet, in every task alike.

mod absolute;
mod bce;
mod classes;
mod cross_entropy;
mod focal;
mod gaussian;
mod huber;
mod ordinal;
mod probability;
mod squared;
mod task;

use std::sync::Arc;

use burn::tensor::Tensor;
use polytask_config::{Entry, Fields};
use polytask_data::TaskKind;

pub use absolute::Absolute;
pub use bce::{Bce, PositiveWeight};
pub use classes::ClassWeights;
pub use cross_entropy::CrossEntropy;
pub use focal::Focal;
pub use gaussian::Gaussian;
pub use huber::Huber;
pub use ordinal::Ordinal;
pub(crate) use ordinal::log_law as log_law_of_levels;
pub(crate) use probability::log_sum_exp;
pub use squared::Squared;
pub use task::{TaskLoss, TaskSpec};

use crate::error::LossError;

/// How many numbers a head predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outputs {
    /// So many independent scores.
    Scores(usize),
    /// One score against so many ordered thresholds.
    Ordered { thresholds: usize },
}

impl Outputs {
    /// Scores that a head computes from the representation.
    #[must_use]
    pub fn scores(self) -> usize {
        match self {
            Self::Scores(scores) => scores,
            Self::Ordered { .. } => 1,
        }
    }

    /// Columns of the predictions.
    #[must_use]
    pub fn width(self) -> usize {
        match self {
            Self::Scores(scores) => scores,
            Self::Ordered { thresholds } => thresholds,
        }
    }
}

/// A loss with its options.
pub trait Loss: std::fmt::Debug + Send + Sync {
    /// What a head must predict for a task of this kind.
    fn outputs(&self, kind: &TaskKind) -> Outputs;

    /// Whether the options fit the task.
    fn check(&self, _task: &TaskSpec) -> Result<(), LossError> {
        Ok(())
    }

    /// The best constant predictions (or thresholds in rising order) for the labels of training.
    fn prior(&self, task: &TaskSpec) -> Vec<f64>;

    /// `[rows, width]` predictions and `[rows, …]` labels to `[rows]` losses. Every label is a real one.
    fn per_row(&self, prediction: Tensor<2>, target: Tensor<2>, task: &TaskSpec) -> Tensor<1>;

    /// Whether it is -ln p(label) of the law over classes that [`decode`](Self::decode) gives: nothing weighted, nothing
    /// smoothed.
    fn is_law(&self) -> bool {
        false
    }

    /// Whether it is of label less prediction, one score per output: what a Gaussian law with one covariance for all rows is
    /// fitted to.
    fn is_of_residuals(&self) -> bool {
        false
    }

    /// One row of predictions to probabilities (`[classes]`; a binary task has two, labels each have one) or values.
    fn decode(&self, kind: &TaskKind, row: &[f64]) -> Vec<f64>;
}

/// What the table knows of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossFacts {
    /// Names of the kinds of tasks that it is for.
    pub kinds: &'static [&'static str],
    /// Those whose loss it is if the config names none.
    pub default_for: &'static [&'static str],
}

type LossEntry = Entry<Arc<dyn Loss>, LossFacts>;

/// Every loss.
pub static LOSSES: &[LossEntry] = &[
    cross_entropy::ENTRY,
    bce::ENTRY,
    focal::ENTRY,
    squared::ENTRY,
    huber::ENTRY,
    absolute::ENTRY,
    gaussian::ENTRY,
    ordinal::ENTRY,
];

/// The name of a kind of task, as the config writes it.
#[must_use]
pub fn kind_name(kind: &TaskKind) -> &'static str {
    match kind {
        TaskKind::Binary => "binary",
        TaskKind::Multiclass { .. } => "multiclass",
        TaskKind::Multilabel { .. } => "multilabel",
        TaskKind::Regression { .. } => "regression",
        TaskKind::Ordinal { .. } => "ordinal",
    }
}

/// The loss that a task's table names, or none for the usual loss of its kind.
#[derive(Clone, Debug, Default)]
pub struct LossOptions {
    chosen: Option<(&'static str, Arc<dyn Loss>)>,
}

impl LossOptions {
    /// Reads the key `loss` of a task's table.
    pub fn options(fields: &mut Fields<'_>) -> Self {
        let chosen = fields
            .entry(
                "loss",
                "what training minimises for this task; by default the likelihood of its kind",
                LOSSES,
            )
            .optional();
        Self {
            chosen: chosen.map(|chosen| (chosen.name, chosen.value)),
        }
    }

    /// A loss given in code; `name` is one of [`LOSSES`].
    #[must_use]
    pub fn given(name: &'static str, loss: Arc<dyn Loss>) -> Self {
        Self {
            chosen: Some((name, loss)),
        }
    }

    /// Whether the config names a loss.
    #[must_use]
    pub fn is_given(&self) -> bool {
        self.chosen.is_some()
    }

    /// Its name for a task of this kind.
    #[must_use]
    pub fn name(&self, kind: &TaskKind) -> &'static str {
        match &self.chosen {
            Some((name, _)) => name,
            None => usual(kind).0,
        }
    }

    /// The loss for a task of this kind.
    #[must_use]
    pub fn loss(&self, kind: &TaskKind) -> Arc<dyn Loss> {
        match &self.chosen {
            Some((_, loss)) => Arc::clone(loss),
            None => usual(kind).1,
        }
    }

    /// Whether the loss is for tasks of this kind.
    pub fn check(&self, task: &str, kind: &TaskKind) -> Result<(), LossError> {
        self.serves(task, kind_name(kind))
    }

    /// Whether the loss is for tasks of the kind of this name; the usual loss of a kind is.
    pub fn serves(&self, task: &str, kind: &'static str) -> Result<(), LossError> {
        let Some((loss, _)) = &self.chosen else {
            return Ok(());
        };
        let serves = |entry: &&LossEntry| entry.facts.kinds.contains(&kind);
        if LOSSES
            .iter()
            .filter(serves)
            .any(|entry| entry.name == *loss)
        {
            return Ok(());
        }
        Err(LossError::Kind {
            task: task.to_owned(),
            loss,
            kind,
            allowed: LOSSES
                .iter()
                .filter(serves)
                .map(|entry| entry.name)
                .collect(),
        })
    }
}

/// The loss of a kind of task if the config names none: its likelihood.
fn usual(kind: &TaskKind) -> (&'static str, Arc<dyn Loss>) {
    match kind {
        TaskKind::Binary | TaskKind::Multilabel { .. } => ("bce", Arc::new(Bce::default())),
        TaskKind::Multiclass { .. } => ("cross_entropy", Arc::new(CrossEntropy::default())),
        TaskKind::Regression { .. } => ("mse", Arc::new(Squared)),
        TaskKind::Ordinal { .. } => ("ordinal", Arc::new(Ordinal)),
    }
}

/// `[rows, width]` predictions, row by row, to probabilities or values in the scale of the training targets:
/// `[rows, classes]` for class kinds (a binary task has two classes), `[rows, labels]`, `[rows, outputs]`.
#[must_use]
pub fn decode(kind: &TaskKind, loss: &LossOptions, predictions: &[f32]) -> Vec<f64> {
    let loss = loss.loss(kind);
    let width = loss.outputs(kind).width().max(1);
    predictions
        .chunks_exact(width)
        .flat_map(|row| {
            let row: Vec<f64> = row.iter().map(|&value| f64::from(value)).collect();
            loss.decode(kind, &row)
        })
        .collect()
}
