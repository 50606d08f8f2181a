//! How far the penalties on the weights of codes have come to act: a function of the step, kept so that a checkpoint tells it too.

use polytask_config::State;
use polytask_model::Annealing;

/// The part of their strength that acts.
#[derive(Clone, Debug, PartialEq)]
pub struct CodeStrength {
    annealing: Annealing,
    now: f64,
}

impl CodeStrength {
    pub(crate) fn new(annealing: Annealing) -> Self {
        Self {
            now: annealing.strength(0.0),
            annealing,
        }
    }

    /// Now, 0 to 1.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.now
    }

    /// That of the step under way, from 0.
    pub(crate) fn begin(&mut self, step: u64, steps_per_epoch: u64) {
        let epochs = step as f64 / steps_per_epoch.max(1) as f64;
        self.now = self.annealing.strength(epochs);
    }

    pub(crate) fn state(&mut self, state: &mut State) {
        state.number("strength", &mut self.now);
    }
}
