//! Mixing: the linear maps that end a head, from the representation's numbers to scores.
//!
//! `Dense` stands on any representation. The others stand on the responses h of a code dictionary and hold the task's
//! part of it; `sharing::codes` has the formulas.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::sharing::Gate;

/// What a sum of weights is divided by at least.
const LEAST: f64 = 1e-12;

/// The last map of a head.
#[derive(Module, Debug)]
pub(crate) enum Mixing {
    Dense(Dense),
    PerOutput(PerOutput),
    PerTask(PerTask),
    Block(Block),
}

impl Mixing {
    /// `[rows, width]` to `[rows, scores]`.
    pub(crate) fn apply(&self, h: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Dense(mixing) => h.matmul(mixing.weight.val()),
            Self::PerOutput(mixing) => h.matmul(mixing.gate.weights().transpose()),
            Self::PerTask(mixing) => h.matmul(mixing.matrix()),
            Self::Block(mixing) => mixing.apply(h),
        }
    }

    /// W of `scores = z W`, `[width, scores]`, if that is what it does.
    pub(crate) fn matrix(&self) -> Option<Tensor<2>> {
        match self {
            Self::Dense(mixing) => Some(mixing.weight.val()),
            Self::PerOutput(mixing) => Some(mixing.gate.weights().transpose()),
            Self::PerTask(mixing) => Some(mixing.matrix()),
            Self::Block(_) => None,
        }
    }

    /// The gate of a code dictionary's head.
    pub(crate) fn gate(&self) -> Option<&Gate> {
        match self {
            Self::Dense(_) => None,
            Self::PerOutput(mixing) => Some(&mixing.gate),
            Self::PerTask(mixing) => Some(&mixing.gate),
            Self::Block(mixing) => Some(&mixing.gate),
        }
    }

    /// The shares of a dictionary's codes in the absolute weights, `[codes]`; all zero while the weights are.
    pub(crate) fn shares(&self) -> Option<Tensor<1>> {
        let used = self.gate()?.weights().abs().sum_dim(0).flatten(0, 1);
        let sum = used.clone().sum().clamp_min(LEAST);
        Some(used / sum)
    }

    pub(crate) fn gate_mut(&mut self) -> Option<&mut Gate> {
        match self {
            Self::Dense(_) => None,
            Self::PerOutput(mixing) => Some(&mut mixing.gate),
            Self::PerTask(mixing) => Some(&mut mixing.gate),
            Self::Block(mixing) => Some(&mut mixing.gate),
        }
    }
}

/// scores = z W.
#[derive(Module, Debug)]
pub(crate) struct Dense {
    /// `[width, scores]`.
    pub(crate) weight: Param<Tensor<2>>,
}

/// scores = h Aᵀ, one row of A per score.
#[derive(Module, Debug)]
pub(crate) struct PerOutput {
    /// `[scores, codes]`.
    pub(crate) gate: Gate,
}

/// scores = (h ∘ a) U.
#[derive(Module, Debug)]
pub(crate) struct PerTask {
    /// `[1, codes]`.
    pub(crate) gate: Gate,
    /// U, `[codes, scores]`.
    pub(crate) weight: Param<Tensor<2>>,
}

impl PerTask {
    /// diag(a) U.
    fn matrix(&self) -> Tensor<2> {
        self.gate.weights().transpose() * self.weight.val()
    }
}

/// scores = (Σ_c a_c h_c) U, where h_c is the response `[block]` of code c.
#[derive(Module, Debug)]
pub(crate) struct Block {
    /// `[1, codes]`.
    pub(crate) gate: Gate,
    /// U, `[block, scores]`.
    pub(crate) weight: Param<Tensor<2>>,
}

impl Block {
    fn apply(&self, h: Tensor<2>) -> Tensor<2> {
        let rows = h.dims()[0];
        let [block, _] = self.weight.lazy_shape().dims();
        let weights = self.gate.weights();
        let codes = weights.dims()[1];
        let mixed = (h.reshape([rows, codes, block]) * weights.reshape([1, codes, 1]))
            .sum_dim(1)
            .reshape([rows, block]);
        mixed.matmul(self.weight.val())
    }
}
