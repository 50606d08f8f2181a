//! The plain engine: gradient of Σ_t w_t l_t + penalty, over one or several batches that make one step.
//!
//! l_t is the mean over the labelled rows of task t in *all* batches of the step, so that accumulating k batches gives
//! the gradient of the one batch that they make together, also when labels are missing. A task without a label in the
//! step has no loss, no weight and no gradient.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;
use polytask_balance::Losses;
use polytask_data::Batch;
use polytask_model::{MultiTaskModel, Pass};

use super::present::Present;
use super::rate::{self, Rate};
use crate::gradients;
use crate::joint;
use crate::plan::Plan;
use crate::tensors;

/// What a step's forward and backward passes gave.
pub(crate) struct Backward {
    pub(crate) gradients: GradientsParams,
    /// Mean loss of each present task, `[1]`, on the device.
    pub(crate) losses: Vec<Tensor<1>>,
    /// Of the sharing and of the rate.
    pub(crate) penalty: Option<Tensor<1>>,
    /// What a bottleneck lets through, mean over the rows, nats.
    pub(crate) rate: Option<Tensor<1>>,
    /// What the shared gradient was multiplied by to keep its bound.
    pub(crate) clipped: f64,
}

/// One loss per present task for one batch: the sum over its labelled rows over the labelled rows of the step.
pub(super) fn forward(
    plan: &Plan,
    model: &MultiTaskModel,
    batch: &Batch,
    present: &Present,
    draw: u64,
) -> Vec<Tensor<1>> {
    pass(plan, model, batch, present, draw).0
}

/// The same, and what a bottleneck let through on the way.
fn pass(
    plan: &Plan,
    model: &MultiTaskModel,
    batch: &Batch,
    present: &Present,
    draw: u64,
) -> (Vec<Tensor<1>>, Option<Tensor<2>>) {
    seed(plan, draw);
    let inputs = tensors::inputs(batch, &plan.input_shape, &plan.device);
    let Pass {
        representation,
        rates,
        ..
    } = model.pass(&inputs);
    if !model.couples_classes() {
        let predicted = |task| model.head_forward(task, representation.clone());
        return (task_losses(plan, batch, present, predicted), rates);
    }
    let each = row_losses(plan, model, batch, &representation, &present.tasks);
    let each = each.into_iter().zip(&present.rows);
    let losses = each.map(|(losses, &rows)| losses.sum().div_scalar(rows as f64));
    (losses.collect(), rates)
}

/// The loss of each row of these tasks, `[rows]`, exactly 0 where its label is not known.
fn row_losses(
    plan: &Plan,
    model: &MultiTaskModel,
    batch: &Batch,
    representation: &Tensor<2>,
    tasks: &[usize],
) -> Vec<Tensor<1>> {
    let heads = model.heads_forward(representation.clone());
    let costs = model.joint_costs(&heads, &joint::known(model, batch));
    let each = tasks.iter().filter_map(|&task| {
        if let Some(cost) = costs.get(task).cloned().flatten() {
            return Some(cost);
        }
        losses_of(plan, batch, task, heads.get(task)?.clone())
    });
    each.collect()
}

/// Dropout draws from one generator per device that cannot be saved: it is set anew for each forward pass.
pub(super) fn seed(plan: &Plan, draw: u64) {
    plan.device.seed(plan.seed.derive("step", draw));
}

/// The loss of each present task from its predictions, `[1]`.
pub(super) fn task_losses(
    plan: &Plan,
    batch: &Batch,
    present: &Present,
    mut predicted: impl FnMut(usize) -> Option<Tensor<2>>,
) -> Vec<Tensor<1>> {
    let mut losses = Vec::with_capacity(present.tasks.len());
    for (&task, &rows) in present.tasks.iter().zip(&present.rows) {
        let each = predicted(task).and_then(|prediction| losses_of(plan, batch, task, prediction));
        losses.extend(each.map(|each| each.sum().div_scalar(rows as f64)));
    }
    losses
}

/// The rows whose loss of one of these tasks is not finite, in the order of the step. Leaves running statistics alone.
pub(crate) fn not_finite_rows(
    plan: &Plan,
    model: &MultiTaskModel,
    step: u64,
    batches: &[Batch],
    tasks: &[usize],
) -> Vec<u32> {
    let model = &model.clone();
    let mut found = Vec::new();
    for (index, batch) in batches.iter().enumerate() {
        seed(plan, plan.draw(step, index));
        let inputs = tensors::inputs(batch, &plan.input_shape, &plan.device);
        let representation = model.representation(&inputs);
        let mut is_broken = vec![false; batch.rows.len()];
        for losses in row_losses(plan, model, batch, &representation, tasks) {
            for (is_broken, loss) in is_broken.iter_mut().zip(tensors::read(losses)) {
                *is_broken |= !loss.is_finite();
            }
        }
        let rows = batch.rows.iter().zip(is_broken);
        found.extend(
            rows.filter(|(_, is_broken)| *is_broken)
                .map(|(row, _)| *row),
        );
    }
    found
}

/// The loss of each row of a task by itself from its predictions, `[rows]`, exactly 0 without a label.
fn losses_of(plan: &Plan, batch: &Batch, task: usize, prediction: Tensor<2>) -> Option<Tensor<1>> {
    let planned = plan.tasks.get(task)?;
    let (values, mask) = tensors::labels(batch.targets.get(task)?, &plan.device);
    Some(planned.loss.per_row(prediction, values, mask))
}

/// The losses of a step for a weighting that wants to see them before it gives weights; nothing is kept on the tape.
pub(crate) fn losses(
    plan: &Plan,
    model: &MultiTaskModel,
    step: u64,
    batches: &[Batch],
    present: &Present,
) -> Losses {
    let mut sums: Vec<f64> = vec![0.0; present.tasks.len()];
    // The pass that follows moves the running statistics; this one moves those of a clone.
    let model = &model.clone();
    for (index, batch) in batches.iter().enumerate() {
        let losses = forward(plan, model, batch, present, plan.draw(step, index));
        for (sum, loss) in sums.iter_mut().zip(tensors::read_scalars(losses)) {
            *sum += loss;
        }
    }
    Losses {
        present: present.tasks.clone(),
        values: sums,
        rows: present.rows.clone(),
    }
}

/// Forward and backward over the batches of a step with these weights, one per present task.
pub(crate) fn backward(
    plan: &Plan,
    model: &MultiTaskModel,
    step: u64,
    batches: &[Batch],
    present: &Present,
    weigh: &mut dyn FnMut(Option<&[Tensor<1>]>) -> Vec<f64>,
) -> Option<Backward> {
    let mut sum: Option<GradientsParams> = None;
    let mut losses: Vec<Tensor<1>> = Vec::new();
    let mut penalty: Option<Tensor<1>> = None;
    let share = 1.0 / batches.len().max(1) as f64;
    let mut weights: Option<Vec<f64>> = None;
    let mut rate = Rate::default();
    for (index, batch) in batches.iter().enumerate() {
        let (own, rates) = pass(plan, model, batch, present, plan.draw(step, index));
        // With one batch its losses are the step's; with several they were summed before.
        let weights =
            weights.get_or_insert_with(|| weigh((batches.len() == 1).then_some(own.as_slice())));
        let mut total: Option<Tensor<1>> = None;
        let mut add = |term: Tensor<1>| {
            total = Some(match total.take() {
                Some(total) => total + term,
                None => term,
            });
        };
        for (loss, &weight) in own.iter().zip(weights.iter()) {
            add(loss.clone().mul_scalar(weight));
        }
        if let Some(own_penalty) = model.penalty() {
            add(own_penalty.clone().mul_scalar(share));
            penalty = Some(own_penalty.detach());
        }
        let rates = rates.and_then(|rates| rate.add(model, rates, rate::rows(batches)));
        rates.into_iter().for_each(&mut add);
        let total = total?;
        let gradients = GradientsParams::from_grads(total.backward(), model);
        sum = Some(gradients::add(model, sum.take(), gradients));
        losses = if losses.is_empty() {
            own.into_iter().map(Tensor::detach).collect()
        } else {
            losses
                .into_iter()
                .zip(own)
                .map(|(sum, own)| sum + own.detach())
                .collect()
        };
    }
    let mut backward = Backward {
        gradients: sum?,
        losses,
        penalty,
        rate: None,
        clipped: 1.0,
    };
    rate.told(&mut backward);
    Some(backward)
}
