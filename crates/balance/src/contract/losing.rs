//! The losses that weightings are put before.

use polytask_random::{Seed, Stream};

use super::scene::{SIZES, Scene, collected, present};
use crate::{Family, Losses, Seen, TaskFacts};

const FAMILIES: [Family; 3] = [Family::SquaredError, Family::Classification, Family::Other];

/// How the losses of a scene are drawn.
#[derive(Clone, Copy)]
pub(super) enum Losing {
    /// Around one, falling.
    Ordinary,
    /// From nothing to 10³⁰, anywhere.
    Extreme,
    /// All zero.
    Zero,
}

/// Every number of tasks × every kind of losses, tasks coming and going.
pub(super) fn all() -> Vec<Scene<Losses>> {
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
pub(super) fn ordinary() -> Vec<Scene<Losses>> {
    SIZES
        .iter()
        .map(|&size| make(&format!("{size} tasks"), size, Losing::Ordinary, 0.7))
        .collect()
}

/// One task of each family by itself.
pub(super) fn single() -> Vec<Scene<Losses>> {
    let alone = |family: Family| {
        let mut scene = make(&format!("one task, {family:?}"), 1, Losing::Ordinary, 1.0);
        scene.tasks.iter_mut().for_each(|task| task.family = family);
        scene
    };
    FAMILIES.iter().map(|&family| alone(family)).collect()
}

fn make(name: &str, size: usize, losing: Losing, presence: f64) -> Scene<Losses> {
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
        let present = present(size, presence, &mut stream);
        draw(present, losing, step, &mut stream)
    });
    Scene {
        name: name.to_owned(),
        tasks,
        steps: steps.collect(),
    }
}

/// The losses of the step of this number.
pub(super) fn draw(present: Vec<usize>, losing: Losing, step: u64, stream: &mut Stream) -> Losses {
    let values = present.iter().map(|_| match losing {
        Losing::Ordinary => (0.5 * stream.normal() - step as f64 / 20.0).exp(),
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

impl Scene<Losses> {
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
