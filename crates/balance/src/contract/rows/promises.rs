//! What only some row aggregators hold.

use super::super::drawing::independent;
use super::super::made::{Subject, answers, run, started, with};
use super::super::scene::few;
use super::super::tested::Tested;
use super::holds::{distance, entries};
use super::scene::{Scene, Step, single_task};
use super::{Outcome, Promise, Promised};
use crate::{GRAM_AGGREGATORS, Moment, RowAggregator, Scale};

/// Numbers in single precision, and what methods add to avoid a division by zero.
const ROUNDING: f64 = 1e-4;

pub(super) fn keeps(subject: &Subject<dyn RowAggregator>, promised: &Promised) -> Outcome {
    let options = promised.options;
    let each = |scenes: Vec<Scene>, holds: &dyn Fn(&Scene) -> Outcome| {
        few(scenes, subject).try_for_each(|scene| {
            holds(&scene).map_err(|seen| format!("{:?}, {}: {seen}", promised.promise, scene.name))
        })
    };
    match promised.promise {
        Promise::PlainAlone => each(single_task(), &|scene| alone(subject, options, scene)),
        Promise::OneSign => each(independent(), &|scene| {
            per_entry(subject, options, scene, is_one_sign)
        }),
        Promise::WithinRange => each(independent(), &|scene| {
            per_entry(subject, options, scene, is_within)
        }),
        Promise::IgnoresOutlier => each(independent(), &|scene| outlier(subject, options, scene)),
        Promise::Scaling(power) => each(independent(), &|scene| {
            scaling(subject, options, scene, power)
        }),
        Promise::FirstStepOf(name, factor) => each(independent(), &|scene| {
            first_step(subject, options, scene, name, factor)
        }),
    }
}

fn alone(subject: &Subject<dyn RowAggregator>, options: &str, scene: &Scene) -> Outcome {
    let mut aggregator = with(subject, options)?;
    let factor = match aggregator.scale() {
        Scale::Means(factor) => factor,
        _ => 1.0,
    };
    let answers = run(aggregator.as_mut(), scene);
    for (shared, given) in answers.iter().zip(&scene.steps) {
        let row = given.rows.first().into_iter().flatten();
        let wanted: Vec<f64> = row.map(|value| factor * f64::from(*value)).collect();
        if distance(&entries(shared), &wanted) > ROUNDING {
            return Err(format!("{shared:?} of the gradient {wanted:?}"));
        }
    }
    Ok(())
}

/// A test of one entry of the shared gradient, given the column of the rows.
fn per_entry(
    subject: &Subject<dyn RowAggregator>,
    options: &str,
    scene: &Scene,
    holds: fn(f64, &[f64]) -> bool,
) -> Outcome {
    let answers = answers(subject, options, scene)?;
    for (shared, given) in answers.iter().zip(&scene.steps) {
        for (place, value) in entries(shared).into_iter().enumerate() {
            let column = given.rows.iter().filter_map(|row| row.get(place));
            let column: Vec<f64> = column.map(|value| f64::from(*value)).collect();
            if !holds(value, &column) {
                return Err(format!("{value} of {column:?}"));
            }
        }
    }
    Ok(())
}

/// The sum of what is positive, or of what is negative.
fn is_one_sign(value: f64, column: &[f64]) -> bool {
    let positive: f64 = column.iter().map(|value| value.max(0.0)).sum();
    let negative: f64 = column.iter().map(|value| value.min(0.0)).sum();
    let tolerance = ROUNDING * (positive - negative);
    (value - positive).abs() <= tolerance || (value - negative).abs() <= tolerance
}

fn is_within(value: f64, column: &[f64]) -> bool {
    let least = column.iter().copied().fold(f64::INFINITY, f64::min);
    let most = column.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let tolerance = ROUNDING * (most - least).max(most.abs());
    (least - tolerance..=most + tolerance).contains(&value)
}

/// With one row replaced by huge numbers every entry still is within the range of the others.
fn outlier(subject: &Subject<dyn RowAggregator>, options: &str, scene: &Scene) -> Outcome {
    let mut aggregator = started(subject, options, &scene.tasks)?;
    for (number, given) in scene.steps.iter().enumerate() {
        if given.rows.len() < 3 {
            continue;
        }
        let mut planted = given.clone();
        if let Some(row) = planted.rows.first_mut() {
            row.fill(1e20);
        }
        let found = entries(&aggregator.take(&planted, number));
        for (place, value) in found.into_iter().enumerate() {
            let others = given.rows.iter().skip(1).filter_map(|row| row.get(place));
            let column: Vec<f64> = others.map(|value| f64::from(*value)).collect();
            if !is_within(value, &column) {
                return Err(format!("{value} of {column:?} and an outlier"));
            }
        }
    }
    Ok(())
}

/// Every gradient of the run multiplied by s multiplies every shared gradient by s to this power.
fn scaling(
    subject: &Subject<dyn RowAggregator>,
    options: &str,
    scene: &Scene,
    power: f64,
) -> Outcome {
    let plain = answers(subject, options, scene)?;
    for factor in [0.25_f32, 64.0] {
        let scaled: Vec<Step> = scene.steps.iter().map(|step| step.scaled(factor)).collect();
        let scaled = Scene {
            steps: scaled,
            ..scene.clone()
        };
        let scaled = answers(subject, options, &scaled)?;
        let wanted = f64::from(factor).powf(power);
        for (plain, scaled) in plain.iter().zip(&scaled) {
            let plain: Vec<f64> = entries(plain).iter().map(|value| wanted * value).collect();
            let scaled = entries(scaled);
            if distance(&plain, &scaled) > ROUNDING {
                return Err(format!(
                    "{scaled:?} of gradients {factor} times as long, wanted {plain:?}"
                ));
            }
        }
    }
    Ok(())
}

/// The first step is so many times that of a Gram aggregator.
fn first_step(
    subject: &Subject<dyn RowAggregator>,
    options: &str,
    scene: &Scene,
    name: &str,
    factor: f64,
) -> Outcome {
    let Some(other) = GRAM_AGGREGATORS.iter().find(|other| other.name == name) else {
        return Err(format!("there is no Gram aggregator '{name}'"));
    };
    let Some(given) = scene.steps.iter().find(|step| !step.rows.is_empty()) else {
        return Ok(());
    };
    let mut other = started(&Subject::plain(other), "", &scene.tasks)?;
    let rows = given.rows();
    let weights = other.weights(&rows.gram(), &given.losses, Moment::default());
    let wanted = rows.weighted(&weights.alpha).into_iter().flatten();
    let wanted: Vec<f64> = wanted.map(|value| factor * f64::from(value)).collect();
    let found = entries(&started(subject, options, &scene.tasks)?.take(given, 0));
    if distance(&found, &wanted) > ROUNDING {
        return Err(format!("{found:?}, wanted {wanted:?}"));
    }
    Ok(())
}
