//! The gradients that aggregators are put before: tasks, and a stream of Gram matrices and losses. Always the same ones.

use polytask_random::{Seed, Stream};

use crate::{Family, Gram, Losses, TaskFacts};

/// One situation.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) name: String,
    pub(super) tasks: Vec<TaskFacts>,
    pub(super) steps: Vec<(Gram, Losses)>,
}

/// Alone, a pair, a few, more than any brute force can do, as many as CelebA.
pub(in crate::contract) const SIZES: [usize; 5] = [1, 2, 3, 11, 40];

/// How the gradients are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::contract) enum Drawing {
    /// Independent, of lengths around 1.
    Random,
    /// Independent, in directions that nearly agree.
    Agreeing,
    /// Independent, of lengths from 10⁻² to 10².
    Uneven,
    /// With fewer parameters than tasks: each depends on the others.
    Singular,
    /// One is zero.
    ZeroRow,
    /// Each is there twice.
    Duplicate,
    /// Each is there once more with the other sign: Pareto-stationary.
    Opposite,
    /// Of lengths from 10⁻³⁰ to 10³⁰.
    Extreme,
    /// All are zero.
    Zero,
}

pub(in crate::contract) const INDEPENDENT: [Drawing; 3] =
    [Drawing::Random, Drawing::Agreeing, Drawing::Uneven];
pub(in crate::contract) const SOLVABLE: [Drawing; 6] = [
    Drawing::Random,
    Drawing::Agreeing,
    Drawing::Uneven,
    Drawing::Singular,
    Drawing::ZeroRow,
    Drawing::Duplicate,
];
pub(in crate::contract) const HARD: [Drawing; 3] =
    [Drawing::Opposite, Drawing::Extreme, Drawing::Zero];

/// Every kind of gradients × every number of tasks.
pub(super) fn all() -> Vec<Scene> {
    scenes(SOLVABLE.into_iter().chain(HARD))
}

/// Those whose shared gradient does not hang on rounding.
pub(super) fn solvable() -> Vec<Scene> {
    scenes(SOLVABLE.into_iter())
}

/// Those with independent gradients.
pub(super) fn independent() -> Vec<Scene> {
    scenes(INDEPENDENT.into_iter())
}

/// One task, of gradients that are not zero.
pub(super) fn single() -> Vec<Scene> {
    let kinds = INDEPENDENT.into_iter().chain([Drawing::Extreme]);
    kinds.map(|drawing| make(drawing, 1)).collect()
}

/// The same gradient and loss for every task, one step.
pub(super) fn equal() -> Vec<Scene> {
    let scene = |tasks: usize| {
        let gram = Gram::new((0..tasks).collect(), vec![0.49; tasks * tasks]);
        let losses = Losses {
            present: (0..tasks).collect(),
            values: vec![0.3; tasks],
            rows: vec![8; tasks],
        };
        Scene {
            name: format!("{tasks} equal tasks"),
            tasks: facts(tasks),
            steps: gram.ok().map(|gram| (gram, losses)).into_iter().collect(),
        }
    };
    SIZES.into_iter().map(scene).collect()
}

fn scenes(kinds: impl Iterator<Item = Drawing>) -> Vec<Scene> {
    kinds
        .flat_map(|drawing| SIZES.into_iter().map(move |size| make(drawing, size)))
        .collect()
}

pub(in crate::contract) fn facts(tasks: usize) -> Vec<TaskFacts> {
    let fact = |task| TaskFacts {
        name: format!("task_{task}"),
        family: Family::Other,
        weight: 1.0,
        entropy: 0.0,
        variance: 1.0,
    };
    (0..tasks).map(fact).collect()
}

fn make(drawing: Drawing, size: usize) -> Scene {
    const STEPS: u64 = 8;
    let name = format!("{drawing:?}, {size} tasks");
    let steps = (0..STEPS).filter_map(|step| {
        let mut stream = Seed(23).stream(&name, step);
        let present: Vec<usize> = (0..size)
            .filter(|_| size == 1 || stream.uniform() < 0.8)
            .collect();
        let rows = rows(drawing, present.len(), &mut stream);
        let values = present
            .iter()
            .map(|_| (0.5 * stream.normal() - step as f64 / 20.0).exp());
        let values = values.collect();
        let counts = present.iter().map(|_| 1 + stream.below(64)).collect();
        let losses = Losses {
            present: present.clone(),
            values,
            rows: counts,
        };
        Gram::of_rows(present, &rows)
            .ok()
            .map(|gram| (gram, losses))
    });
    Scene {
        tasks: facts(size),
        steps: steps.collect(),
        name,
    }
}

/// Gradients `[tasks][parameters]`.
pub(in crate::contract) fn rows(
    drawing: Drawing,
    tasks: usize,
    stream: &mut Stream,
) -> Vec<Vec<f64>> {
    let parameters = match drawing {
        Drawing::Singular => tasks.div_ceil(2).max(2),
        _ => 2 * tasks + 5,
    };
    let mut rows: Vec<Vec<f64>> = (0..tasks)
        .map(|_| {
            let length = match drawing {
                Drawing::Uneven => 10_f64.powf(stream.between(-2.0, 2.0)),
                Drawing::Extreme => 10_f64.powf(stream.between(-30.0, 30.0)),
                Drawing::Zero => 0.0,
                _ => stream.between(0.5, 2.0),
            };
            let common = if drawing == Drawing::Agreeing {
                1.0
            } else {
                0.0
            };
            (0..parameters)
                .map(|_| length * (common + stream.normal()))
                .collect()
        })
        .collect();
    let half = tasks / 2;
    match drawing {
        Drawing::ZeroRow => {
            let task = stream.below(tasks);
            if let Some(row) = rows.get_mut(task) {
                row.fill(0.0);
            }
        }
        Drawing::Duplicate | Drawing::Opposite => {
            let sign = if drawing == Drawing::Opposite {
                -1.0
            } else {
                1.0
            };
            let (first, second) = rows.split_at_mut(half);
            for (row, copy) in first.iter().zip(second) {
                *copy = row.iter().map(|value| sign * value).collect();
            }
        }
        _ => {}
    }
    rows
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
        let steps = self.steps.iter().filter_map(|(gram, losses)| {
            let moved = moved_order(gram.present(), &place);
            let values = moved.iter().flat_map(|&(_, first)| {
                moved.iter().map(move |&(_, second)| gram.at(first, second))
            });
            let present: Vec<usize> = moved.iter().map(|(place, _)| *place).collect();
            let gram = Gram::new(present.clone(), values.collect()).ok()?;
            let pick = |from: &[f64]| {
                moved
                    .iter()
                    .filter_map(|&(_, old)| from.get(old).copied())
                    .collect()
            };
            let rows = moved
                .iter()
                .filter_map(|&(_, old)| losses.rows.get(old).copied());
            let losses = Losses {
                present,
                values: pick(&losses.values),
                rows: rows.collect(),
            };
            Some((gram, losses))
        });
        let scene = Self {
            name: format!("{}, permuted", self.name),
            steps: steps.collect(),
            tasks: tasks.into_iter().map(|(_, task)| task).collect(),
        };
        (scene, place)
    }
}

/// The present tasks' new indices, ascending, each with its old position.
pub(in crate::contract) fn moved_order(present: &[usize], place: &[usize]) -> Vec<(usize, usize)> {
    let mut moved: Vec<(usize, usize)> = present
        .iter()
        .enumerate()
        .map(|(position, &task)| (place.get(task).copied().unwrap_or(0), position))
        .collect();
    moved.sort_unstable();
    moved
}
