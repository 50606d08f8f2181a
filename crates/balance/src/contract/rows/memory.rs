//! Properties of what is remembered: whose it is, what may move it, that it survives a save.

use super::super::memory::same;
use super::super::remembered::moved;
use super::Outcome;
use super::made::{load, saved, started, step, turn};
use super::scene::Scene;
use crate::RowAggregatorEntry;

pub(super) fn absent(entry: &'static RowAggregatorEntry, scene: &Scene) -> Outcome {
    let mut aggregator = started(entry, "", &scene.tasks)?;
    for (number, given) in scene.steps.iter().enumerate() {
        let before = saved(aggregator.as_mut())?;
        step(aggregator.as_mut(), given, number);
        let after = saved(aggregator.as_mut())?;
        for (task, facts) in scene.tasks.iter().enumerate() {
            if given.losses.present.contains(&task) {
                continue;
            }
            let moved = moved(&before, &after, &facts.name, task, scene.tasks.len());
            if !moved.is_empty() {
                return Err(format!(
                    "{}, step {number}: {moved:?} of absent task {task} moved",
                    scene.name
                ));
            }
        }
        turn(aggregator.as_mut(), number);
    }
    Ok(())
}

/// Which broken loss it is may not matter for anything that is remembered, and every gradient is finite.
pub(super) fn unusable_loss(entry: &'static RowAggregatorEntry, scene: &Scene) -> Outcome {
    let broken = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0];
    let mut first = started(entry, "", &scene.tasks)?;
    let mut second = started(entry, "", &scene.tasks)?;
    for (number, given) in scene.steps.iter().enumerate() {
        for (aggregator, offset) in [(&mut first, 0), (&mut second, 1)] {
            let mut given = given.clone();
            if number % 2 == 1
                && let Some(value) = given.losses.values.first_mut()
            {
                *value = broken
                    .get((number / 2 + offset) % broken.len())
                    .copied()
                    .unwrap_or(f64::NAN);
            }
            let shared = step(aggregator.as_mut(), &given, number);
            if !shared
                .blocks
                .iter()
                .flatten()
                .all(|value| value.is_finite())
            {
                return Err(format!("{}, step {number}: {shared:?}", scene.name));
            }
        }
        let states = (saved(first.as_mut())?, saved(second.as_mut())?);
        if !same(&states.0, &states.1) {
            return Err(format!(
                "{}, step {number}: what is remembered depends on a broken loss",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn resume(entry: &'static RowAggregatorEntry, scene: &Scene) -> Outcome {
    for options in ["", entry.facts.trial] {
        let mut whole = started(entry, options, &scene.tasks)?;
        let mut part = started(entry, options, &scene.tasks)?;
        for (number, given) in scene.steps.iter().enumerate() {
            // A fresh one takes over before every step: whatever it does not save is lost.
            let values = saved(part.as_mut())?;
            part = started(entry, options, &scene.tasks)?;
            load(part.as_mut(), values)?;
            let shared = step(whole.as_mut(), given, number);
            let resumed = step(part.as_mut(), given, number);
            // No gradient is NaN, or `Finite` would fail.
            if shared != resumed {
                return Err(format!(
                    "{}, step {number}: {shared:?}, resumed {resumed:?}",
                    scene.name
                ));
            }
            turn(whole.as_mut(), number);
            turn(part.as_mut(), number);
        }
        if !same(&saved(whole.as_mut())?, &saved(part.as_mut())?) {
            return Err(format!("{}: the state at the end differs", scene.name));
        }
    }
    Ok(())
}
