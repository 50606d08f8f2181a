//! Moving average of the weights: what CR-MOGM adds to any method, so that noise in a batch does not turn the direction.

use polytask_config::State;

use super::Wrap;
use crate::{Gram, GramAggregator, Losses, PerTask, TaskFacts, Weights};

/// λ ← a λ + (1 − a) α, each task by itself and only when it is present; the first answer for a task is taken as it is.
pub(super) struct MovingAverage {
    kept: f64,
    /// λ for each layer.
    tasks: PerTask<Vec<f64>>,
}

impl MovingAverage {
    pub(super) fn new(kept: f64) -> Self {
        Self {
            kept,
            tasks: PerTask::default(),
        }
    }
}

impl Wrap for MovingAverage {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |_| Vec::new());
    }

    fn after(
        &mut self,
        grams: &[Gram],
        _: &Losses,
        _: &dyn GramAggregator,
        mut answers: Vec<Weights>,
    ) -> Vec<Weights> {
        let kept = self.kept;
        for (layer, (gram, answer)) in grams.iter().zip(&mut answers).enumerate() {
            self.tasks.update(
                gram.present(),
                &answer.alpha,
                |averages, weight| match averages.get_mut(layer) {
                    Some(average) => *average = kept * *average + (1.0 - kept) * weight,
                    None => averages.push(weight),
                },
            );
            let averages = self.tasks.present(gram.present());
            for (weight, averages) in answer.alpha.iter_mut().zip(averages) {
                if let Some(average) = averages.and_then(|averages| averages.get(layer)) {
                    *weight = *average;
                }
            }
        }
        answers
    }

    fn state(&mut self, state: &mut State) {
        state.section("averages", |state| {
            self.tasks
                .state(state, |averages, state| state.numbers("alpha", averages));
        });
    }
}
