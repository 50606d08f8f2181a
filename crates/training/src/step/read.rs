//! The one read of a step from the device: losses, penalty, rate and the gradient's norm.

use crate::engine::plain::Backward;
use crate::plan::Plan;
use crate::state::TrainState;
use crate::{gradients, tensors};

/// The numbers of a step, on the host.
pub(super) struct Read {
    /// Mean loss of each present task.
    pub(super) losses: Vec<f64>,
    /// Of the sharing and of the rate.
    pub(super) penalty: f64,
    /// What a bottleneck lets through, nats a row.
    pub(super) rate: Option<f64>,
    /// Euclidean, of the gradient of all parameters.
    pub(super) norm: f64,
}

impl Read {
    pub(super) fn of(plan: &Plan, state: &TrainState, passes: &Backward) -> Self {
        let tasks = passes.losses.len();
        let optional = [
            passes.penalty.clone(),
            passes.rate.clone(),
            gradients::squared_norm(&state.model, &passes.gradients),
        ];
        let asked = optional.each_ref().map(Option::is_some);
        let all = passes
            .losses
            .iter()
            .cloned()
            .chain(optional.into_iter().flatten());
        let mut values = tensors::read_scalars(all.collect());
        let mut rest = values.split_off(tasks.min(values.len())).into_iter();
        let [penalty, rate, squared_norm] =
            asked.map(|is_asked| if is_asked { rest.next() } else { None });

        let mut squared_norm = squared_norm.unwrap_or(0.0);
        if squared_norm == f64::INFINITY && plan.train.gradient_clip_norm.is_some() {
            // Its square does not fit in f32; clipped, the gradient may.
            squared_norm = gradients::squared_norm_in_f64(&state.model, &passes.gradients);
        }
        Self {
            losses: values,
            penalty: penalty.unwrap_or(0.0) + state.model.proximal().unwrap_or(0.0),
            rate,
            norm: squared_norm.sqrt(),
        }
    }

    /// A rate that is not finite makes a penalty that is not.
    pub(super) fn is_finite(&self) -> bool {
        let mut numbers = self.losses.iter().chain([&self.penalty, &self.norm]);
        numbers.all(|value| value.is_finite())
    }
}
