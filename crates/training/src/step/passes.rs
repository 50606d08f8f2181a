//! Forward and backward of a step, with the weights that weighting and aggregator give, and what a weighting is shown of them.

use burn::tensor::Tensor;
use polytask_balance::{Diagnosis, Losses, Moment, Needs, Observation};
use polytask_data::Batch;

use super::Stepped;
use crate::engine::Work;
use crate::engine::judge::Judge;
use crate::engine::look_ahead;
use crate::engine::plain::{self, Backward};
use crate::engine::present::Present;
use crate::plan::Plan;
use crate::state::TrainState;
use crate::tensors;

/// What the passes of a step gave, and what was decided on the way.
pub(super) struct Passed {
    pub(super) outcome: Option<Backward>,
    pub(super) seen: Option<Losses>,
    /// What the weighting was to be given in this step.
    pub(super) needs: Needs,
    pub(super) alpha: Vec<f64>,
    pub(super) note: Option<String>,
    pub(super) diagnosis: Option<Diagnosis>,
    /// The gradients' inner products are not finite.
    pub(super) is_broken: bool,
}

/// Forward and backward, with the weights that weighting and aggregator give.
pub(super) fn of(
    plan: &Plan,
    state: &mut TrainState,
    looked_at: &[Batch],
    batches: &[Batch],
    present: &Present,
) -> Passed {
    let now = state.progress.step;
    let moment = Moment {
        seed: plan.seed,
        step: now,
    };
    state.weighting.begin(moment);
    let needs = state.weighting.needs_of(&present.tasks);
    if needs == Needs::LookAhead {
        look_ahead(plan, state, batches, present);
    }
    let model = &state.model;
    let mut judge = Judge::new(plan, state.weighting.as_mut(), present, moment);
    let outcome = match &mut state.aggregation {
        Some(aggregation) => {
            let work = Work::new(plan, model, now, batches, present);
            aggregation.backward(&work, looked_at, &mut judge)
        }
        None => plain::backward(plan, model, now, batches, present, &mut |own| {
            let losses = match (needs, own) {
                (Needs::Nothing | Needs::LookAhead, _) => nothing_read(present),
                (_, Some(own)) => judge.losses(tensors::read_scalars(
                    own.iter().cloned().map(Tensor::detach).collect(),
                )),
                (_, None) => plain::losses(plan, model, now, batches, present),
            };
            judge.weigh(losses)
        }),
    };
    Passed {
        outcome,
        needs,
        diagnosis: judge.diagnosis(),
        seen: judge.seen,
        alpha: judge.alpha,
        note: judge.note,
        is_broken: judge.is_broken,
    }
}

/// Shows the weighting what its weights would lead to.
fn look_ahead(plan: &Plan, state: &mut TrainState, batches: &[Batch], present: &Present) {
    if present.tasks.is_empty() {
        return;
    }
    let step = state.progress.step;
    let weights = plan.weigh_ahead(state.weighting.as_mut(), &nothing_read(present));
    let rate = plan.train.optimizer.value.rate() * plan.rate_factor(step);
    let work = Work::new(plan, &state.model, step, batches, present);
    let slopes = look_ahead::slopes(&work, state.weighting.primary(), &weights.alpha, rate);
    if let Some(mut slopes) = slopes {
        // λ_t multiplies the task's own weight.
        for (slope, &task) in slopes.values.iter_mut().zip(&present.tasks) {
            *slope *= plan.tasks.get(task).map_or(1.0, |task| task.weight);
        }
        state.weighting.look_ahead(&slopes);
    }
}

/// Shows the weighting what the step was, and what it led to if it asks for that.
pub(super) fn show(
    plan: &Plan,
    state: &mut TrainState,
    (batches, present, report): (&[Batch], &Present, &Stepped),
    losses: Losses,
    needs: Needs,
) {
    let before = Losses {
        values: report.present_losses(&losses),
        ..losses
    };
    state.weighting.observe(&Observation { losses: &before });
    if needs == Needs::LossesAgain {
        // The same step draws the same masks; running statistics stay.
        let step = state.progress.step;
        let after = plain::losses(plan, &state.model, step, batches, present);
        if after.values.iter().all(|loss| loss.is_finite()) {
            state.weighting.after(&before, &after);
        }
    }
}

/// A weighting that needs no losses costs no read from the device.
fn nothing_read(present: &Present) -> Losses {
    Losses {
        present: present.tasks.clone(),
        values: vec![0.0; present.tasks.len()],
        rows: present.rows.clone(),
    }
}
