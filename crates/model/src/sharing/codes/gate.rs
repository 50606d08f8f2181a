//! Gates: how a task weighs the codes of the dictionary.
//!
//! Free weights are the parameter itself. The others map a parameter a in R^C to the simplex:
//!
//! - softmax: p = exp(a) / Σ exp(a), never exactly 0; Jacobian Diag(p) - ppᵀ
//! - sparsemax (Martins and Astudillo 2016): p = max(a - τ, 0), the projection on the simplex; Jacobian
//!   Diag(s) - ssᵀ/|S|, s the indicator of the support S
//! - entmax-1.5 (Peters, Niculae and Martins 2019): p = max(a/2 - τ, 0)², between the two; Jacobian
//!   Diag(s) - ssᵀ/Σs with s = √p
//!
//! τ makes the sum 1. A number a_i is in the support exactly if Σ_j max(a_j - a_i, 0)^q < 1 (q = 1, and q = 2 on a/2),
//! because that sum falls in a_i and is 1 at τ: no sorting, and ties need no care. Given the support, τ has a closed
//! form, so the gradient that autodiff takes through it is the Jacobian above, exactly.

use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation};
use polytask_config::Choice;

use crate::initial::{Initial, replace};

/// From parameters to weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateMap {
    Free,
    Softmax,
    Sparsemax,
    Entmax15,
}

impl Choice for GateMap {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("free", Self::Free, "any weights; `l1` makes them sparse"),
        ("softmax", Self::Softmax, "weights above 0 that sum to 1"),
        (
            "sparsemax",
            Self::Sparsemax,
            "weights that sum to 1, many exactly 0 (Martins and Astudillo 2016)",
        ),
        (
            "entmax15",
            Self::Entmax15,
            "weights that sum to 1, some exactly 0 (Peters et al. 2019)",
        ),
    ];
}

impl GateMap {
    /// `[rows, codes]` to weights, row by row.
    #[must_use]
    pub fn apply(self, gate: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Free => gate,
            Self::Softmax => activation::softmax(gate, 1),
            Self::Sparsemax => sparsemax(gate),
            Self::Entmax15 => entmax15(gate),
        }
    }
}

fn sparsemax(a: Tensor<2>) -> Tensor<2> {
    let support = support(a.clone(), |above| above);
    let size = support.clone().sum_dim(1);
    let tau = ((a.clone() * support.clone()).sum_dim(1) - 1.0) / size;
    (a - tau) * support
}

fn entmax15(a: Tensor<2>) -> Tensor<2> {
    let a = a / 2.0;
    let support = support(a.clone(), |above| above.square());
    let size = support.clone().sum_dim(1);
    let mean = (a.clone() * support.clone()).sum_dim(1) / size.clone();
    let spread = ((a.clone() - mean.clone()).square() * support.clone()).sum_dim(1);
    // Σ_S (a - τ)² = spread + |S| (mean - τ)² = 1. The spread is below 1 whenever two numbers of the support differ,
    // because the smallest of them lies above τ.
    let tau = mean - ((spread.neg() + 1.0) / size).sqrt();
    (a - tau).square() * support
}

/// The indicator of the support, a constant for the gradient.
fn support(a: Tensor<2>, power: fn(Tensor<3>) -> Tensor<3>) -> Tensor<2> {
    let a = a.detach();
    let [rows, codes] = a.dims();
    let others = a.clone().reshape([rows, 1, codes]);
    let each = a.reshape([rows, codes, 1]);
    let above = power((others - each).clamp_min(0.0)).sum_dim(2);
    above.reshape([rows, codes]).lower_elem(1.0).float()
}

/// The gate of one task: `[scores, codes]` or `[1, codes]`.
#[derive(Module, Debug)]
pub(crate) enum Gate {
    Free(Free),
    Simplex(Simplex),
}

/// Weights without a constraint.
#[derive(Module, Debug)]
pub(crate) struct Free {
    pub alpha: Param<Tensor<2>>,
}

/// Weights on the simplex.
#[derive(Module, Debug)]
pub(crate) struct Simplex {
    pub gate: Param<Tensor<2>>,
    #[module(skip)]
    map: GateMap,
}

impl Gate {
    /// `deviation` of the first free weights, or of the parameters behind a simplex.
    pub(super) fn new(
        initial: &Initial<'_>,
        task: &str,
        shape: [usize; 2],
        map: GateMap,
        deviation: f64,
    ) -> Self {
        match map {
            GateMap::Free => Self::Free(Free {
                alpha: initial.normal(&format!("heads.{task}.alpha"), shape, deviation),
            }),
            _ => Self::Simplex(Simplex {
                gate: initial.normal(&format!("heads.{task}.gate"), shape, deviation),
                map,
            }),
        }
    }

    /// The weights of the codes.
    #[must_use]
    pub(crate) fn weights(&self) -> Tensor<2> {
        match self {
            Self::Free(free) => free.alpha.val(),
            Self::Simplex(simplex) => simplex.map.apply(simplex.gate.val()),
        }
    }

    /// The parameter behind the weights.
    pub(super) fn parameter_mut(&mut self) -> &mut Param<Tensor<2>> {
        match self {
            Self::Free(free) => &mut free.alpha,
            Self::Simplex(simplex) => &mut simplex.gate,
        }
    }

    /// Multiplies the weight of each code, if weights are free; says whether it could.
    pub(super) fn scale(&mut self, factors: Tensor<2>) -> bool {
        match self {
            Self::Free(free) => {
                let scaled = free.alpha.val().detach() * factors;
                replace(&mut free.alpha, scaled);
                true
            }
            Self::Simplex(_) => false,
        }
    }
}
