//! Cross-batch aggregators, run as the engine runs them, on a stream of matrices of two batches.

use polytask_config::State;
use polytask_random::{Seed, Stream};

use super::super::drawing::{Drawing, Drawn, rows};
use super::super::losing::{self, Losing};
use super::super::made::is_last_of_epoch;
use super::super::scene::{Given, moved_products, present};
use super::super::settings;
use super::super::tested::Tested;
use crate::{Cross, CrossAggregator, CrossFacts, Losses, TaskFacts, Weights, Wrapping};

/// One situation.
pub(super) type Scene = super::super::scene::Scene<Step>;

/// A matrix of two batches, and who is present in the third.
#[derive(Clone, Debug)]
pub(in crate::contract) struct Step {
    pub(super) cross: Cross,
    pub(super) third: Losses,
}

impl Given for Step {
    fn present(&self) -> &[usize] {
        self.cross.present()
    }

    fn moved(&self, place: &[usize]) -> Option<Self> {
        let at = |first, second| self.cross.at(first, second);
        let (present, values) = moved_products(self.cross.present(), place, at);
        let losses = self.cross.batches().map(|(losses, _)| losses.moved(place));
        let [first, second] = losses;
        let cross = Cross::new(present, values).ok()?;
        Some(Self {
            cross: cross.with_losses([first?.values, second?.values]),
            third: self.third.moved(place)?,
        })
    }
}

impl Drawn for Step {
    const SEED: Seed = Seed(31);

    fn draw(drawing: Drawing, size: usize, number: u64, stream: &mut Stream) -> Option<Self> {
        let (both, third) = (present(size, 0.8, stream), present(size, 0.8, stream));
        let mut draw = || rows(drawing, both.len(), stream);
        let (first, second) = (draw(), draw());
        let product = |first: &[f64], second: &[f64]| -> f64 {
            let terms = first.iter().zip(second);
            terms.map(|(first, second)| first * second).sum()
        };
        // The second batch is the first with noise.
        let noisy = |row: &Vec<f64>, noise: &Vec<f64>| -> Vec<f64> {
            let entries = row.iter().zip(noise);
            entries.map(|(value, noise)| value + 0.5 * noise).collect()
        };
        let second: Vec<Vec<f64>> = first
            .iter()
            .zip(&second)
            .map(|(a, b)| noisy(a, b))
            .collect();
        let values = first
            .iter()
            .flat_map(|first| second.iter().map(|second| product(first, second)));
        let cross = Cross::new(both.clone(), values.collect()).ok()?;
        let mut losses = |present| losing::draw(present, Losing::Ordinary, number, stream);
        let (first, second) = (losses(both.clone()), losses(both));
        Some(Self {
            cross: cross.with_losses([first.values, second.values]),
            third: losses(third),
        })
    }
}

impl Tested for dyn CrossAggregator {
    type Facts = CrossFacts;
    type Given = Step;
    type Answer = Weights;

    const KEY: &'static str = "aggregator";

    fn trial(facts: &CrossFacts) -> &'static str {
        facts.trial
    }

    fn wrap(method: Box<Self>, wrapping: &Wrapping) -> Box<Self> {
        wrapping.around_cross(method)
    }

    fn wrappings(_: &CrossFacts) -> Vec<Wrapping> {
        let all = settings::of_gradients().into_iter();
        all.chain(settings::keeping()).collect()
    }

    fn enter(&mut self, tasks: &[TaskFacts]) {
        self.start(tasks);
    }

    /// The end of an epoch belongs to its last step: not even that may move what is remembered of an absent task.
    fn take(&mut self, step: &Step, number: usize) -> Weights {
        if self.learns() {
            self.learn(&step.cross);
        }
        let weights = self.weights(&step.third);
        if is_last_of_epoch(number) {
            self.end_epoch();
        }
        weights
    }

    /// Done by then.
    fn end(&mut self) {}

    fn list(&mut self, state: &mut State) {
        self.state(state);
    }
}
