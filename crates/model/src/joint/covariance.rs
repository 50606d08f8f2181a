//! The joint law of numbers: y | x ~ N(f(x), Σ), with the heads' predictions f and one covariance Σ for all rows.
//!
//! Σ = L Lᵀ, L lower. It is no parameter: given f, the likelihood has its maximum in closed form, the covariance of the
//! residuals ([`residuals`](super::residuals)), and f is trained as without it. Of heads that are linear in the same inputs
//! nothing is lost, for there generalized least squares are least squares (Zellner 1962); and numbers that are all but
//! copies of each other would make a loss of so bad a condition that f itself is learnt far worse.
//!
//! Σ starts at the variances of the training labels, independent.

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};

use crate::initial::{Initial, data};
use crate::layer::Running;

/// The covariance of what the heads leave over.
#[derive(Module, Debug)]
pub(crate) struct Covariance {
    /// L row by row up to its diagonal, `[numbers (numbers + 1) / 2]`.
    factor: Running,
}

impl Covariance {
    /// Independent numbers of these variances.
    pub(crate) fn new(initial: &Initial<'_>, variances: &[f64]) -> Self {
        let row = |(place, variance): (usize, &f64)| {
            let mut row = vec![0.0; place];
            row.push(variance.sqrt());
            row
        };
        let factor: Vec<Vec<f64>> = variances.iter().enumerate().map(row).collect();
        Self {
            factor: Running::new(Tensor::from_data(packed(&factor), initial.device)),
        }
    }

    /// The covariance of this factor, whose rows end at the diagonal.
    pub(super) fn with_factor(self, factor: &[Vec<f64>]) -> Self {
        let put = |value: Tensor<1>| Tensor::from_data(packed(factor), &value.device());
        Self {
            factor: self.factor.changed(put),
        }
    }

    /// L in f64, rows up to the diagonal.
    pub(super) fn factor(&self) -> Vec<Vec<f64>> {
        let values = self.factor.value().into_data();
        let mut values = values.iter::<f64>().peekable();
        let mut rows = Vec::new();
        while values.peek().is_some() {
            rows.push(values.by_ref().take(rows.len() + 1).collect());
        }
        rows
    }
}

/// The rows of a factor up to the diagonal, in f32.
fn packed(factor: &[Vec<f64>]) -> TensorData {
    let values: Vec<f64> = factor.iter().flatten().copied().collect();
    data([values.len()], values)
}
