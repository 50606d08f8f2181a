//! The gradients that aggregators are put before.

use polytask_random::{Seed, Stream};

use super::scene::{Given, SIZES, Scene, facts};

/// How the gradients are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drawing {
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
    /// Each direction is there twice, with other lengths.
    Coinciding,
    /// The same, but for the sign: Pareto-stationary.
    Opposed,
    /// Along both ways of a few axes, of whole lengths: nothing but their lengths tells some gradients apart.
    Axes,
    /// Spread evenly over a plane, of a few lengths: many convex combinations are zero.
    Star,
    /// Of lengths from 10⁻³⁰ to 10³⁰.
    Extreme,
    /// All are zero.
    Zero,
}

pub(super) const INDEPENDENT: [Drawing; 3] = [Drawing::Random, Drawing::Agreeing, Drawing::Uneven];
const SOLVABLE: [Drawing; 6] = [
    Drawing::Random,
    Drawing::Agreeing,
    Drawing::Uneven,
    Drawing::Singular,
    Drawing::ZeroRow,
    Drawing::Duplicate,
];
const TIED: [Drawing; 5] = [
    Drawing::Opposite,
    Drawing::Coinciding,
    Drawing::Opposed,
    Drawing::Axes,
    Drawing::Star,
];
const HARD: [Drawing; 2] = [Drawing::Extreme, Drawing::Zero];

/// Every kind of gradients.
pub(super) fn kinds() -> impl Iterator<Item = Drawing> {
    SOLVABLE.into_iter().chain(TIED).chain(HARD)
}

/// What is given is drawn from gradients.
pub(super) trait Drawn: Given {
    /// Of every draw.
    const SEED: Seed;

    /// The step of this number.
    fn draw(drawing: Drawing, size: usize, number: u64, stream: &mut Stream) -> Option<Self>;
}

/// Every kind of gradients × every number of tasks.
pub(super) fn all<G: Drawn>() -> Vec<Scene<G>> {
    scenes(kinds())
}

/// Those whose shared gradient does not hang on rounding.
pub(super) fn solvable<G: Drawn>() -> Vec<Scene<G>> {
    scenes(SOLVABLE)
}

/// Those between which only lengths decide, or nothing: the same direction or the opposite one twice and more.
pub(super) fn tied<G: Drawn>() -> Vec<Scene<G>> {
    scenes(TIED)
}

/// Those with independent gradients, neither zero nor of extreme lengths.
pub(super) fn independent<G: Drawn>() -> Vec<Scene<G>> {
    scenes(INDEPENDENT)
}

/// One task.
pub(super) fn alone<G: Drawn>(kinds: impl IntoIterator<Item = Drawing>) -> Vec<Scene<G>> {
    let kinds = kinds.into_iter();
    kinds.map(|drawing| make(drawing, 1)).collect()
}

fn scenes<G: Drawn>(kinds: impl IntoIterator<Item = Drawing>) -> Vec<Scene<G>> {
    let kinds = kinds.into_iter();
    kinds
        .flat_map(|drawing| SIZES.into_iter().map(move |size| make(drawing, size)))
        .collect()
}

fn make<G: Drawn>(drawing: Drawing, size: usize) -> Scene<G> {
    const STEPS: u64 = 8;
    let name = format!("{drawing:?}, {size} tasks");
    let draw = |number| G::draw(drawing, size, number, &mut G::SEED.stream(&name, number));
    Scene {
        steps: (0..STEPS).filter_map(draw).collect(),
        tasks: facts(size),
        name,
    }
}

/// Gradients `[tasks][parameters]`.
pub(super) fn rows(drawing: Drawing, tasks: usize, stream: &mut Stream) -> Vec<Vec<f64>> {
    let parameters = match drawing {
        Drawing::Singular => tasks.div_ceil(2).max(2),
        Drawing::Axes => tasks.div_ceil(3),
        Drawing::Star => 2,
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
    let copied = |rows: &mut Vec<Vec<f64>>, factor: &mut dyn FnMut() -> f64| {
        let (first, second) = rows.split_at_mut(half);
        for (row, copy) in first.iter().zip(second) {
            let factor = factor();
            *copy = row.iter().map(|value| factor * value).collect();
        }
    };
    match drawing {
        Drawing::ZeroRow => {
            let task = stream.below(tasks);
            if let Some(row) = rows.get_mut(task) {
                row.fill(0.0);
            }
        }
        Drawing::Duplicate => copied(&mut rows, &mut || 1.0),
        Drawing::Opposite => copied(&mut rows, &mut || -1.0),
        Drawing::Coinciding => copied(&mut rows, &mut || stream.between(0.5, 2.0)),
        Drawing::Opposed => copied(&mut rows, &mut || -stream.between(0.5, 2.0)),
        Drawing::Axes => rows.iter_mut().enumerate().for_each(|(task, row)| {
            let sign = if stream.uniform() < 0.5 { -1.0 } else { 1.0 };
            let length = sign * (1 + stream.below(3)) as f64;
            for (axis, value) in row.iter_mut().enumerate() {
                *value = if axis == task % parameters {
                    length
                } else {
                    0.0
                };
            }
        }),
        Drawing::Star => rows.iter_mut().enumerate().for_each(|(task, row)| {
            let angle = std::f64::consts::TAU * task as f64 / tasks as f64;
            let length = (1 + stream.below(3)) as f64;
            *row = vec![length * angle.cos(), length * angle.sin()];
        }),
        _ => {}
    }
    rows
}
