//! The covariance of coupled numbers: after every epoch that of the residuals of rows that were not trained on.

use std::sync::atomic::{AtomicBool, Ordering};

use polytask_model::{MultiTaskModel, Residuals};

use crate::plan::Plan;
use crate::state::TrainState;
use crate::{joint, tensors};

/// Takes the covariance from the residuals of the validation rows, or of the training rows if there are none: those are
/// smaller than others' where a model remembers them. A pure function of the weights, so that whoever goes on from the
/// state before finds the same. False if a signal came; the state is then as it was.
pub(crate) fn refit(plan: &Plan, state: &mut TrainState, interrupt: &AtomicBool) -> bool {
    if !state.model.couples_numbers() {
        return true;
    }
    let Some(residuals) = residuals(plan, &state.evaluated(), interrupt) else {
        return false;
    };
    state.model = state.model.clone().with_residuals(&residuals);
    if let Some(average) = state.average.take() {
        state.average = Some(average.with_residuals(&residuals));
    }
    true
}

fn residuals(plan: &Plan, model: &MultiTaskModel, interrupt: &AtomicBool) -> Option<Residuals> {
    let splits = &plan.splits;
    let held = if splits.val.is_empty() {
        &splits.train
    } else {
        &splits.val
    };
    let mut residuals = Residuals::default();
    for rows in held.chunks(plan.train.batch_size) {
        if interrupt.load(Ordering::Relaxed) {
            return None;
        }
        let batch = plan.encoded.batch(rows);
        let inputs = tensors::inputs(&batch, &plan.input_shape, &plan.place.device);
        let heads = model.heads_forward(model.representation(&inputs));
        model.leave(&heads, &joint::known(model, &batch), &mut residuals);
    }
    Some(residuals)
}
