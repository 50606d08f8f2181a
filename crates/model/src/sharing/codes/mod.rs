//! Shared code dictionary: every task is a combination of the same few linear readings of the representation.
//!
//! With z = φ(x) in R^k, a dictionary V `[codes, k]` and responses h = z Vᵀ:
//!
//! - `per_output`: scores_t = h A_tᵀ + b_t, A_t `[outputs, codes]`; for scalar tasks
//!   f_t(x) = Σ_c α_tc ⟨v_c, φ(x)⟩ + b_t
//! - `per_task`: scores_t = (h ∘ a_t) U_t + b_t, one weight per task and code and a private U_t
//! - `block`: codes are maps V_c `[block, k]`, scores_t = (Σ_c a_tc V_c z) U_t + b_t
//!
//! GO-MTL (Kumar and Daumé 2012) is the first with the identity as encoder, μ‖A‖₁ (`l1`) and λ‖V‖² (`frobenius`);
//! Maurer, Pontil and Romera-Paredes (2013) bound its risk for unit-norm codes and bounded ‖α_t‖₁.
//!
//! With p_t the shares of the codes in task t's absolute weights and p their mean over tasks, `information` penalises the
//! code-task information I(C;T) = mean_t KL(p_t ‖ p) and `spread` the distance mean_t KL(p_t ‖ uniform) = ln C - mean_t H(p_t).
//! Below zero they reward them: experts that specialise (Chen et al. 2023, Mod-Squad), tasks that keep few codes.
//!
//! `group_lasso` is λ Σ_g ‖A_g‖₂ over groups of weights, a code's of all tasks or of each ([`lasso`]): groups become exactly 0. It, and `l1`
//! if it is `proximal`, act after each step of the optimizer. All four penalties on the weights can be [annealed](Annealing) in, as
//! codes that nothing needs *yet* would die of them.
//!
//! Equivalence: W_t = A_t V, so with free dense α and at least min(k, S) codes, S the scores of all tasks together,
//! this is the function class of `latent` with dimension k; then the config gets a note.

mod annealing;
mod canonical;
mod gate;
mod lasso;
mod options;
mod turn;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use polytask_config::Entry;

pub use annealing::Annealing;
pub(crate) use canonical::strengths;
pub(crate) use gate::Gate;
pub use gate::GateMap;
pub use options::{Alpha, CodesOptions, Groups};
use polytask_random::Seed;
use turn::Effort;
pub use turn::Turn;

use super::{Plan, Wiring};
use crate::encoder::Encoder;
use crate::features::Inputs;
use crate::head::{Head, Mixing};
use crate::initial::replace;
use crate::layer::LinearPull;
use crate::matrix::Matrix;
use crate::stacked::{Layout, Recorded};

pub(super) const ENTRY: Entry<Box<dyn Plan>> = Entry {
    name: "codes",
    summary: "a dictionary of shared codes that each task combines with its own weights",
    source: "Kumar and Daume 2012, Learning Task Grouping and Overlap (GO-MTL); Maurer et al. 2013",
    new: |fields| Box::new(CodesOptions::options(fields)),
    facts: (),
};

/// h = φ(x) Vᵀ.
#[derive(Module, Debug)]
pub(crate) struct Codes {
    pub encoder: Encoder,
    /// V, `[codes * block, k]`.
    pub codes: Param<Tensor<2>>,
    count: usize,
    l1: f64,
    proximal: bool,
    group_lasso: f64,
    #[module(skip)]
    groups: Groups,
    /// The part of `l1`, `group_lasso`, `information` and `spread` that acts now.
    strength: f64,
    frobenius: f64,
    information: f64,
    spread: f64,
    unit_norm: bool,
    turns: bool,
}

/// The search between epochs: each epoch draws other starts, and gradients do the last of the way.
const EFFORT: Effort = Effort {
    starts: 5,
    sweeps: 200,
    least_gain: 1e-3,
};

/// What a share counts as in a logarithm at least.
const LEAST_SHARE: f64 = 1e-6;

/// What a search may cost, in sweeps times weights times codes: a large dictionary has fewer starts and fewer sweeps, so
/// that no search takes more than a second or so.
const BUDGET: u64 = 32_000_000;

/// Sweeps that a start needs, more or less.
const SWEEPS: u64 = 16;

/// A turn must take off so much of the penalty: what is below that, gradients get by themselves.
const WORTH: f64 = 0.01;

impl Wiring for Codes {
    fn represent(&self, features: Tensor<2>) -> Tensor<2> {
        features.matmul(self.codes.val().transpose())
    }

    fn record(&self, inputs: &Inputs) -> Recorded {
        let (features, mut layers) = self.encoder.record(inputs);
        let codes = self.codes.val().inner();
        let representation = features.clone().matmul(codes.clone().transpose());
        layers.0.push(Box::new(LinearPull {
            ids: (self.codes.id, None),
            layout: Layout::OutputsFirst,
            back: codes,
            inputs: features,
        }));
        Recorded {
            representation,
            layers,
        }
    }

    fn encoder(&self) -> &Encoder {
        &self.encoder
    }

    fn encoder_mut(&mut self) -> &mut Encoder {
        &mut self.encoder
    }

    fn width(&self) -> usize {
        let [rows, _] = self.codes.lazy_shape().dims();
        rows
    }

    fn describe(&self) -> String {
        let [_, width] = self.codes.lazy_shape().dims();
        format!("{} codes over {width} numbers", self.count)
    }

    fn penalty(&self, heads: &[Head]) -> Option<Tensor<1>> {
        let mut terms = Vec::new();
        let l1 = self.l1 * self.strength;
        if l1 > 0.0 && !self.proximal {
            let gates = heads.iter().filter_map(|head| head.mixing.gate());
            terms.extend(gates.map(|gate| gate.weights().abs().sum() * l1));
        }
        if self.frobenius > 0.0 {
            terms.push(self.codes.val().square().sum() * self.frobenius);
        }
        if self.strength != 0.0 && (self.information != 0.0 || self.spread != 0.0) {
            terms.extend(self.of_shares(heads));
        }
        terms.into_iter().reduce(|left, right| left + right)
    }

    fn proximal(&self, heads: &[Head]) -> Option<f64> {
        lasso::cost(self, heads)
    }

    fn shrink(&mut self, heads: &mut [Head], rate: f64) {
        lasso::shrink(self, heads, rate);
    }

    fn anneal(&mut self, strength: f64) {
        self.strength = strength;
    }

    fn project(&mut self, heads: &mut [Head]) {
        if self.unit_norm {
            self.normalise(heads);
        }
    }

    /// Σ|weights| over the task's scores times the norm of the code: what rescaling a code cannot change.
    fn code_strengths(&self, heads: &[Head]) -> Option<Vec<Vec<f64>>> {
        let [rows, width] = self.codes.lazy_shape().dims();
        let block = rows / self.count.max(1) * width;
        let flat = self.codes.val().detach().reshape([self.count, block]);
        let norms = Matrix::of(flat).row_norms();
        heads
            .iter()
            .map(|head| {
                let strengths = canonical::strengths(head)?;
                let rows = strengths
                    .values()
                    .chunks(strengths.values().len() / norms.len().max(1));
                let size = |row: &[f64]| row.iter().map(|weight| weight.abs()).sum::<f64>();
                Some(
                    rows.map(size)
                        .zip(&norms)
                        .map(|(size, norm)| size * norm)
                        .collect(),
                )
            })
            .collect()
    }

    fn canonical_form(&self) -> Option<&'static str> {
        Some(canonical::form(self))
    }

    fn canonicalise(&mut self, heads: &mut [Head], _: &Inputs) {
        canonical::canonicalise(self, heads);
    }

    fn sparser(&self, heads: &[Head], seed: Seed) -> Option<Turn> {
        if !self.turns || self.strength == 0.0 {
            return None;
        }
        let weights = stacked(heads)?;
        let now: f64 = weights.values().iter().map(|weight| weight.abs()).sum();
        let sweeps = BUDGET / (self.count * weights.values().len()).max(1) as u64;
        let effort = Effort {
            starts: (sweeps / SWEEPS).clamp(1, EFFORT.starts),
            sweeps: sweeps.clamp(1, EFFORT.sweeps),
            ..EFFORT
        };
        let turn = turn::sparsest(&weights, &self.gram(), effort, seed)?;
        (turn.penalty < now * (1.0 - WORTH)).then_some(turn)
    }

    fn turn(&mut self, heads: &mut [Head], turn: &Turn) {
        let device = self.codes.device();
        let codes = turn.forth.times(&Matrix::of(self.codes.val().detach()));
        replace(&mut self.codes, codes.into_tensor(&device));
        for gate in heads.iter_mut().filter_map(|head| head.mixing.gate_mut()) {
            let alpha = gate.parameter_mut();
            let turned = Matrix::of(alpha.val().detach()).times(&turn.back);
            replace(alpha, turned.into_tensor(&device));
        }
    }
}

/// The free weights of all heads, `[scores, codes]`; `None` if some are not free.
fn stacked(heads: &[Head]) -> Option<Matrix> {
    let mut rows = Vec::new();
    for head in heads {
        match &head.mixing {
            Mixing::PerOutput(mixing) => match &mixing.gate {
                Gate::Free(free) => rows.extend(Matrix::of(free.alpha.val().detach()).to_rows()),
                Gate::Simplex(_) => return None,
            },
            _ => return None,
        }
    }
    Some(Matrix::from_rows(&rows))
}

impl Codes {
    /// λ I(C;T) + λ' mean_t KL(p_t ‖ uniform).
    fn of_shares(&self, heads: &[Head]) -> Option<Tensor<1>> {
        let shares: Option<Vec<Tensor<1>>> =
            heads.iter().map(|head| head.mixing.shares()).collect();
        let shares: Tensor<2> = Tensor::stack(shares?, 0);
        let tasks = shares.dims()[0].max(1) as f64;
        // 0 ln 0 = 0, and its slope is held at that of the least share.
        let log = |shares: Tensor<2>| shares.clamp_min(LEAST_SHARE).log();
        let own = (shares.clone() * log(shares.clone())).sum() / tasks;
        let mean = shares.mean_dim(0);
        let all = (mean.clone() * log(mean)).sum();
        let uniform = (self.count as f64).ln();
        let (information, spread) = (
            self.information * self.strength,
            self.spread * self.strength,
        );
        Some((own.clone() - all) * information + (own + uniform) * spread)
    }

    /// V Vᵀ.
    fn gram(&self) -> Matrix {
        let codes = Matrix::of(self.codes.val().detach());
        codes.times(&codes.transposed())
    }

    /// Numbers of a code's response.
    fn block(&self) -> usize {
        self.width() / self.count.max(1)
    }

    /// Norm 1 for each code (for a block, root mean square 1 over its rows). Where the weights, or the private map that
    /// follows them, can take the scale, the predictions stay; simplex weights of single outputs or blocks cannot, and
    /// there this is the projection of projected gradient descent.
    fn normalise(&mut self, heads: &mut [Head]) {
        let codes = self.codes.val().detach();
        let [rows, width] = codes.dims();
        let block = self.block();
        let flat = codes.reshape([self.count, block * width]);
        let norms = (flat.clone().square().sum_dim(1) / block as f64)
            .sqrt()
            .clamp_min(1e-12);
        replace(
            &mut self.codes,
            (flat / norms.clone()).reshape([rows, width]),
        );
        self.give_scale(heads, norms);
    }

    /// Multiplies what stands behind code c by the factor c of `[codes, 1]`, where that is possible.
    fn give_scale(&self, heads: &mut [Head], factors: Tensor<2>) {
        for head in heads {
            let scaled = head
                .mixing
                .gate_mut()
                .is_some_and(|gate| gate.scale(factors.clone().transpose()));
            if let (false, Mixing::PerTask(mixing)) = (scaled, &mut head.mixing) {
                let weight = mixing.weight.val().detach() * factors.clone();
                replace(&mut mixing.weight, weight);
            }
        }
    }
}
