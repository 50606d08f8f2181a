//! Gaussian likelihood: the head predicts a mean μ and a log-variance s per output.
//!
//! ℓ = Σ_o ½ (ln 2π + s + (y - μ)² exp(-s)), the negative log-density (Nix and Weigend 1994). s = 14 tanh(x / 14) keeps
//! variances between 1e-6 and 1e6 and, unlike a clamp, always has a gradient. With β > 0 each output's term is
//! multiplied by the constant exp(β s), which keeps badly fitted rows from being explained away by a large variance
//! (Seitzer et al. 2022); β = 1 gives the mean the gradient of the squared error.

use std::sync::Arc;

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use super::squared::outputs;
use super::{Loss, LossEntry, LossFacts, Outputs, TaskSpec};

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "gaussian_nll",
    summary: "negative log-density of a Gaussian whose mean and variance are predicted",
    source: "Nix and Weigend 1994; beta: Seitzer et al. 2022",
    new: |fields| {
        Arc::new(Gaussian {
            beta: fields
                .number(
                    "beta",
                    "0 is the likelihood; above, rows of small variance count less",
                )
                .within(0.0..=1.0)
                .or(0.0),
        })
    },
    facts: LossFacts {
        kinds: &["regression"],
        default_for: &[],
    },
};

/// Bound of the log-variance.
const BOUND: f64 = 14.0;

/// Options of the Gaussian likelihood.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gaussian {
    /// β in [0, 1].
    pub beta: f64,
}

impl Loss for Gaussian {
    /// All means, then all log-variances.
    fn outputs(&self, kind: &TaskKind) -> Outputs {
        Outputs::Scores(2 * outputs(kind))
    }

    fn prior(&self, task: &TaskSpec) -> Vec<f64> {
        let outputs = outputs(&task.kind);
        let spreads = task.variances(outputs).into_iter().map(|variance| {
            // The inverse of the bound; a constant target has variance 0 and starts at the smallest.
            let share = (variance.max(1e-5).ln() / BOUND).clamp(-0.99, 0.99);
            BOUND * share.atanh()
        });
        task.means(outputs).into_iter().chain(spreads).collect()
    }

    fn per_row(&self, prediction: Tensor<2>, target: Tensor<2>, task: &TaskSpec) -> Tensor<1> {
        let [rows, _] = prediction.dims();
        let outputs = outputs(&task.kind);
        let mean = prediction.clone().narrow(1, 0, outputs);
        let log_variance = (prediction.narrow(1, outputs, outputs) / BOUND).tanh() * BOUND;
        let error = (target - mean).square();
        let mut loss = (log_variance.clone()
            + error * log_variance.clone().neg().exp()
            + std::f64::consts::TAU.ln())
            / 2.0;
        if self.beta > 0.0 {
            loss = loss * (log_variance.detach() * self.beta).exp();
        }
        loss.sum_dim(1).reshape([rows])
    }

    /// The means.
    fn decode(&self, kind: &TaskKind, row: &[f64]) -> Vec<f64> {
        row.iter().take(outputs(kind)).copied().collect()
    }
}
