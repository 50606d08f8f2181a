//! The situations that methods are put into: tasks, and a stream of what each step gives. Always the same ones.

use polytask_random::{Seed, Stream};

use super::made::Subject;
use super::tested::Tested;
use crate::{Family, Losses, Seen, TaskFacts};

/// One situation.
#[derive(Clone, Debug)]
pub(super) struct Scene<G> {
    pub(super) name: String,
    pub(super) tasks: Vec<TaskFacts>,
    pub(super) steps: Vec<G>,
}

/// What one step gives a method.
pub(super) trait Given: Clone {
    /// The tasks that it may learn of, ascending.
    fn present(&self) -> &[usize];

    /// The same with each task named by its new place.
    fn moved(&self, place: &[usize]) -> Option<Self>;
}

/// How many tasks there are: alone, a pair, a few, more than any brute force can do, as many as CelebA.
pub(super) const SIZES: [usize; 5] = [1, 2, 3, 11, 40];

/// All scenes of a method as its entry makes it; of another setting those of up to so many tasks as make sets of every kind.
pub(super) fn few<G, T: Tested + ?Sized>(
    scenes: Vec<Scene<G>>,
    subject: &Subject<T>,
) -> impl Iterator<Item = Scene<G>> {
    const ENOUGH: usize = 11;
    let is_plain = subject.is_plain();
    let scenes = scenes.into_iter();
    scenes.filter(move |scene| is_plain || scene.tasks.len() <= ENOUGH)
}

impl<G: Given> Scene<G> {
    /// The same with the tasks named in a random order, and where each went.
    pub(super) fn permuted(&self) -> (Self, Vec<usize>) {
        let mut place: Vec<usize> = (0..self.tasks.len()).collect();
        Seed(11)
            .stream("contract/permutation", self.tasks.len() as u64)
            .shuffle(&mut place);
        self.placed(place)
    }

    /// The same with the last task named first: where the first or the last of equals is taken, it is another.
    pub(super) fn reversed(&self) -> (Self, Vec<usize>) {
        self.placed((0..self.tasks.len()).rev().collect())
    }

    fn placed(&self, place: Vec<usize>) -> (Self, Vec<usize>) {
        let mut tasks: Vec<(&usize, &TaskFacts)> = place.iter().zip(&self.tasks).collect();
        tasks.sort_unstable_by_key(|(place, _)| *place);
        let steps = self.steps.iter().filter_map(|step| step.moved(&place));
        let scene = Self {
            name: format!("{}, permuted", self.name),
            steps: steps.collect(),
            tasks: tasks.into_iter().map(|(_, task)| task.clone()).collect(),
        };
        (scene, place)
    }
}

/// The present tasks' new indices, ascending, each with its old position.
pub(super) fn moved_order(present: &[usize], place: &[usize]) -> Vec<(usize, usize)> {
    let mut moved: Vec<(usize, usize)> = present
        .iter()
        .enumerate()
        .map(|(position, &task)| (place.get(task).copied().unwrap_or(0), position))
        .collect();
    moved.sort_unstable();
    moved
}

impl Given for Losses {
    fn present(&self) -> &[usize] {
        &self.present
    }

    fn moved(&self, place: &[usize]) -> Option<Self> {
        let seen: Vec<Seen> = self.seen().collect();
        let order = moved_order(&self.present, place).into_iter();
        let moved = order.filter_map(|(task, old)| {
            Some(Seen {
                task,
                ..*seen.get(old)?
            })
        });
        Some(collected(moved))
    }
}

/// Losses from their parts.
pub(super) fn collected(seen: impl Iterator<Item = Seen>) -> Losses {
    let mut losses = Losses::default();
    for seen in seen {
        losses.present.push(seen.task);
        losses.values.push(seen.loss);
        losses.rows.push(seen.rows);
    }
    losses
}

/// These losses of tasks that are all present, each with so many rows.
pub(super) fn of_all(values: Vec<f64>, rows: usize) -> Losses {
    Losses {
        present: (0..values.len()).collect(),
        rows: vec![rows; values.len()],
        values,
    }
}

/// The losses of tasks whose answer is known, with one row each; none is 1 for each.
pub(super) fn known_losses(values: &[f64], tasks: usize) -> Losses {
    if values.is_empty() {
        return of_all(vec![1.0; tasks], 1);
    }
    of_all(values.to_vec(), 1)
}

/// Each task is present with this probability; one that is alone always is.
pub(super) fn present(size: usize, probability: f64, stream: &mut Stream) -> Vec<usize> {
    (0..size)
        .filter(|_| size == 1 || stream.uniform() < probability)
        .collect()
}

/// Tasks of which nothing is known.
pub(super) fn facts(tasks: usize) -> Vec<TaskFacts> {
    let fact = |task| TaskFacts {
        name: format!("task_{task}"),
        family: Family::Other,
        weight: 1.0,
        entropy: 0.0,
        variance: 1.0,
    };
    (0..tasks).map(fact).collect()
}

/// Inner products `[present, present]` with each task named by its new place, and who is present.
pub(super) fn moved_products(
    present: &[usize],
    place: &[usize],
    at: impl Fn(usize, usize) -> f64,
) -> (Vec<usize>, Vec<f64>) {
    let (present, old): (Vec<usize>, Vec<usize>) = moved_order(present, place).into_iter().unzip();
    let row = |&first: &usize| old.iter().map(move |&second| (first, second));
    let values = old.iter().flat_map(row);
    let values = values.map(|(first, second)| at(first, second)).collect();
    (present, values)
}
