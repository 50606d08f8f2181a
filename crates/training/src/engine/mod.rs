//! Gradient engines: how the gradient of a step comes about.
//!
//! Without an aggregator one backward pass of the weighted loss does ([`plain`]). With one, the gradients of the tasks must
//! be told apart, on a tape that one backward pass consumes:
//!
//! - [`representation`]: the heads go first; one weighted backward pass of the trunk follows. Inner products are those of the
//!   representation's gradients ∂l_t/∂z over the batch.
//! - [`stacked`]: as before, but the cotangents of all tasks are pulled down through the trunk together, and the inner
//!   products are those of the gradients of all shared parameters, exactly.
//! - [`reforward`]: one forward and backward pass a task. Exact, slow, and for any model: what the others are tested against.
//!
//! Whatever the weights, the gradient is that of the weighted sum: the engines differ in what they let the aggregator see.

mod contribution;
mod heads;
pub(crate) mod judge;
pub(crate) mod plain;
pub(crate) mod present;
mod reforward;
mod representation;
mod rows;
mod shared;
mod stacked;
#[cfg(test)]
mod tests;

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_balance::Sight;
use polytask_config::Choice;
use polytask_data::Batch;
use polytask_model::MultiTaskModel;

use crate::plan::Plan;
use judge::{Decide, Decision, Seen};
use plain::Backward;
use present::Present;
pub use shared::Shared;

/// Which gradients an aggregator sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Those of all shared parameters.
    Parameter,
    /// Those of the representation, over the batch.
    Representation,
    /// Those of the last shared layer.
    LastShared,
}

impl Choice for Level {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "parameter",
            Self::Parameter,
            "the gradients of all shared parameters, exactly",
        ),
        (
            "representation",
            Self::Representation,
            "the gradients of what the heads read, over the batch: hardly more than a plain step",
        ),
        (
            "last_shared",
            Self::LastShared,
            "the gradients of the last shared layer",
        ),
    ];
}

/// How gradients of parameters are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// All tasks' cotangents through the trunk together.
    Stacked,
    /// One forward and backward pass a task.
    Reforward,
}

impl Choice for Method {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "stacked",
            Self::Stacked,
            "the cotangents of all tasks go through the shared layers together",
        ),
        (
            "reforward",
            Self::Reforward,
            "one forward and backward pass a task: slow, the reference that the other is tested against",
        ),
    ];
}

/// An engine that tells the tasks' gradients apart.
#[derive(Debug)]
pub struct Engine {
    level: Level,
    method: Method,
    shared: Shared,
}

impl Engine {
    /// The engine for this level; `shared` are the parameters of the very model that it will see.
    #[must_use]
    pub fn new(level: Level, method: Method, shared: Shared) -> Self {
        // Cotangents are pulled through the trunk alone.
        let method = if shared.is_trunk() {
            method
        } else {
            Method::Reforward
        };
        Self {
            level,
            method,
            shared,
        }
    }

    /// One line for the log.
    #[must_use]
    pub fn describe(&self) -> String {
        let seen = match self.level {
            Level::Parameter => "gradients of all shared parameters",
            Level::Representation => "gradients of the representation",
            Level::LastShared => "gradients of the last shared layer",
        };
        let how = match (self.level, self.method) {
            (Level::Representation, _) => "heads first, then one backward pass",
            (_, Method::Stacked) => "all tasks' cotangents through the shared layers together",
            (_, Method::Reforward) => "one forward and backward pass a task",
        };
        format!(
            "{seen} ({how}); {} shared parameters in {} layers",
            self.shared.parameters(),
            self.shared.layers()
        )
    }

    /// The gradient of a step as `decide` weights it, given what it may see at this level.
    pub(crate) fn backward(
        &self,
        work: &Work<'_>,
        sight: Sight,
        decide: &mut Decide<'_>,
    ) -> Option<Backward> {
        let sight = match (self.level, sight) {
            (_, Sight::Nothing) => Sight::Nothing,
            (Level::LastShared, _) => Sight::LastShared,
            (_, sight) => sight,
        };
        match (self.level, self.method, sight) {
            (Level::Representation, ..) | (.., Sight::Nothing) => {
                representation::backward(work, sight, decide)
            }
            (_, Method::Stacked, _) => stacked::backward(work, sight, decide),
            (_, Method::Reforward, _) => reforward::backward(work, &self.shared, sight, decide),
        }
    }
}

/// What a step works on.
pub(crate) struct Work<'a> {
    pub(crate) plan: &'a Plan,
    /// With autodiff.
    pub(crate) model: &'a MultiTaskModel,
    pub(crate) step: u64,
    pub(crate) batches: &'a [Batch],
    pub(crate) present: &'a Present,
}

impl Work<'_> {
    fn draw(&self, batch: usize) -> u64 {
        self.plan.draw(self.step, batch)
    }
}

/// `[tasks, tasks]` of each layer, from the top down, as `sight` wants them.
fn seen_of(losses: &[Tensor<1>], grams: Vec<Tensor<2>>, sight: Sight) -> Seen {
    let grams: Vec<Tensor<2>> = match sight {
        Sight::Nothing => Vec::new(),
        Sight::Layers => grams,
        Sight::LastShared => grams.into_iter().take(1).collect(),
        _ => grams
            .into_iter()
            .reduce(|sum, gram| sum + gram)
            .into_iter()
            .collect(),
    };
    Seen::read(losses, grams)
}

/// Weights as a tensor `[1, tasks]`.
fn row(weights: &[f64], like: &burn::tensor::Device) -> Tensor<2> {
    let values: Vec<f32> = weights.iter().map(|&weight| weight as f32).collect();
    let tasks = values.len();
    Tensor::from_data(burn::tensor::TensorData::new(values, [1, tasks]), like)
}

/// The gradients of the heads as `decision` weights them, those of the trunk, and the penalty's.
fn assemble(
    work: &Work<'_>,
    decision: &Decision,
    heads: GradientsParams,
    trunk: GradientsParams,
    losses: Vec<Tensor<1>>,
) -> Backward {
    let heads = shared::weigh_heads(work.model, work.present, heads, &decision.heads);
    let mut gradients = crate::gradients::add(work.model, Some(heads), trunk);
    let mut penalty = None;
    if let Some(own) = work.model.penalty() {
        penalty = Some(own.clone().inner());
        let own = GradientsParams::from_grads(own.backward(), work.model);
        gradients = crate::gradients::add(work.model, Some(gradients), own);
    }
    Backward {
        gradients,
        losses,
        penalty,
    }
}

/// Sums of the tasks' losses over the batches of a step.
fn add_losses(sums: &mut Vec<Tensor<1>>, more: Vec<Tensor<1>>) {
    *sums = if sums.is_empty() {
        more
    } else {
        let sums = std::mem::take(sums);
        sums.into_iter()
            .zip(more)
            .map(|(sum, own)| sum + own)
            .collect()
    };
}
