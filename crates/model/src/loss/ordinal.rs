//! Ordered logit: the negative log-likelihood of a level among ordered levels (McCullagh 1980).
//!
//! The head gives the rising cumulative logits c_j = θ_j - s of P(y ≤ j), and P(y = j) = σ(c_j) - σ(c_{j-1}). As
//! σ(b) - σ(a) = σ(b) σ(-a) (1 - exp(a - b)),
//!
//! ln P(y = j) = ln σ(c_j) + ln σ(-c_{j-1}) + ln(1 - exp(c_{j-1} - c_j)),
//!
//! without its first term at the top level, its second at the bottom level, its third at both. The last is computed as
//! ln tanh(g/2) + ln(1 + exp(-g)) with the gap g = c_j - c_{j-1}, which keeps its digits for small gaps.

use std::sync::Arc;

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use super::probability::{logit, shares, sigmoid, softplus};
use super::{Loss, LossEntry, LossFacts, Outputs, TaskSpec};
use crate::encoder::one_hot;

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "ordinal",
    summary: "negative log-likelihood of an ordered logit, in nats",
    source: "McCullagh 1980, Regression Models for Ordinal Data",
    new: |_| Arc::new(Ordinal),
    facts: LossFacts {
        kinds: &["ordinal"],
        default_for: &["ordinal"],
    },
};

/// Keeps every level's probability, and its logarithm, above what f32 can tell from zero.
const LEAST_GAP: f64 = 1e-6;

/// The ordered logit has no options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ordinal;

impl Loss for Ordinal {
    fn outputs(&self, kind: &TaskKind) -> Outputs {
        Outputs::Ordered {
            thresholds: levels(kind) - 1,
        }
    }

    fn prior(&self, task: &TaskSpec) -> Vec<f64> {
        let levels = levels(&task.kind);
        let mut below = 0.0;
        shares(&task.counts(levels))
            .iter()
            .take(levels - 1)
            .map(|share| {
                below += share;
                logit(below)
            })
            .collect()
    }

    fn per_row(&self, prediction: Tensor<2>, target: Tensor<2>, _: &TaskSpec) -> Tensor<1> {
        let [rows, thresholds] = prediction.dims();
        let level = one_hot(target.narrow(1, 0, 1).int(), thresholds + 1);
        (log_law(prediction) * level)
            .sum_dim(1)
            .neg()
            .reshape([rows])
    }

    fn is_law(&self) -> bool {
        true
    }

    fn decode(&self, _: &TaskKind, row: &[f64]) -> Vec<f64> {
        let levels = row.len() + 1;
        (0..levels)
            .map(|level| {
                match (
                    level.checked_sub(1).and_then(|below| row.get(below)),
                    row.get(level),
                ) {
                    (None, Some(&above)) => sigmoid(above),
                    (Some(&below), None) => sigmoid(-below),
                    (Some(&below), Some(&above)) => {
                        sigmoid(above) * sigmoid(-below) * -(below - above).exp_m1()
                    }
                    (None, None) => 1.0,
                }
            })
            .collect()
    }
}

/// ln P(y = j) of every level, `[rows, thresholds + 1]`, from the cumulative logits `[rows, thresholds]`.
pub(crate) fn log_law(prediction: Tensor<2>) -> Tensor<2> {
    let [rows, thresholds] = prediction.dims();
    let none = || Tensor::zeros([rows, 1], &prediction.device());
    let upper = Tensor::cat(vec![softplus(prediction.clone().neg()), none()], 1);
    let lower = Tensor::cat(vec![none(), softplus(prediction.clone())], 1);
    let beyond = upper + lower;
    if thresholds < 2 {
        return beyond.neg();
    }
    // A head's thresholds lie apart, but behind a huge score f32 rounds their distance away.
    let gap = (prediction.clone().narrow(1, 1, thresholds - 1)
        - prediction.clone().narrow(1, 0, thresholds - 1))
    .clamp_min(LEAST_GAP);
    let inside = (gap.clone() / 2.0).tanh().log() + gap.neg().exp().log1p();
    Tensor::cat(vec![none(), inside, none()], 1) - beyond
}

/// Levels of an ordinal task, at least 2.
fn levels(kind: &TaskKind) -> usize {
    match kind {
        TaskKind::Ordinal { levels } => (*levels).max(2),
        // `LossOptions::check` keeps other kinds away.
        _ => 2,
    }
}
