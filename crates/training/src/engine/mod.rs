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
//! [`micro`] takes the inner products over a part of the rows, in any of these ways, and the step with all of them.
//!
//! Whatever the weights, the gradient is that of the weighted sum: the engines differ in what they let the aggregator see.

mod clip;
pub(crate) mod contribution;
mod heads;
pub(crate) mod judge;
pub(crate) mod look_ahead;
mod micro;
pub(crate) mod plain;
pub(crate) mod present;
pub(crate) mod rate;
mod reforward;
pub(crate) mod relations;
mod representation;
pub(crate) mod rows;
mod shared;
mod stacked;
#[cfg(test)]
mod tests;

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_balance::{GradientEngine, Level, Sight, View};
use polytask_data::Batch;
use polytask_model::MultiTaskModel;

use crate::plan::Plan;
use judge::{Decide, Seen};
use plain::Backward;
use present::Present;
use rate::Rate;
pub use shared::Shared;

/// An engine that tells the tasks' gradients apart.
#[derive(Debug)]
pub struct Engine {
    view: View,
    shared: Shared,
}

impl Engine {
    /// The engine for this view; `shared` are the parameters of the very model that it will see.
    #[must_use]
    pub fn new(mut view: View, shared: Shared) -> Self {
        // Cotangents are pulled through the trunk alone.
        if !shared.is_trunk() {
            view.engine = GradientEngine::Reforward;
        }
        Self { view, shared }
    }

    /// The parameters that it takes for shared.
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// One line for the log: what a method that looks at so much is shown, and how it comes about.
    #[must_use]
    pub fn describe(&self, sight: Sight) -> String {
        let seen = match (self.view.level, sight) {
            (_, Sight::Nothing) => {
                return "no gradients told apart: heads first, then one backward pass".to_owned();
            }
            (Level::Representation, _) => "gradients of the representation",
            (Level::LastShared, _) | (_, Sight::LastShared) => "gradients of the last shared layer",
            (Level::Parameter, _) => "gradients of all shared parameters",
        };
        let how = match (self.view.level, self.view.engine) {
            (Level::Representation, _) => "heads first, then one backward pass",
            (_, GradientEngine::Stacked) => {
                "all tasks' cotangents through the shared layers together"
            }
            (_, GradientEngine::Reforward) => "one forward and backward pass a task",
        };
        let over = match self.view.micro_batch {
            share if share < 1.0 => format!(", over {:.3} of the labelled rows", share),
            _ => String::new(),
        };
        format!(
            "{seen} ({how}){over}; {} shared parameters in {} layers",
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
        let sight = match (self.view.level, sight) {
            (_, Sight::Nothing) => Sight::Nothing,
            (Level::LastShared, _) => Sight::LastShared,
            (_, sight) => sight,
        };
        if self.view.micro_batch < 1.0 && sight != Sight::Nothing {
            return micro::backward(self, work, sight, decide);
        }
        match (self.view.level, self.view.engine, sight) {
            // Losses that reach several heads are beyond engines that take each head for itself.
            (Level::Representation, ..) | (.., Sight::Nothing) if self.shared.is_trunk() => {
                representation::backward(work, &self.shared, sight, decide)
            }
            (_, GradientEngine::Stacked, _) => stacked::backward(work, &self.shared, sight, decide),
            (_, GradientEngine::Reforward, _) => {
                let apart = self.apart(work, None)?;
                Some(weighted(work, &self.shared, apart, sight, decide))
            }
        }
    }

    /// The inner products alone, as [`seen_of`] wants them.
    fn grams(&self, work: &Work<'_>, sight: Sight) -> Option<Vec<Tensor<2>>> {
        match (self.view.level, self.view.engine) {
            (Level::Representation, _) => Some(vec![representation::gram(work)?]),
            (_, GradientEngine::Stacked) => stacked::grams(work, sight),
            (_, GradientEngine::Reforward) => Some(rows::grams(&self.apart(work, None)?.layers)),
        }
    }

    /// The gradients of the shared parameters task by task: of the present tasks at these positions, or of all.
    pub(crate) fn apart(&self, work: &Work<'_>, positions: Option<&[usize]>) -> Option<Apart> {
        match self.view.engine {
            GradientEngine::Stacked => stacked::apart(work, positions),
            GradientEngine::Reforward => reforward::apart(work, &self.shared, positions),
        }
    }
}

/// The gradients of a step, task by task.
pub(crate) struct Apart {
    /// Of the shared parameters: of the tasks that were asked for.
    pub(crate) layers: rows::Layers,
    /// The loss of each present task, `[1]`, without autodiff.
    pub(crate) losses: Vec<Tensor<1>>,
    /// Of the heads of the present tasks, each of its own loss alone.
    pub(crate) heads: GradientsParams,
}

/// What a step works on.
pub(crate) struct Work<'a> {
    pub(crate) plan: &'a Plan,
    /// With autodiff.
    pub(crate) model: &'a MultiTaskModel,
    pub(crate) step: u64,
    pub(crate) batches: &'a [Batch],
    pub(crate) present: &'a Present,
    /// Which of the step's random draws is the first batch's.
    pub(crate) first_draw: usize,
    /// The largest norm of the shared gradient.
    pub(crate) clip: Option<f64>,
}

impl<'a> Work<'a> {
    /// On batches that draw first, with no bound on the shared gradient.
    pub(crate) fn new(
        plan: &'a Plan,
        model: &'a MultiTaskModel,
        step: u64,
        batches: &'a [Batch],
        present: &'a Present,
    ) -> Self {
        Self {
            plan,
            model,
            step,
            batches,
            present,
            first_draw: 0,
            clip: None,
        }
    }

    fn draw(&self, batch: usize) -> u64 {
        self.plan.draw(self.step, self.first_draw + batch)
    }
}

/// `[tasks, tasks]` of each layer, from the top down, as `sight` wants them.
pub(crate) fn seen_of(losses: &[Tensor<1>], grams: Vec<Tensor<2>>, sight: Sight) -> Seen {
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

/// The weighted sum of gradients that are there task by task.
fn weighted(
    work: &Work<'_>,
    shared: &Shared,
    apart: Apart,
    sight: Sight,
    decide: &mut Decide<'_>,
) -> Backward {
    let grams = rows::grams(&apart.layers);
    let decision = decide(seen_of(&apart.losses, grams, sight));
    let trunk = rows::combine(&apart.layers, &decision);
    assemble(
        work,
        shared,
        &decision.heads,
        apart.heads,
        (trunk, None),
        apart.losses,
    )
}

/// Weights as a tensor `[1, tasks]`.
pub(crate) fn row(weights: &[f64], like: &burn::tensor::Device) -> Tensor<2> {
    let values: Vec<f32> = weights.iter().map(|&weight| weight as f32).collect();
    let tasks = values.len();
    Tensor::from_data(burn::tensor::TensorData::new(values, [1, tasks]), like)
}

/// The gradients of the present tasks' heads with these weights, those of the trunk, and the penalty's; the rate's are in the trunk's
/// if they come with it, which they must not where the shared gradient is bounded.
pub(crate) fn assemble(
    work: &Work<'_>,
    shared: &Shared,
    weights: &[f64],
    heads: GradientsParams,
    (trunk, rate): (GradientsParams, Option<Rate>),
    losses: Vec<Tensor<1>>,
) -> Backward {
    let heads = shared.weigh_heads(work.model, work.present, heads, weights);
    let (trunk, clipped) = clip::clipped(work, trunk);
    let mut gradients = crate::gradients::add(work.model, Some(heads), trunk);
    let mut penalty = None;
    if let Some(own) = work.model.penalty() {
        penalty = Some(own.clone().inner());
        let own = GradientsParams::from_grads(own.backward(), work.model);
        gradients = crate::gradients::add(work.model, Some(gradients), own);
    }
    let rate = match rate {
        Some(rate) => rate,
        None => {
            let alone = rate::alone(work.plan, work.model, work.batches, |at| work.draw(at));
            let (rate, own) = alone.unwrap_or_default();
            gradients = crate::gradients::add(work.model, Some(gradients), own);
            rate
        }
    };
    let mut backward = Backward {
        gradients,
        losses,
        penalty,
        rate: None,
        clipped,
    };
    rate.told(&mut backward);
    backward
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
