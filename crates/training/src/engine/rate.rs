//! What the bottleneck's rate costs a step: price times its mean over the step's rows, in a pass of its own.
//!
//! The pass ends below the draw, so that it costs the trunk once more, and it is the same for every engine. It draws the step's masks,
//! and moves the running statistics of a clone only.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_data::Batch;
use polytask_model::MultiTaskModel;

use super::plain::seed;
use crate::plan::Plan;
use crate::{gradients, tensors};

/// The rate of a step.
pub(crate) struct Rate {
    /// Mean over the rows, nats, `[1]`, without autodiff.
    pub(crate) mean: Tensor<1>,
    /// What it costs.
    pub(crate) cost: Tensor<1>,
    /// Of the cost.
    pub(crate) gradients: GradientsParams,
}

/// None without a bottleneck.
pub(super) fn of(
    plan: &Plan,
    model: &MultiTaskModel,
    batches: &[Batch],
    draw: impl Fn(usize) -> u64,
) -> Option<Rate> {
    let price = model.rate_price()?;
    let rows: usize = batches.iter().map(|batch| batch.rows.len()).sum();
    let asked = model.clone();
    let mut found: Option<(Tensor<1>, GradientsParams)> = None;
    for (index, batch) in batches.iter().enumerate() {
        seed(plan, draw(index));
        let inputs = tensors::inputs(batch, &plan.input_shape, &plan.device);
        let mean = asked.rates(&inputs)?.sum().div_scalar(rows.max(1) as f64);
        let own = mean.clone().inner();
        let more = GradientsParams::from_grads(mean.mul_scalar(price).backward(), model);
        found = Some(match found.take() {
            Some((sum, gradients)) => (sum + own, gradients::add(model, Some(gradients), more)),
            None => (own, more),
        });
    }
    let (mean, gradients) = found?;
    Some(Rate {
        cost: mean.clone().mul_scalar(price),
        mean,
        gradients,
    })
}

/// Adds the rate of a step to what its passes gave.
pub(super) fn add(model: &MultiTaskModel, rate: Option<Rate>, to: &mut super::plain::Backward) {
    let Some(rate) = rate else { return };
    let gradients = std::mem::take(&mut to.gradients);
    to.gradients = gradients::add(model, Some(gradients), rate.gradients);
    to.penalty = Some(match to.penalty.take() {
        Some(penalty) => rate.cost + penalty.inner(),
        None => rate.cost,
    });
    to.rate = Some(rate.mean);
}
