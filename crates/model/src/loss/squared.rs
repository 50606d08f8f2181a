//! Squared error: the mean over outputs of (f - y)².

use std::sync::Arc;

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use super::{Loss, LossEntry, LossFacts, Outputs, TaskSpec};

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "mse",
    summary: "squared error, the mean over outputs",
    source: "",
    new: |_| Arc::new(Squared),
    facts: LossFacts {
        kinds: &["regression"],
        default_for: &["regression"],
    },
};

/// Squared error has no options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Squared;

impl Loss for Squared {
    fn outputs(&self, kind: &TaskKind) -> Outputs {
        Outputs::Scores(outputs(kind))
    }

    fn prior(&self, task: &TaskSpec) -> Vec<f64> {
        task.means(outputs(&task.kind))
    }

    fn per_row(&self, prediction: Tensor<2>, target: Tensor<2>, _: &TaskSpec) -> Tensor<1> {
        let [rows, _] = prediction.dims();
        (prediction - target).square().mean_dim(1).reshape([rows])
    }

    fn is_of_residuals(&self) -> bool {
        true
    }

    fn decode(&self, _: &TaskKind, row: &[f64]) -> Vec<f64> {
        row.to_vec()
    }
}

/// Outputs of a regression task.
pub(super) fn outputs(kind: &TaskKind) -> usize {
    match kind {
        TaskKind::Regression { outputs } => *outputs,
        // `LossOptions::check` keeps other kinds away.
        _ => 1,
    }
}
