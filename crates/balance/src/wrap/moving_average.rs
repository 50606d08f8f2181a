//! Moving average of the weights: what CR-MOGM adds to any method, so that noise in a batch does not turn the direction.

use polytask_config::State;

use super::Wrap;
use super::every::is_plain;
use crate::{Gram, GramAggregator, Losses, PerTask, TaskFacts, Weights};

/// λ ← a λ + (1 − a) α, each task by itself and only when it is present; the first answer for a task is taken as it is.
pub(super) struct Averages {
    kept: f64,
    /// λ for each layer.
    tasks: PerTask<Vec<f64>>,
}

impl Averages {
    pub(super) fn new(kept: f64) -> Self {
        Self {
            kept,
            tasks: PerTask::default(),
        }
    }

    pub(super) fn begin(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |_| Vec::new());
    }

    /// The averages of a layer with these weights in them.
    pub(super) fn with(&self, layer: usize, present: &[usize], alpha: &[f64]) -> Vec<f64> {
        let before = self.tasks.present(present);
        let averages = before.zip(alpha).map(|(averages, weight)| {
            match averages.and_then(|averages| averages.get(layer)) {
                Some(average) => self.kept * average + (1.0 - self.kept) * weight,
                None => *weight,
            }
        });
        averages.collect()
    }

    /// The averages of a layer as they are; for a task that has none yet, what is given.
    pub(super) fn known(&self, layer: usize, present: &[usize], or: &[f64]) -> Vec<f64> {
        let known = self.tasks.present(present).zip(or);
        let known =
            known.map(|(averages, or)| averages.and_then(|all| all.get(layer)).unwrap_or(or));
        known.copied().collect()
    }

    /// Keeps these averages of a layer.
    pub(super) fn keep(&mut self, layer: usize, present: &[usize], averages: &[f64]) {
        self.tasks.update(present, averages, |kept, average| {
            match kept.get_mut(layer) {
                Some(kept) => *kept = average,
                None => kept.push(average),
            }
        });
    }

    pub(super) fn list(&mut self, state: &mut State) {
        state.section("averages", |state| {
            self.tasks
                .state(state, |averages, state| state.numbers("alpha", averages));
        });
    }
}

impl Wrap for Averages {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.begin(tasks);
    }

    fn after(
        &mut self,
        grams: &[Gram],
        _: &Losses,
        _: &dyn GramAggregator,
        mut answers: Vec<Weights>,
    ) -> Vec<Weights> {
        let layers = grams.iter().zip(&mut answers).enumerate();
        let averaged = layers.filter(|(_, (gram, _))| !is_plain(gram.present()));
        for (layer, (gram, answer)) in averaged {
            answer.alpha = self.with(layer, gram.present(), &answer.alpha);
            self.keep(layer, gram.present(), &answer.alpha);
        }
        answers
    }

    fn state(&mut self, state: &mut State) {
        self.list(state);
    }
}
