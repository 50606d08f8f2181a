//! The mean of a task's losses over the epoch that runs.

use polytask_config::State;

/// Σ l and how many steps had the task.
#[derive(Clone, Debug, Default)]
pub(crate) struct EpochMean {
    sum: f64,
    steps: u64,
}

impl EpochMean {
    pub(crate) fn add(&mut self, loss: f64) {
        self.sum += loss;
        self.steps += 1;
    }

    /// Ends the epoch: its mean, and nothing for the next one; `None` if no step had the task.
    pub(crate) fn take(&mut self) -> Option<f64> {
        let ended = std::mem::take(self);
        (ended.steps > 0).then(|| ended.sum / ended.steps as f64)
    }

    pub(crate) fn state(&mut self, state: &mut State) {
        state.number("sum", &mut self.sum);
        state.count("steps", &mut self.steps);
    }
}
