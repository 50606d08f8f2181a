//! What the bottleneck's rate costs a step: Σ_c price_c times the mean over the step's rows of what block c lets through.
//!
//! The plain engine and the one of the representation take it from the pass that they make. Engines that tell the tasks' gradients
//! apart in the trunk itself have no one pass that all of the step goes through: there the rate takes a pass of its own, which draws
//! the step's masks and moves the running statistics of a clone only.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_data::Batch;
use polytask_model::MultiTaskModel;

use super::plain::{Backward, seed};
use crate::plan::Plan;
use crate::{gradients, tensors};

/// The rate of a step, added up over its batches.
#[derive(Default)]
pub(crate) struct Rate {
    /// Mean over the rows, nats, `[1]`, and what it costs, without autodiff; none without a bottleneck.
    sums: Option<(Tensor<1>, Tensor<1>)>,
}

impl Rate {
    /// Takes in the rates of one batch, `[rows, blocks]`, of so many rows in the step; gives their part of the step's cost, to be
    /// differentiated.
    pub(super) fn add(
        &mut self,
        model: &MultiTaskModel,
        rates: Tensor<2>,
        rows: usize,
    ) -> Option<Tensor<1>> {
        let price = model.rate_price()?;
        let own = rates.sum_dim(0).div_scalar(rows.max(1) as f64);
        let factors = super::row(model.rate_blocks()?, &own.device());
        let cost = (own.clone() * factors).sum().mul_scalar(price);
        let (own, of_own) = (own.detach().sum(), cost.clone().detach());
        self.sums = Some(match self.sums.take() {
            Some((mean, cost)) => (mean + own, cost + of_own),
            None => (own, of_own),
        });
        Some(cost)
    }

    /// Puts it beside the penalty of the step.
    pub(super) fn told(self, to: &mut Backward) {
        let Some((mean, cost)) = self.sums else {
            return;
        };
        to.penalty = Some(match to.penalty.take() {
            Some(penalty) => cost + penalty,
            None => cost,
        });
        to.rate = Some(mean);
    }
}

/// Rows of a step.
pub(super) fn rows(batches: &[Batch]) -> usize {
    batches.iter().map(|batch| batch.rows.len()).sum()
}

/// The rate of a step in a pass of its own, and its gradients; none without a bottleneck.
pub(super) fn alone(
    plan: &Plan,
    model: &MultiTaskModel,
    batches: &[Batch],
    draw: impl Fn(usize) -> u64,
) -> Option<(Rate, GradientsParams)> {
    model.rate_price()?;
    let asked = model.clone();
    let mut rate = Rate::default();
    let mut found: Option<GradientsParams> = None;
    for (index, batch) in batches.iter().enumerate() {
        seed(plan, draw(index));
        let inputs = tensors::inputs(batch, &plan.input_shape, &plan.device);
        let cost = rate.add(model, asked.pass(&inputs).rates?, rows(batches))?;
        let more = GradientsParams::from_grads(cost.backward(), model);
        found = Some(gradients::add(model, found.take(), more));
    }
    Some((rate, found?))
}
