//! Properties of the shared gradients themselves.

use super::super::answers::{agrees, sum_of};
use super::super::made::{Subject, answers, moment, run, started, with};
use super::super::scene::{facts, known_losses};
use super::super::tested::Tested;
use super::scene::{NAMES, Scene};
use super::{Golden, Outcome};
use crate::products::is_ascending;
use crate::{Block, RowAggregator, Rows, SharedGradient};

/// Sums of numbers in single precision, in another order.
const ROUNDING: f64 = 1e-5;

pub(super) fn shape(subject: &Subject<dyn RowAggregator>, scene: &Scene) -> Outcome {
    let mut aggregator = started(subject, "", &scene.tasks)?;
    for (number, given) in scene.steps.iter().enumerate() {
        let wanted = aggregator.visits(&given.losses.present, moment(number));
        let is_present = |task| given.losses.present.contains(task);
        if !is_ascending(&wanted) || !wanted.iter().all(is_present) {
            return Err(format!("{}: it wants tasks {wanted:?}", scene.name));
        }
        let visited = given.only(&wanted);
        let rows = visited.rows();
        let shared = aggregator.take(given, number);
        let sizes = shared.blocks.iter().map(Vec::len);
        let blocks = rows.blocks().iter().map(Block::entries);
        let is_fitting = sizes.eq(blocks);
        let weights = shared.alpha.iter().chain(&shared.heads);
        if !is_fitting || !weights.into_iter().all(|list| list.len() == rows.tasks()) {
            return Err(format!("{}: {shared:?} for {rows:?}", scene.name));
        }
    }
    Ok(())
}

/// The entries of a shared gradient, one after the other.
pub(super) fn entries(shared: &SharedGradient) -> Vec<f64> {
    let values = shared.blocks.iter().flatten();
    values.map(|value| f64::from(*value)).collect()
}

/// ‖a − b‖ as a share of the longer one.
pub(super) fn distance(first: &[f64], second: &[f64]) -> f64 {
    let norm = |values: &[f64]| values.iter().fold(0.0_f64, |sum, value| sum.hypot(*value));
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    let longest = norm(first).max(norm(second));
    if longest > 0.0 {
        norm(&differences) / longest
    } else {
        0.0
    }
}

fn agree(scene: &Scene, first: &[SharedGradient], second: &[SharedGradient]) -> Outcome {
    for (number, (plain, other)) in first.iter().zip(second).enumerate() {
        if distance(&entries(plain), &entries(other)) > ROUNDING {
            return Err(format!(
                "{}, step {number}: {plain:?}, in another order {other:?}",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn permutation(subject: &Subject<dyn RowAggregator>, scene: &Scene) -> Outcome {
    let plain = answers(subject, "", scene)?;
    let (permuted, _) = scene.permuted();
    let moved = answers(subject, "", &permuted)?;
    agree(scene, &plain, &moved)
}

pub(super) fn blocks(subject: &Subject<dyn RowAggregator>, scene: &Scene) -> Outcome {
    let plain = answers(subject, "", scene)?;
    let mut swapped = scene.clone();
    for step in &mut swapped.steps {
        step.is_swapped = true;
    }
    let swapped = answers(subject, "", &swapped)?;
    agree(scene, &plain, &swapped)
}

pub(super) fn single_task(subject: &Subject<dyn RowAggregator>, scene: &Scene) -> Outcome {
    let answers = answers(subject, "", scene)?;
    for (number, (shared, given)) in answers.iter().zip(&scene.steps).enumerate() {
        let projection: f64 = given.rows().projections(&shared.blocks).iter().sum();
        if projection <= 0.0 {
            return Err(format!(
                "{}, step {number}: the only task's loss would not fall, {projection}",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn gain(subject: &Subject<dyn RowAggregator>, scene: &Scene) -> Outcome {
    let mut aggregator = with(subject, "")?;
    let Some(factor) = sum_of(aggregator.scale(), scene.tasks.len()) else {
        return Ok(());
    };
    let answers = run(aggregator.as_mut(), scene);
    for (shared, given) in answers.iter().zip(&scene.steps) {
        let row = given.rows.first().into_iter().flatten();
        let wanted: Vec<f64> = row.map(|value| factor * f64::from(*value)).collect();
        if distance(&entries(shared), &wanted) > ROUNDING {
            return Err(format!("{}: {shared:?}, wanted {wanted:?}", scene.name));
        }
    }
    Ok(())
}

pub(super) fn known(subject: &Subject<dyn RowAggregator>, golden: &Golden) -> Outcome {
    let tasks = golden.rows.len();
    let present: Vec<usize> = (0..tasks).collect();
    let losses = known_losses(golden.losses, tasks);
    let mut aggregator = started(subject, golden.options, &facts(tasks))?;
    let mut found = Vec::new();
    let [name, _] = NAMES;
    for number in 0..golden.steps {
        let is_first = number == 0 || golden.then.is_empty();
        let rows = if is_first { golden.rows } else { golden.then };
        let rows = rows.to_vec();
        let block = Block { name, rows };
        let rows = Rows::new(present.clone(), vec![block]).map_err(|error| error.to_string())?;
        found = entries(&aggregator.combine(&rows, &losses, moment(number)));
    }
    let wanted = (golden.direction, golden.tolerance, golden.source);
    agrees(golden.options, &found, wanted)
}
