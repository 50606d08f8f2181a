//! What a step tells of itself.

use polytask_balance::{Diagnosis, Losses};

use super::NotFinite;
use super::read::Read;
use crate::engine::present::Present;
use crate::plan::Plan;

/// What a step did.
#[derive(Clone, Debug)]
pub struct Stepped {
    /// Σ w·l + penalty; NaN for a step that was skipped.
    pub loss: f64,
    /// The penalty of the step.
    pub penalty: f64,
    /// Mean loss per task; `None` without a label in the step.
    pub losses: Vec<Option<f64>>,
    /// Weight per task; 0 for an absent one.
    pub weights: Vec<f64>,
    /// The schedule's factor.
    pub factor: f64,
    /// Why nothing was changed, if nothing was.
    pub skipped: Option<NotFinite>,
    /// What weighting and aggregator have to say.
    pub note: Option<String>,
    /// How the tasks' gradients lie to each other, if they were told apart.
    pub diagnosis: Option<Diagnosis>,
}

impl Stepped {
    /// Of a step that has no numbers yet, with what is told of its passes.
    pub(super) fn nothing(
        plan: &Plan,
        step: u64,
        note: Option<String>,
        diagnosis: Option<Diagnosis>,
    ) -> Self {
        Self {
            loss: 0.0,
            penalty: 0.0,
            losses: vec![None; plan.tasks.len()],
            weights: vec![0.0; plan.tasks.len()],
            factor: plan.rate_factor(step),
            skipped: None,
            note,
            diagnosis,
        }
    }

    /// Takes in what was read, with the weight of each present task.
    pub(super) fn tell(&mut self, present: &Present, alpha: &[f64], read: &Read) {
        for ((&task, &loss), &weight) in present.tasks.iter().zip(&read.losses).zip(alpha) {
            if let Some(slot) = self.losses.get_mut(task) {
                *slot = Some(loss);
            }
            if let Some(slot) = self.weights.get_mut(task) {
                *slot = weight;
            }
            self.loss += weight * loss;
        }
        self.loss += read.penalty;
        self.penalty = read.penalty;
    }

    pub(super) fn present_losses(&self, losses: &Losses) -> Vec<f64> {
        losses
            .present
            .iter()
            .map(|&task| self.losses.get(task).copied().flatten().unwrap_or(0.0))
            .collect()
    }
}
