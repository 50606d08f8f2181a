//! The gradients that row aggregators are put before: tasks, and a stream of rows in two blocks, and losses. Always the same ones.

use polytask_random::Seed;

use super::super::gram::scene::{
    Drawing, HARD, INDEPENDENT, SIZES, SOLVABLE, facts, moved_order, rows,
};
use crate::rows::single;
use crate::{Block, Losses, Rows, TaskFacts};

/// One situation.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) name: String,
    pub(super) tasks: Vec<TaskFacts>,
    pub(super) steps: Vec<Step>,
}

/// The gradients `[present][parameters]` of one step, and the losses.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) losses: Losses,
    pub(super) rows: Vec<Vec<f32>>,
}

/// What the blocks are called, in the order in which the entries stand.
pub(super) const NAMES: [&str; 2] = ["trunk.weight", "trunk.bias"];

impl Step {
    /// The rows as the engine gives them: two blocks, of which the second has a third of the entries. `is_swapped` gives it first.
    pub(super) fn rows(&self, is_swapped: bool) -> Rows<'_> {
        let entries = self.rows.first().map_or(0, Vec::len);
        let cut = entries - entries / 3;
        let (first, second) = self.rows.iter().map(|row| row.split_at(cut)).unzip();
        let [weight, bias] = NAMES;
        let block = |name, rows| Block { name, rows };
        let mut blocks = vec![block(weight, first), block(bias, second)];
        if is_swapped {
            blocks.reverse();
        }
        Rows::known(self.losses.present.clone(), blocks)
    }

    /// Only the rows of these tasks.
    pub(super) fn only(&self, tasks: &[usize]) -> Self {
        let mut step = Self {
            losses: Losses::default(),
            rows: Vec::new(),
        };
        for (seen, row) in self.losses.seen().zip(&self.rows) {
            if tasks.contains(&seen.task) {
                step.losses.present.push(seen.task);
                step.losses.values.push(seen.loss);
                step.losses.rows.push(seen.rows);
                step.rows.push(row.clone());
            }
        }
        step
    }

    /// The same with all rows multiplied.
    pub(super) fn scaled(&self, factor: f32) -> Self {
        let rows = self.rows.iter();
        let scaled = |row: &Vec<f32>| row.iter().map(|value| factor * value).collect();
        Self {
            rows: rows.map(scaled).collect(),
            ..self.clone()
        }
    }
}

/// Every kind of gradients × every number of tasks.
pub(super) fn all() -> Vec<Scene> {
    scenes(SOLVABLE.into_iter().chain(HARD))
}

/// Those with gradients of which none depends on the others.
pub(super) fn independent() -> Vec<Scene> {
    scenes(INDEPENDENT.into_iter())
}

/// One task, of the same gradient and loss in every step.
pub(super) fn single_task() -> Vec<Scene> {
    let mut scenes: Vec<Scene> = INDEPENDENT
        .into_iter()
        .map(|drawing| make(drawing, 1))
        .collect();
    for scene in &mut scenes {
        if let Some(first) = scene.steps.first().cloned() {
            scene.steps.fill(first);
        }
    }
    scenes
}

/// The same gradient and loss for every task, one step.
pub(super) fn equal() -> Vec<Scene> {
    let scene = |tasks: usize| Scene {
        name: format!("{tasks} equal tasks"),
        tasks: facts(tasks),
        steps: vec![Step {
            losses: Losses {
                present: (0..tasks).collect(),
                values: vec![0.3; tasks],
                rows: vec![8; tasks],
            },
            rows: vec![vec![0.5, -2.0, 0.0, 1.5]; tasks],
        }],
    };
    SIZES.into_iter().map(scene).collect()
}

fn scenes(kinds: impl Iterator<Item = Drawing>) -> Vec<Scene> {
    kinds
        .flat_map(|drawing| SIZES.into_iter().map(move |size| make(drawing, size)))
        .collect()
}

fn make(drawing: Drawing, size: usize) -> Scene {
    const STEPS: u64 = 8;
    let name = format!("{drawing:?}, {size} tasks");
    let steps = (0..STEPS).map(|step| {
        let mut stream = Seed(29).stream(&name, step);
        let present: Vec<usize> = (0..size)
            .filter(|_| size == 1 || stream.uniform() < 0.8)
            .collect();
        // As many parameters in every step, whoever is present.
        let drawn = rows(drawing, size, &mut stream);
        let kept = |row: &Vec<f64>| row.iter().map(|value| single(*value)).collect();
        let rows = present.iter().filter_map(|&task| drawn.get(task).map(kept));
        let rows = rows.collect();
        let values = present
            .iter()
            .map(|_| (0.5 * stream.normal() - step as f64 / 20.0).exp());
        let values = values.collect();
        let counts = present.iter().map(|_| 1 + stream.below(64)).collect();
        let losses = Losses {
            present,
            values,
            rows: counts,
        };
        Step { losses, rows }
    });
    Scene {
        tasks: facts(size),
        steps: steps.collect(),
        name,
    }
}

impl Scene {
    /// The same with the tasks named in another order.
    pub(super) fn permuted(&self) -> Self {
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
        let steps = self.steps.iter().map(|step| {
            let mut moved = Step {
                losses: Losses::default(),
                rows: Vec::new(),
            };
            let seen: Vec<_> = step.losses.seen().zip(&step.rows).collect();
            for (place, old) in moved_order(&step.losses.present, &place) {
                if let Some((seen, row)) = seen.get(old) {
                    moved.losses.present.push(place);
                    moved.losses.values.push(seen.loss);
                    moved.losses.rows.push(seen.rows);
                    moved.rows.push((*row).clone());
                }
            }
            moved
        });
        Self {
            name: format!("{}, permuted", self.name),
            steps: steps.collect(),
            tasks: tasks.into_iter().map(|(_, task)| task).collect(),
        }
    }
}
