//! Cross-entropy: the negative log-likelihood of the label's class.
//!
//! ℓ = -Σ_k q_k w_k ln p_k with p = softmax(logits), q = (1 - ε) onehot(y) + ε/K (label smoothing ε: Szegedy et al.
//! 2016) and class weights w. The mean over rows is not divided by the weights' sum: with "balanced" weights, whose
//! mean over the training rows is 1, that makes no difference, and a row's loss does not depend on its batch.

use std::sync::Arc;

use burn::tensor::{Tensor, activation};
use polytask_config::Fields;
use polytask_data::TaskKind;

use super::probability::{shares, softmax};
use super::{ClassWeights, Loss, LossEntry, LossFacts, Outputs, TaskSpec};
use crate::encoder::one_hot;
use crate::error::LossError;

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "cross_entropy",
    summary: "negative log-likelihood of the class, in nats",
    source: "label smoothing: Szegedy et al. 2016",
    new: |fields| Arc::new(CrossEntropy::options(fields)),
    facts: LossFacts {
        kinds: &["multiclass"],
        default_for: &["multiclass"],
    },
};

/// Options of the cross-entropy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CrossEntropy {
    pub class_weights: ClassWeights,
    /// ε in [0, 1).
    pub label_smoothing: f64,
}

impl CrossEntropy {
    fn options(fields: &mut Fields<'_>) -> Self {
        Self {
            class_weights: ClassWeights::options(fields),
            label_smoothing: fields
                .number(
                    "label_smoothing",
                    "share of the label that is spread over all classes",
                )
                .at_least(0.0)
                .below(1.0)
                .or(0.0),
        }
    }
}

impl Loss for CrossEntropy {
    fn outputs(&self, kind: &TaskKind) -> Outputs {
        Outputs::Scores(classes(kind))
    }

    fn check(&self, task: &TaskSpec) -> Result<(), LossError> {
        self.class_weights.check(task, classes(&task.kind))
    }

    fn prior(&self, task: &TaskSpec) -> Vec<f64> {
        // The loss of constant logits is -Σ_k c_k ln p_k with c_k the summed w_k q_k of all rows, least at p_k ∝ c_k.
        let classes = classes(&task.kind);
        let mut counts = task.counts(classes);
        let spread = counts.iter().sum::<f64>() * self.label_smoothing / classes as f64;
        for count in &mut counts {
            *count = (1.0 - self.label_smoothing) * *count + spread;
        }
        if let Some(weights) = self.class_weights.of(task, classes) {
            counts
                .iter_mut()
                .zip(weights)
                .for_each(|(count, weight)| *count *= weight);
        }
        shares(&counts).iter().map(|share| share.ln()).collect()
    }

    fn per_row(&self, prediction: Tensor<2>, target: Tensor<2>, task: &TaskSpec) -> Tensor<1> {
        let [rows, classes] = prediction.dims();
        let label = one_hot(target.narrow(1, 0, 1).int(), classes);
        let smooth = self.label_smoothing;
        let mut share = if smooth > 0.0 {
            label * (1.0 - smooth) + smooth / classes as f64
        } else {
            label
        };
        if let Some(weights) = self
            .class_weights
            .tensor(task, classes, &prediction.device())
        {
            share = share * weights;
        }
        let log_p = activation::log_softmax(prediction, 1);
        (share * log_p).sum_dim(1).neg().reshape([rows])
    }

    fn is_law(&self) -> bool {
        *self == Self::default()
    }

    fn decode(&self, _: &TaskKind, row: &[f64]) -> Vec<f64> {
        softmax(row)
    }
}

/// Classes of a multiclass task.
pub(super) fn classes(kind: &TaskKind) -> usize {
    match kind {
        TaskKind::Multiclass { classes } => *classes,
        // `LossOptions::check` keeps other kinds away.
        _ => 1,
    }
}
