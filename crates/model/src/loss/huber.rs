//! Huber loss: squared for small errors, absolute for large ones.
//!
//! ℓ(r) = r²/2 for |r| ≤ δ, δ(|r| - δ/2) beyond (Huber 1964); the mean over outputs. With m = min(|r|, δ) it is
//! m (|r| - m/2) for both.

use std::sync::Arc;

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use super::squared::outputs;
use super::{Loss, LossEntry, LossFacts, Outputs, TaskSpec};

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "huber",
    summary: "half the squared error up to delta, linear beyond",
    source: "Huber 1964, Robust Estimation of a Location Parameter",
    new: |fields| {
        Arc::new(Huber {
            delta: fields
                .number(
                    "delta",
                    "where squared turns into absolute, in the scale of the normalized target",
                )
                .above(0.0)
                .or(1.0),
        })
    },
    facts: LossFacts {
        kinds: &["regression"],
        default_for: &[],
    },
};

/// Options of the Huber loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Huber {
    pub delta: f64,
}

impl Loss for Huber {
    fn outputs(&self, kind: &TaskKind) -> Outputs {
        Outputs::Scores(outputs(kind))
    }

    fn prior(&self, task: &TaskSpec) -> Vec<f64> {
        task.means(outputs(&task.kind))
    }

    fn per_row(&self, prediction: Tensor<2>, target: Tensor<2>, _: &TaskSpec) -> Tensor<1> {
        let [rows, _] = prediction.dims();
        let size = (prediction - target).abs();
        let near = size.clone().clamp_max(self.delta);
        let loss = near.clone() * (size - near / 2.0);
        loss.mean_dim(1).reshape([rows])
    }

    fn is_of_residuals(&self) -> bool {
        true
    }

    fn decode(&self, _: &TaskKind, row: &[f64]) -> Vec<f64> {
        row.to_vec()
    }
}
