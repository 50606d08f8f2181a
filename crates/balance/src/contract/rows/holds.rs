//! Properties of the shared gradients themselves.

use super::super::gram::scene::facts;
use super::super::made::moment;
use super::made::{entries, run, started, step, swapped_run, with};
use super::scene::{NAMES, Scene};
use super::{Golden, Outcome};
use crate::{Block, Losses, RowAggregatorEntry, Rows, Scale, SharedGradient};

/// Sums of numbers in single precision, in another order.
const ROUNDING: f64 = 1e-5;

pub(super) fn finite(entry: &'static RowAggregatorEntry, scene: &Scene) -> Outcome {
    for options in ["", entry.facts.trial] {
        let answers = run(with(entry, options)?.as_mut(), scene);
        for (number, shared) in answers.iter().enumerate() {
            let weights = shared.alpha.iter().chain(&shared.heads).flatten();
            let numbers = weights.copied().chain(entries(shared));
            if !numbers.chain([shared.residual]).all(f64::is_finite) {
                return Err(format!("{}, step {number}: {shared:?}", scene.name));
            }
        }
    }
    Ok(())
}

pub(super) fn shape(entry: &'static RowAggregatorEntry, scene: &Scene) -> Outcome {
    let mut aggregator = started(entry, "", &scene.tasks)?;
    for (number, given) in scene.steps.iter().enumerate() {
        let wanted = aggregator.visits(&given.losses.present, moment(number));
        let is_ordered = wanted.is_sorted_by(|first, second| first < second);
        let is_present = |task| given.losses.present.contains(task);
        if !is_ordered || !wanted.iter().all(is_present) {
            return Err(format!("{}: it wants tasks {wanted:?}", scene.name));
        }
        let visited = given.only(&wanted);
        let rows = visited.rows(false);
        let shared = step(aggregator.as_mut(), given, number);
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

pub(super) fn permutation(entry: &'static RowAggregatorEntry, scene: &Scene) -> Outcome {
    let plain = run(with(entry, "")?.as_mut(), scene);
    let moved = run(with(entry, "")?.as_mut(), &scene.permuted());
    agree(scene, &plain, &moved)
}

pub(super) fn blocks(entry: &'static RowAggregatorEntry, scene: &Scene) -> Outcome {
    let plain = run(with(entry, "")?.as_mut(), scene);
    let swapped = swapped_run(with(entry, "")?.as_mut(), scene, true);
    agree(scene, &plain, &swapped)
}

pub(super) fn single_task(entry: &'static RowAggregatorEntry, scene: &Scene) -> Outcome {
    let answers = run(with(entry, "")?.as_mut(), scene);
    for (number, (shared, given)) in answers.iter().zip(&scene.steps).enumerate() {
        let projection: f64 = given.rows(false).projections(&shared.blocks).iter().sum();
        if projection <= 0.0 {
            return Err(format!(
                "{}, step {number}: the only task's loss would not fall, {projection}",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn gain(entry: &'static RowAggregatorEntry, scene: &Scene) -> Outcome {
    let mut aggregator = with(entry, "")?;
    let factor = match aggregator.scale() {
        Scale::Sum => scene.tasks.len() as f64,
        Scale::Mean => 1.0,
        Scale::Means(factor) => factor,
        Scale::Free => return Ok(()),
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

pub(super) fn goldens(entry: &'static RowAggregatorEntry) -> Outcome {
    if entry.facts.golden.is_empty() {
        return Err("no shared gradient is known of it".to_owned());
    }
    let mut golden = entry.facts.golden.iter();
    golden.try_for_each(|golden| known(entry, golden))
}

fn known(entry: &'static RowAggregatorEntry, golden: &Golden) -> Outcome {
    let tasks = golden.rows.len();
    let present: Vec<usize> = (0..tasks).collect();
    let values = if golden.losses.is_empty() {
        vec![1.0; tasks]
    } else {
        golden.losses.to_vec()
    };
    let losses = Losses {
        present: present.clone(),
        values,
        rows: vec![1; tasks],
    };
    let mut aggregator = started(entry, golden.options, &facts(tasks))?;
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
    let mut each = found.iter().zip(golden.direction);
    let agree = each.all(|(value, wanted)| (value - wanted).abs() <= golden.tolerance);
    if agree && found.len() == golden.direction.len() {
        return Ok(());
    }
    Err(format!(
        "{{ {} }} gives {found:?}, not {:?} ({})",
        golden.options, golden.direction, golden.source
    ))
}
