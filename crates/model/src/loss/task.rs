//! The loss of one task, with labels that may be missing.
//!
//! A row without a label has loss exactly 0 and gradient exactly 0, whatever was predicted for it or stands in the
//! place of its label: both are replaced before the loss is computed, so that not even an overflow gets through.

use std::sync::Arc;

use burn::tensor::{Bool, Tensor};
use polytask_data::{TaskFit, TaskKind};

use super::{Loss, LossOptions};
use crate::error::LossError;

/// What a model must know of a task.
#[derive(Clone, Debug)]
pub struct TaskSpec {
    pub name: String,
    pub kind: TaskKind,
    pub loss: LossOptions,
    /// What the training split says of its labels.
    pub fit: TaskFit,
    /// The tasks whose predictions its head reads.
    pub after: Vec<String>,
}

impl TaskSpec {
    pub(crate) fn loss(&self) -> Arc<dyn Loss> {
        self.loss.loss(&self.kind)
    }

    /// Scores that its head computes.
    pub(crate) fn scores(&self) -> usize {
        self.loss().outputs(&self.kind).scores()
    }

    /// Columns of its predictions.
    #[must_use]
    pub fn width(&self) -> usize {
        self.loss().outputs(&self.kind).width()
    }
}

/// The labels of training in short: where a head starts, and what "balanced" means.
impl TaskSpec {
    /// Labelled rows of each of so many classes.
    pub(crate) fn counts(&self, classes: usize) -> Vec<f64> {
        let count = |class| {
            self.fit
                .counts
                .get(class)
                .map_or(0.0, |&count| count as f64)
        };
        (0..classes).map(count).collect()
    }

    /// \[noes, yeses\] of the one label of a binary task, or of each label.
    pub(crate) fn noes_and_yeses(&self) -> Vec<[f64; 2]> {
        let labelled = self.fit.labelled as f64;
        match (&self.kind, self.counts(2).as_slice()) {
            (TaskKind::Multilabel { labels }, _) => self
                .counts(*labels)
                .into_iter()
                .map(|yeses| [(labelled - yeses).max(0.0), yeses])
                .collect(),
            (_, [noes, yeses]) => vec![[*noes, *yeses]],
            _ => vec![[0.0, 0.0]],
        }
    }

    /// Means of the targets as the loss sees them: 0 once they are standardized.
    pub(crate) fn means(&self, outputs: usize) -> Vec<f64> {
        let mean = |output| self.fit.center.get(output).copied().unwrap_or(0.0);
        (0..outputs).map(mean).collect()
    }

    /// Variances of the targets as the loss sees them; the fit keeps their mean over the outputs.
    pub(crate) fn variances(&self, outputs: usize) -> Vec<f64> {
        vec![self.fit.variance; outputs]
    }
}

/// The loss of one task.
#[derive(Clone, Debug)]
pub struct TaskLoss {
    task: TaskSpec,
    loss: Arc<dyn Loss>,
}

impl TaskLoss {
    /// Refuses a loss that is not for this kind of task, and options that do not fit it.
    pub fn new(task: &TaskSpec) -> Result<Self, LossError> {
        task.loss.check(&task.name, &task.kind)?;
        let loss = task.loss();
        loss.check(task)?;
        Ok(Self {
            task: task.clone(),
            loss,
        })
    }

    /// `[rows, width]` predictions, `[rows, …]` labels and `[rows]` of 1 (has a label) or 0 to `[rows]` losses.
    #[must_use]
    pub fn per_row(&self, prediction: Tensor<2>, target: Tensor<2>, mask: Tensor<1>) -> Tensor<1> {
        let missing = mask.lower_equal_elem(0.0);
        let prediction = blank(prediction, &missing);
        let target = blank(target, &missing);
        self.loss
            .per_row(prediction, target, &self.task)
            .mask_fill(missing, 0.0)
    }

    /// The mean over the rows that have a label, `labelled` of them; without any, exactly zero with gradient zero.
    #[must_use]
    pub fn mean(
        &self,
        prediction: Tensor<2>,
        target: Tensor<2>,
        mask: Tensor<1>,
        labelled: usize,
    ) -> Tensor<1> {
        let [rows, _] = prediction.dims();
        let losses = if labelled == rows {
            // Nothing is missing: nothing to blank.
            self.loss.per_row(prediction, target, &self.task)
        } else {
            self.per_row(prediction, target, mask)
        };
        losses.sum() / labelled.max(1) as f64
    }
}

/// Zero in the rows that are missing, for the values and for their gradient.
fn blank(values: Tensor<2>, missing: &Tensor<1, Bool>) -> Tensor<2> {
    let dims @ [rows, _] = values.dims();
    let missing = missing.clone().reshape([rows, 1]).expand(dims);
    values.mask_fill(missing, 0.0)
}
