//! The situations that methods are put into: tasks, and a stream of losses. Always the same ones.

use polytask_random::{Seed, Stream};

use crate::{Family, Losses, Seen, TaskFacts};

/// One situation.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) name: String,
    pub(super) tasks: Vec<TaskFacts>,
    pub(super) steps: Vec<Losses>,
}

const FAMILIES: [Family; 3] = [Family::SquaredError, Family::Classification, Family::Other];

/// How many tasks there are: alone, a pair, a few, more than any brute force can do, as many as CelebA.
const SIZES: [usize; 5] = [1, 2, 3, 11, 40];

/// How the losses of a scene are drawn.
#[derive(Clone, Copy)]
enum Losing {
    /// Around one, falling.
    Ordinary,
    /// From nothing to 10³⁰, anywhere.
    Extreme,
    /// All zero.
    Zero,
}

/// Every number of tasks × every kind of losses, tasks coming and going.
pub(super) fn all() -> Vec<Scene> {
    let kinds = [
        ("ordinary", Losing::Ordinary),
        ("extreme", Losing::Extreme),
        ("zero", Losing::Zero),
    ];
    let pairs = SIZES
        .iter()
        .flat_map(|&size| kinds.iter().map(move |&kind| (size, kind)));
    pairs
        .map(|(size, (name, losing))| make(&format!("{name}, {size} tasks"), size, losing, 0.7))
        .collect()
}

/// The ordinary scenes of all sizes, tasks coming and going.
pub(super) fn ordinary() -> Vec<Scene> {
    SIZES
        .iter()
        .map(|&size| make(&format!("{size} tasks"), size, Losing::Ordinary, 0.7))
        .collect()
}

/// One task of each family by itself.
pub(super) fn single() -> Vec<Scene> {
    let alone = |family: Family| {
        let mut scene = make(&format!("one task, {family:?}"), 1, Losing::Ordinary, 1.0);
        scene.tasks.iter_mut().for_each(|task| task.family = family);
        scene
    };
    FAMILIES.iter().map(|&family| alone(family)).collect()
}

fn make(name: &str, size: usize, losing: Losing, presence: f64) -> Scene {
    const STEPS: u64 = 24;
    let seed = Seed(7);
    let mut facts = seed.stream("contract/tasks", size as u64);
    let tasks = (0..size).map(|task| TaskFacts {
        name: format!("task_{task}"),
        family: FAMILIES
            .iter()
            .copied()
            .cycle()
            .nth(task)
            .unwrap_or(Family::Other),
        weight: facts.between(0.1, 3.0),
        entropy: facts.between(0.0, 3.0),
        variance: facts.between(0.01, 2.0),
    });
    let tasks = tasks.collect();
    let steps = (0..STEPS).map(|step| {
        let mut stream = seed.stream(name, step);
        let present = (0..size)
            .filter(|_| size == 1 || stream.uniform() < presence)
            .collect();
        draw(present, losing, step as f64, &mut stream)
    });
    Scene {
        name: name.to_owned(),
        tasks,
        steps: steps.collect(),
    }
}

fn draw(present: Vec<usize>, losing: Losing, step: f64, stream: &mut Stream) -> Losses {
    let values = present.iter().map(|_| match losing {
        Losing::Ordinary => (0.5 * stream.normal() - step / 20.0).exp(),
        Losing::Extreme => 10_f64.powf(stream.between(-30.0, 30.0)),
        Losing::Zero => 0.0,
    });
    let values = values.collect();
    let rows = present.iter().map(|_| 1 + stream.below(64)).collect();
    Losses {
        present,
        values,
        rows,
    }
}

impl Scene {
    /// The same with the tasks named in another order, and where each went.
    pub(super) fn permuted(&self) -> (Self, Vec<usize>) {
        let mut order: Vec<usize> = (0..self.tasks.len()).collect();
        Seed(11)
            .stream("contract/permutation", self.tasks.len() as u64)
            .shuffle(&mut order);
        // order[new] is the old index; place[old] is the new one.
        let mut place = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            if let Some(slot) = place.get_mut(old) {
                *slot = new;
            }
        }
        let tasks = order
            .iter()
            .filter_map(|&old| self.tasks.get(old))
            .cloned()
            .collect();
        let steps = self.steps.iter().map(|losses| {
            let moved = losses.seen().map(|seen| Seen {
                task: place.get(seen.task).copied().unwrap_or(0),
                ..seen
            });
            let mut moved: Vec<Seen> = moved.collect();
            moved.sort_unstable_by_key(|seen| seen.task);
            collected(moved.into_iter())
        });
        (
            Self {
                name: format!("{}, permuted", self.name),
                tasks,
                steps: steps.collect(),
            },
            place,
        )
    }

    /// The same for one task alone: the steps without it are not there.
    pub(super) fn alone(&self, task: usize) -> Self {
        let steps = self.steps.iter().map(|losses| {
            collected(
                losses
                    .seen()
                    .filter(|seen| seen.task == task)
                    .map(|seen| Seen { task: 0, ..seen }),
            )
        });
        let steps = steps.filter(|losses| !losses.present.is_empty()).collect();
        let tasks = self.tasks.get(task).cloned().into_iter().collect();
        Self {
            name: format!("{}, task {task} alone", self.name),
            tasks,
            steps,
        }
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
