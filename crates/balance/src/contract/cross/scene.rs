//! The matrices that cross-batch aggregators are put before. Always the same ones.

use polytask_random::Seed;

use super::super::gram::scene::{Drawing, HARD, SIZES, SOLVABLE, facts, moved_order, rows};
use crate::{Cross, TaskFacts};

/// One situation.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) name: String,
    pub(super) tasks: Vec<TaskFacts>,
    pub(super) steps: Vec<Step>,
}

/// A matrix of two batches, and who is present in the third.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) cross: Cross,
    pub(super) third: Vec<usize>,
}

/// Every kind of gradients × every number of tasks.
pub(super) fn all() -> Vec<Scene> {
    scenes(SOLVABLE.into_iter().chain(HARD))
}

/// Those whose gradients are neither zero nor of extreme lengths.
pub(super) fn ordinary() -> Vec<Scene> {
    scenes([Drawing::Random, Drawing::Agreeing, Drawing::Uneven].into_iter())
}

/// One task.
pub(super) fn single() -> Vec<Scene> {
    let kinds = SOLVABLE.into_iter().chain(HARD);
    kinds.map(|drawing| make(drawing, 1)).collect()
}

fn scenes(kinds: impl Iterator<Item = Drawing>) -> Vec<Scene> {
    kinds
        .flat_map(|drawing| SIZES.into_iter().map(move |size| make(drawing, size)))
        .collect()
}

fn make(drawing: Drawing, size: usize) -> Scene {
    const STEPS: u64 = 8;
    let name = format!("{drawing:?}, {size} tasks");
    let steps = (0..STEPS).filter_map(|step| {
        let mut stream = Seed(31).stream(&name, step);
        let mut present = || -> Vec<usize> {
            (0..size)
                .filter(|_| size == 1 || stream.uniform() < 0.8)
                .collect()
        };
        let (both, third) = (present(), present());
        let mut draw = || rows(drawing, both.len(), &mut stream);
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
        Some(Step { cross, third })
    });
    Scene {
        tasks: facts(size),
        steps: steps.collect(),
        name,
    }
}

impl Scene {
    /// The same with the tasks named in another order, and where each went.
    pub(super) fn permuted(&self) -> (Self, Vec<usize>) {
        let mut place: Vec<usize> = (0..self.tasks.len()).collect();
        Seed(11)
            .stream("contract/permutation", self.tasks.len() as u64)
            .shuffle(&mut place);
        let mut tasks: Vec<(usize, TaskFacts)> = place
            .iter()
            .copied()
            .zip(self.tasks.iter().cloned())
            .collect();
        tasks.sort_unstable_by_key(|(place, _)| *place);
        let steps = self.steps.iter().filter_map(|step| {
            let moved = moved_order(step.cross.present(), &place);
            let values = moved.iter().flat_map(|&(_, first)| {
                moved
                    .iter()
                    .map(move |&(_, second)| step.cross.at(first, second))
            });
            let values = values.collect();
            let present = moved.iter().map(|(place, _)| *place).collect();
            let third = moved_order(&step.third, &place);
            Some(Step {
                cross: Cross::new(present, values).ok()?,
                third: third.into_iter().map(|(place, _)| place).collect(),
            })
        });
        let scene = Self {
            name: format!("{}, permuted", self.name),
            steps: steps.collect(),
            tasks: tasks.into_iter().map(|(_, task)| task).collect(),
        };
        (scene, place)
    }
}
