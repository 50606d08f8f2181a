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
//! Equivalence: W_t = A_t V, so with free dense α and at least min(k, S) codes, S the scores of all tasks together,
//! this is the function class of `latent` with dimension k; then the config gets a note.

mod canonical;
mod gate;

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use polytask_config::{Choice, Entry, Fields};

pub(crate) use gate::Gate;
pub use gate::GateMap;

use super::{Built, Plan, Sharing, Site, Wiring};
use crate::encoder::Encoder;
use crate::error::ShapeError;
use crate::features::Inputs;
use crate::head::{Block, Head, HeadStart, Mixing, PerOutput, PerTask};
use crate::initial::{Initial, replace};
use crate::loss::TaskSpec;
use crate::stack::Origin;

pub(super) const ENTRY: Entry<Box<dyn Plan>> = Entry {
    name: "codes",
    summary: "a dictionary of shared codes that each task combines with its own weights",
    source: "Kumar and Daume 2012, Learning Task Grouping and Overlap (GO-MTL); Maurer et al. 2013",
    new: |fields| Box::new(CodesOptions::options(fields)),
    facts: (),
};

/// What the weights of a task combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alpha {
    PerOutput,
    PerTask,
    Block,
}

impl Choice for Alpha {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "per_output",
            Self::PerOutput,
            "one weight per output and code",
        ),
        (
            "per_task",
            Self::PerTask,
            "one weight per task and code, then a private linear map",
        ),
        (
            "block",
            Self::Block,
            "one weight per task and vector-valued code, then a private linear map",
        ),
    ];
}

/// Options of the code dictionary.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CodesOptions {
    /// C.
    pub count: usize,
    pub alpha: Alpha,
    pub gate: GateMap,
    /// μ of the penalty μ Σ_t ‖A_t‖₁ on free weights.
    pub l1: f64,
    /// λ of the penalty λ ‖V‖².
    pub frobenius: f64,
    /// Keep every code at norm 1.
    pub unit_norm: bool,
    /// Numbers of a code's response, for `block`.
    pub block: usize,
}

impl CodesOptions {
    fn options(fields: &mut Fields<'_>) -> Self {
        let options = Self {
            count: fields.integer("count", "how many codes").at_least(1).or(16),
            alpha: fields
                .choice("alpha", "what a task's weights combine")
                .or(Alpha::PerOutput),
            gate: fields
                .choice("gate", "what values the weights may take")
                .or(GateMap::Free),
            l1: fields
                .number("l1", "penalty on the sum of the absolute weights")
                .at_least(0.0)
                .or(0.0),
            frobenius: fields
                .number("frobenius", "penalty on the sum of the squared codes")
                .at_least(0.0)
                .or(0.0),
            unit_norm: fields
                .flag("unit_norm", "keep every code at norm 1")
                .or(false),
            block: fields
                .integer(
                    "block",
                    "numbers of a code's response, for alpha = \"block\"",
                )
                .at_least(1)
                .or(8),
        };
        if options.alpha != Alpha::Block && fields.is_given("block") {
            fields.problem(
                "block",
                "P0502",
                "only codes of alpha = \"block\" have a size".to_owned(),
                Some("use alpha = \"block\", or leave `block` out".to_owned()),
            );
        }
        if options.l1 > 0.0 && options.gate != GateMap::Free {
            fields.problem(
                "l1",
                "P0502",
                "the weights of this gate always sum to 1, so `l1` would do nothing".to_owned(),
                Some("use gate = \"free\", or leave `l1` out".to_owned()),
            );
        }
        options
    }

    fn block(&self) -> usize {
        match self.alpha {
            Alpha::Block => self.block,
            Alpha::PerOutput | Alpha::PerTask => 1,
        }
    }

    fn mixing(&self, site: &Site<'_>, task: &TaskSpec) -> Mixing {
        let spread = 1.0 / (self.count as f64).sqrt();
        let gate = |rows: usize, deviation: f64| {
            Gate::new(
                &site.initial,
                &task.name,
                [rows, self.count],
                self.gate,
                deviation,
            )
        };
        match self.alpha {
            Alpha::PerOutput => {
                // V is never zero, so A may be: the first scores are then the bias alone.
                let deviation = match site.heads.start {
                    HeadStart::Prior => 0.0,
                    HeadStart::Random => spread,
                };
                Mixing::PerOutput(PerOutput {
                    gate: gate(task.scores(), deviation),
                })
            }
            // U may start at zero, and then the weights must not: two zero factors have no gradient.
            Alpha::PerTask => Mixing::PerTask(PerTask {
                gate: gate(1, spread),
                weight: site.score_weights(task, self.count),
            }),
            Alpha::Block => Mixing::Block(Block {
                gate: gate(1, spread),
                weight: site.score_weights(task, self.block),
            }),
        }
    }
}

impl Plan for CodesOptions {
    fn build(&self, site: &Site<'_>) -> Result<Built, Vec<ShapeError>> {
        let encoder = site.encoder()?;
        let origin = Origin::new("sharing.count", "code dictionary");
        let shape = [self.count, self.block(), encoder.width()];
        origin.fits(&shape).map_err(|problem| vec![problem])?;
        site.heads_fit("sharing.count", self.count)?;
        let rows = self.count * self.block();
        let codes = unit_rows(&site.initial, [rows, encoder.width()]);
        let heads = site
            .tasks
            .iter()
            .map(|task| Head {
                tower: Vec::new(),
                mixing: self.mixing(site, task),
                offset: site.offset(task),
            })
            .collect();
        let sharing = Sharing::Codes(Codes {
            encoder,
            codes,
            count: self.count,
            l1: self.l1,
            frobenius: self.frobenius,
            unit_norm: self.unit_norm,
        });
        Ok(Built { sharing, heads })
    }

    fn notes(&self, width: usize, scores: usize) -> Vec<String> {
        let enough = width.min(scores);
        let plain = self.gate == GateMap::Free && self.l1 == 0.0 && !self.unit_norm;
        if plain && self.alpha == Alpha::PerOutput && self.count >= enough {
            vec![format!(
                "{} codes with free weights, no `l1` and no `unit_norm` are the same functions as `latent` sharing: \
                 codes mean something below min(k, S) = min({width}, {scores}) of them, or with sparse or simplex \
                 weights",
                self.count
            )]
        } else if self.gate != GateMap::Free && self.alpha == Alpha::PerOutput {
            vec![
                "weights on the simplex have neither sign nor scale, so every score stays within the responses of the \
                 codes and does not start at the best constant: alpha = \"per_task\" puts a signed map of each task \
                 behind them"
                    .to_owned(),
            ]
        } else {
            Vec::new()
        }
    }
}

/// h = φ(x) Vᵀ.
#[derive(Module, Debug)]
pub(crate) struct Codes {
    pub encoder: Encoder,
    /// V, `[codes * block, k]`.
    pub codes: Param<Tensor<2>>,
    count: usize,
    l1: f64,
    frobenius: f64,
    unit_norm: bool,
}

impl Wiring for Codes {
    fn representation(&self, inputs: &Inputs) -> Tensor<2> {
        self.encoder
            .forward(inputs)
            .matmul(self.codes.val().transpose())
    }

    fn encoder(&self) -> &Encoder {
        &self.encoder
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
        if self.l1 > 0.0 {
            let gates = heads.iter().filter_map(|head| head.mixing.gate());
            terms.extend(gates.map(|gate| gate.weights().abs().sum() * self.l1));
        }
        if self.frobenius > 0.0 {
            terms.push(self.codes.val().square().sum() * self.frobenius);
        }
        terms.into_iter().reduce(|left, right| left + right)
    }

    fn project(&mut self, heads: &mut [Head]) {
        if self.unit_norm {
            self.normalise(heads);
        }
    }

    fn canonicalise(&mut self, heads: &mut [Head], _: &Inputs) {
        canonical::canonicalise(self, heads);
    }
}

impl Codes {
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

/// Rows of norm 1, orthogonal to each other if there is room for that.
fn unit_rows(initial: &Initial<'_>, [rows, width]: [usize; 2]) -> Param<Tensor<2>> {
    let mut values = initial.normals("sharing.codes", rows * width);
    let orthogonal = rows <= width;
    let mut done: Vec<Vec<f64>> = Vec::new();
    for row in values.chunks_mut(width.max(1)) {
        if orthogonal {
            // Twice is enough (Parlett 1980): the second pass removes what rounding left of the first.
            for _ in 0..2 {
                for other in &done {
                    let along: f64 = row.iter().zip(other).map(|(a, b)| a * b).sum();
                    row.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
                }
            }
        }
        let norm = row.iter().map(|value| value * value).sum::<f64>().sqrt();
        row.iter_mut().for_each(|value| *value /= norm);
        if orthogonal {
            done.push(row.to_vec());
        }
    }
    initial.given([rows, width], values)
}
