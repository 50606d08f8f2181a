//! Options of the code dictionary, and what they build.

use burn::module::Param;
use burn::tensor::Tensor;
use polytask_config::{Choice, Fields};

use super::{Annealing, Codes, Gate, GateMap};
use crate::error::ShapeError;
use crate::head::{Block, Head, HeadStart, Mixing, PerOutput, PerTask};
use crate::initial::Initial;
use crate::loss::TaskSpec;
use crate::sharing::{Built, Plan, Sharing, Site};
use crate::stack::Origin;

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

/// Which weights go to zero together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Groups {
    Code,
    Task,
}

impl Choice for Groups {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "code",
            Self::Code,
            "all tasks' weights of a code: a code is dropped by all or by none",
        ),
        (
            "task",
            Self::Task,
            "one task's weights of a code: each task drops codes of its own",
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
    /// λ of the penalty λ Σ_g ‖A_g‖₂ on groups of free weights.
    pub group_lasso: f64,
    /// The groups.
    pub groups: Groups,
    /// Lower free weights by the proximal map of `l1` after each step, in place of its slope in it.
    pub proximal: bool,
    /// When `l1`, `group_lasso`, `information` and `spread` come to act.
    pub annealing: Annealing,
    /// λ of the penalty λ ‖V‖².
    pub frobenius: f64,
    /// λ of the penalty λ I(C;T), nats.
    pub information: f64,
    /// λ of the penalty λ mean_t KL(p_t ‖ uniform), nats.
    pub spread: f64,
    /// Keep every code at norm 1.
    pub unit_norm: bool,
    /// Between epochs, turn the codes to where μ Σ_t ‖A_t‖₁ is lowest.
    pub turn: bool,
    /// Numbers of a code's response, for `block`.
    pub block: usize,
}

impl CodesOptions {
    pub(super) fn options(fields: &mut Fields<'_>) -> Self {
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
            group_lasso: fields
                .number(
                    "group_lasso",
                    "penalty on the norm of each group of weights, so that whole groups become exactly 0",
                )
                .at_least(0.0)
                .or(0.0),
            groups: fields
                .choice("groups", "which weights `group_lasso` takes together")
                .or(Groups::Code),
            proximal: fields
                .flag(
                    "proximal",
                    "lower the weights by `l1` after each step in place of its slope within it, so that they become exactly 0",
                )
                .or(false),
            annealing: Annealing {
                warmup: fields
                    .number(
                        "warmup",
                        "epochs before `l1`, `group_lasso`, `information` and `spread` act",
                    )
                    .at_least(0.0)
                    .or(0.0),
                anneal: fields
                    .number("anneal", "epochs over which they then rise to their full strength")
                    .at_least(0.0)
                    .or(0.0),
            },
            frobenius: fields
                .number("frobenius", "penalty on the sum of the squared codes")
                .at_least(0.0)
                .or(0.0),
            information: fields
                .number(
                    "information",
                    "penalty on the code-task information I(C;T): above 0 tasks come to use codes alike, below 0 codes of \
                     their own",
                )
                .or(0.0),
            spread: fields
                .number(
                    "spread",
                    "penalty on a task's distance from using all codes alike: above 0 no code dies, below 0 a task keeps \
                     few",
                )
                .or(0.0),
            unit_norm: fields
                .flag("unit_norm", "keep every code at norm 1")
                .or(false),
            turn: fields
                .flag(
                    "turn",
                    "between epochs, turn the codes within their span to where the `l1` penalty is lowest; predictions \
                     stay",
                )
                .or(true),
            block: fields
                .integer(
                    "block",
                    "numbers of a code's response, for alpha = \"block\"",
                )
                .at_least(1)
                .or(8),
        };
        if !options.turns() {
            let beside = "unless alpha = \"per_output\", gate = \"free\", unit_norm = true and `l1` is above 0, without \
                          `group_lasso`, `information` and `spread`";
            fields.no_effect("turn", "P0502", beside);
        }
        if options.alpha != Alpha::Block {
            fields.no_effect("block", "P0502", "unless alpha = \"block\"");
        }
        for (key, weight) in [("l1", options.l1), ("group_lasso", options.group_lasso)] {
            if weight > 0.0 && options.gate != GateMap::Free {
                fields.problem(
                    key,
                    "P0502",
                    format!(
                        "the weights of this gate always sum to 1, so `{key}` would do nothing"
                    ),
                    Some(format!("use gate = \"free\", or leave `{key}` out")),
                );
            }
        }
        if options.group_lasso == 0.0 {
            fields.no_effect("groups", "P0502", "without `group_lasso`");
        }
        if options.l1 == 0.0 {
            fields.no_effect("proximal", "P0502", "without `l1`");
        }
        if !options.has_annealed() {
            let beside = "without `l1`, `group_lasso`, `information` or `spread`";
            fields.no_effect("warmup", "P0502", beside);
            fields.no_effect("anneal", "P0502", beside);
        }
        options
    }

    /// Whether turning the codes means something: the weights are free to follow, and their size is what is penalised.
    fn turns(&self) -> bool {
        self.alpha == Alpha::PerOutput
            && self.gate == GateMap::Free
            && self.unit_norm
            && self.l1 > 0.0
            && self.group_lasso == 0.0
            && self.information == 0.0
            && self.spread == 0.0
    }

    /// Whether there is anything to anneal.
    fn has_annealed(&self) -> bool {
        let strengths = [self.l1, self.group_lasso, self.information, self.spread];
        strengths.iter().any(|&strength| strength != 0.0)
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
                cascade: site.cascade(task),
            })
            .collect();
        let sharing = Sharing::Codes(Codes {
            encoder,
            codes,
            count: self.count,
            l1: self.l1,
            proximal: self.proximal,
            group_lasso: self.group_lasso,
            groups: self.groups,
            strength: 1.0,
            frobenius: self.frobenius,
            information: self.information,
            spread: self.spread,
            unit_norm: self.unit_norm,
            turns: self.turn && self.turns(),
        });
        Ok(Built { sharing, heads })
    }

    fn annealing(&self) -> Option<Annealing> {
        let annealing = self.annealing;
        (annealing != Annealing::AT_ONCE).then_some(annealing)
    }

    fn notes(&self, width: usize, scores: usize) -> Vec<String> {
        let enough = width.min(scores);
        let is_sparse = self.l1 > 0.0 || self.group_lasso > 0.0;
        let plain = self.gate == GateMap::Free && !is_sparse && !self.unit_norm;
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
        } else if is_sparse && !self.unit_norm && self.frobenius == 0.0 {
            vec![
                "`l1` or `group_lasso` alone makes the weights small and the codes large, not the weights sparse: set unit_norm = true or \
                 a `frobenius` penalty beside it"
                    .to_owned(),
            ]
        } else {
            Vec::new()
        }
    }
}

/// Rows of norm 1, orthogonal to each other if there is room for that.
fn unit_rows(initial: &Initial<'_>, [rows, width]: [usize; 2]) -> Param<Tensor<2>> {
    let mut values = initial.normals("sharing.codes", rows * width);
    orthonormalise(&mut values, width);
    initial.given([rows, width], values)
}

/// Makes rows of `width` numbers rows of norm 1, orthogonal to each other if there is room for that.
pub(super) fn orthonormalise(values: &mut [f64], width: usize) {
    let width = width.max(1);
    let orthogonal = values.len() / width <= width;
    let mut done: Vec<Vec<f64>> = Vec::new();
    for row in values.chunks_mut(width) {
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
}
