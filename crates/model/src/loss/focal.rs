//! Focal loss: cross-entropy that counts rows less the better they are predicted.
//!
//! ℓ = -(1 - p)^γ ln p, p the probability of the label (Lin et al. 2017). It is computed as exp(γ ln(1 - p)) with
//! ln(1 - p) taken from the logits, so neither p = 1 nor p = 0 loses its gradient. It is not a likelihood: probabilities
//! trained with it are too modest.

use std::sync::Arc;

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use super::probability::{log_sum_exp, logit, share_of_yes, shares, softmax, softplus};
use super::{Loss, LossEntry, LossFacts, Outputs, TaskSpec, bce};
use crate::encoder::one_hot;

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "focal",
    summary: "cross-entropy that counts well-predicted rows less",
    source: "Lin et al. 2017, Focal Loss for Dense Object Detection",
    new: |fields| {
        Arc::new(Focal {
            gamma: fields
                .number(
                    "gamma",
                    "how fast a row's weight falls with its probability",
                )
                .at_least(0.0)
                .or(2.0),
        })
    },
    facts: LossFacts {
        kinds: &["binary", "multiclass", "multilabel"],
        default_for: &[],
    },
};

/// Options of the focal loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Focal {
    /// γ; 0 is cross-entropy.
    pub gamma: f64,
}

impl Loss for Focal {
    fn outputs(&self, kind: &TaskKind) -> Outputs {
        match kind {
            TaskKind::Multiclass { classes } => Outputs::Scores(*classes),
            _ => Outputs::Scores(bce::labels(kind)),
        }
    }

    /// The best constant has no closed form for γ > 0; the labels' shares are close and carry the meaning.
    fn prior(&self, task: &TaskSpec) -> Vec<f64> {
        match task.kind {
            TaskKind::Multiclass { classes } => shares(&task.counts(classes))
                .iter()
                .map(|share| share.ln())
                .collect(),
            _ => task
                .noes_and_yeses()
                .iter()
                .map(|counts| logit(share_of_yes(counts)))
                .collect(),
        }
    }

    fn per_row(&self, prediction: Tensor<2>, target: Tensor<2>, task: &TaskSpec) -> Tensor<1> {
        let [rows, _] = prediction.dims();
        let (log_right, log_wrong) = match task.kind {
            TaskKind::Multiclass { .. } => of_class(prediction, target),
            _ => {
                // The logit of being right: x for a yes, -x for a no.
                let right = prediction * (target * 2.0 - 1.0);
                (softplus(right.clone().neg()).neg(), softplus(right).neg())
            }
        };
        let loss = (log_wrong * self.gamma).exp() * log_right.neg();
        loss.sum_dim(1).reshape([rows])
    }

    fn decode(&self, kind: &TaskKind, row: &[f64]) -> Vec<f64> {
        match kind {
            TaskKind::Multiclass { .. } => softmax(row),
            _ => bce::yes_or_no(kind, row),
        }
    }
}

/// ln p and ln(1 - p) of the label's class, `[rows, 1]` each.
fn of_class(prediction: Tensor<2>, target: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let [_, classes] = prediction.dims();
    let label = one_hot(target.narrow(1, 0, 1).int(), classes);
    let all = log_sum_exp(prediction.clone());
    // Far below every logit that a head can give, and far from overflow: exp of it is exactly 0.
    let others = log_sum_exp(prediction.clone() - label.clone() * 1e9);
    let right = (prediction * label).sum_dim(1);
    (right - all.clone(), others - all)
}
