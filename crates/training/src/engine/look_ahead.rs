//! A look ahead: how the primary tasks' loss on validation rows, after a plain step, would change with each task's weight.
//!
//! Source: Liu et al. 2022, Auto-Lambda, appendix A, with the mixed second derivative by central differences. All passes run on
//! clones, so that running statistics stay, and draw the masks of the step itself.

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_balance::Losses;
use polytask_data::Batch;
use polytask_model::MultiTaskModel;

use super::Work;
use super::plain::{self, Backward};
use super::present::Present;
use crate::plan::Plan;
use crate::{gradients, tensors};

/// Half the distance of the two points, relative to the length of the step between them.
const REACH: f64 = 0.01;

/// −η ∂/∂λ_t for each present task, in place of its loss; `None` if there is nothing to look at.
pub(crate) fn slopes(
    work: &Work<'_>,
    primary: &[String],
    lambda: &[f64],
    rate: f64,
) -> Option<Losses> {
    let Work {
        plan,
        model,
        step,
        batches,
        present,
        ..
    } = *work;
    let ahead = validation(plan, primary, step)?;
    let watched = Present::of(std::slice::from_ref(&ahead), plan.tasks.len());
    if watched.tasks.is_empty() {
        return None;
    }
    let virtually = gradient(plan, model, step, batches, present, lambda)?;
    let moved = shifted(model, &virtually.gradients, -rate);
    let ones = vec![1.0; watched.tasks.len()];
    let then = gradient(
        plan,
        &moved,
        step,
        std::slice::from_ref(&ahead),
        &watched,
        &ones,
    )?;
    let length = tensors::read_scalars(vec![gradients::squared_norm(model, &then.gradients)?]);
    let length = length.first().copied().unwrap_or(0.0).sqrt();
    if !length.is_finite() || length == 0.0 {
        return None;
    }
    let reach = REACH / length;
    let at = |side: f64| {
        let there = shifted(model, &then.gradients, side * reach);
        plain::losses(plan, &there, step, batches, present)
    };
    let (above, below) = (at(1.0), at(-1.0));
    let values = above.values.iter().zip(&below.values);
    Some(Losses {
        values: values
            .map(|(above, below)| -rate * (above - below) / (2.0 * reach))
            .collect(),
        ..above
    })
}

/// As many validation rows as a batch has, others at each step, with the labels of the primary tasks alone.
fn validation(plan: &Plan, primary: &[String], step: u64) -> Option<Batch> {
    let rows = &plan.splits.val;
    let count = plan.train.batch_size.min(rows.len());
    if count == 0 {
        return None;
    }
    let begin = (step as usize).wrapping_mul(count) % rows.len();
    let chosen: Vec<u32> = rows
        .iter()
        .cycle()
        .skip(begin)
        .take(count)
        .copied()
        .collect();
    let mut batch = plan.encoded.batch(&chosen);
    for (labels, task) in batch.targets.iter_mut().zip(&plan.tasks) {
        if !primary.is_empty() && !primary.contains(&task.name) {
            labels.mask.fill(0.0);
            labels.labelled = 0;
        }
    }
    Some(batch)
}

/// The gradient of the weighted loss, on a clone.
fn gradient(
    plan: &Plan,
    model: &MultiTaskModel,
    step: u64,
    batches: &[Batch],
    present: &Present,
    weights: &[f64],
) -> Option<Backward> {
    let model = model.clone();
    plain::backward(plan, &model, step, batches, present, &mut |_| {
        weights.to_vec()
    })
}

/// The model moved by `factor` times these gradients.
pub(super) fn shifted(
    model: &MultiTaskModel,
    gradients: &GradientsParams,
    factor: f64,
) -> MultiTaskModel {
    model.clone().map(&mut Shift { gradients, factor })
}

struct Shift<'a> {
    gradients: &'a GradientsParams,
    factor: f64,
}

impl ModuleMapper for Shift<'_> {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(gradient) = self.gradients.get::<D>(parameter.id) else {
            return parameter;
        };
        let factor = self.factor;
        parameter.map(|value| {
            let moved = value.clone().inner() + gradient.mul_scalar(factor);
            Tensor::from_inner(moved).set_require_grad(value.is_require_grad())
        })
    }
}
