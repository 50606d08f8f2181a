//! Absolute error: the mean over outputs of |f - y|; it predicts medians and shrugs at outliers.

use std::sync::Arc;

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use super::squared::outputs;
use super::{Loss, LossEntry, LossFacts, Outputs, TaskSpec};

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "l1",
    summary: "absolute error, the mean over outputs",
    source: "",
    new: |_| Arc::new(Absolute),
    facts: LossFacts {
        kinds: &["regression"],
        default_for: &[],
    },
};

/// Absolute error has no options.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Absolute;

impl Loss for Absolute {
    fn outputs(&self, kind: &TaskKind) -> Outputs {
        Outputs::Scores(outputs(kind))
    }

    /// The best constant is the median, which a fit does not keep; the mean is where training starts.
    fn prior(&self, task: &TaskSpec) -> Vec<f64> {
        task.means(outputs(&task.kind))
    }

    fn per_row(&self, prediction: Tensor<2>, target: Tensor<2>, _: &TaskSpec) -> Tensor<1> {
        let [rows, _] = prediction.dims();
        (prediction - target).abs().mean_dim(1).reshape([rows])
    }

    fn is_of_residuals(&self) -> bool {
        true
    }

    fn decode(&self, _: &TaskKind, row: &[f64]) -> Vec<f64> {
        row.to_vec()
    }
}
