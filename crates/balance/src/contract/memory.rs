//! Properties of what is remembered: whose it is, what may move it, that it survives a save.

use polytask_config::Values;

use super::Outcome;
use super::made::{load, saved, started};
use super::remembered::moved;
use super::scene::{Given, Scene};
use super::tested::{Answer, EntryOf, Tested};
use crate::{Losses, WeightingEntry};

/// What is remembered of some tasks does not move in `given`, a step of a run that is well under way.
fn stays<T: Tested + ?Sized>(
    method: &mut T,
    scene: &Scene<T::Given>,
    (number, given): (usize, &T::Given),
    tasks: &[usize],
) -> Outcome {
    let before = saved(method)?;
    let answer = method.take(given, number);
    let after = saved(method)?;
    let tested = scene.tasks.iter().enumerate();
    for (task, facts) in tested.filter(|(task, _)| tasks.contains(task)) {
        let moved = moved(&before, &after, &facts.name, task, scene.tasks.len());
        if !moved.is_empty() {
            return Err(format!(
                "{}, step {number}: {moved:?} of task {task} moved",
                scene.name
            ));
        }
    }
    if !answer.is_finite() {
        return Err(format!("{}, step {number}: {answer:?}", scene.name));
    }
    Ok(())
}

pub(super) fn absent<T: Tested + ?Sized>(
    entry: &'static EntryOf<T>,
    scene: &Scene<T::Given>,
) -> Outcome {
    let mut method = started(entry, "", &scene.tasks)?;
    for (number, given) in scene.steps.iter().enumerate() {
        let absent: Vec<usize> = (0..scene.tasks.len())
            .filter(|task| !given.present().contains(task))
            .collect();
        stays(method.as_mut(), scene, (number, given), &absent)?;
        method.turn(number);
    }
    Ok(())
}

/// Replaces the loss of the first task by one of those that nothing can be learned from.
fn break_first(losses: &mut Losses, kind: usize) {
    let broken = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0];
    let broken = broken.into_iter().cycle().nth(kind);
    if let (Some(loss), Some(broken)) = (losses.values.first_mut(), broken) {
        *loss = broken;
    }
}

/// After each step the same once more with a broken loss, which may move nothing of its task.
pub(super) fn unusable_loss(entry: &'static WeightingEntry, scene: &Scene<Losses>) -> Outcome {
    let mut weighting = started(entry, "", &scene.tasks)?;
    for (number, losses) in scene.steps.iter().enumerate() {
        weighting.take(losses, number);
        let Some(&task) = losses.present.first() else {
            continue;
        };
        let mut broken = losses.clone();
        break_first(&mut broken, number);
        stays(weighting.as_mut(), scene, (number, &broken), &[task])?;
        weighting.turn(number);
    }
    Ok(())
}

/// A broken loss must leave no trace: the run goes on as if the steps with it had had any other loss there, or none at all is
/// remembered of losses. What can be seen from outside: which broken loss it is does not matter for anything that is remembered,
/// and every answer, then and later, is finite.
pub(super) fn broken_loss<T: Tested + ?Sized>(
    entry: &'static EntryOf<T>,
    scene: &Scene<T::Given>,
    losses: fn(&mut T::Given) -> &mut Losses,
) -> Outcome {
    let mut first = started(entry, "", &scene.tasks)?;
    let mut second = started(entry, "", &scene.tasks)?;
    for (number, given) in scene.steps.iter().enumerate() {
        // Two kinds of broken losses of the same task.
        for (method, offset) in [(&mut first, 0), (&mut second, 1)] {
            let mut given = given.clone();
            if number % 2 == 1 {
                break_first(losses(&mut given), number / 2 + offset);
            }
            let answer = method.take(&given, number);
            if !answer.is_finite() {
                return Err(format!("{}, step {number}: {answer:?}", scene.name));
            }
        }
        if !same(&saved(first.as_mut())?, &saved(second.as_mut())?) {
            return Err(format!(
                "{}, step {number}: what is remembered depends on a broken loss",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn resume<T: Tested + ?Sized>(
    entry: &'static EntryOf<T>,
    scene: &Scene<T::Given>,
) -> Outcome {
    for options in ["", T::trial(&entry.facts)] {
        let mut whole = started(entry, options, &scene.tasks)?;
        let mut part = started(entry, options, &scene.tasks)?;
        for (number, given) in scene.steps.iter().enumerate() {
            // A fresh one takes over before every step: whatever it does not save is lost.
            let values = saved(part.as_mut())?;
            part = started(entry, options, &scene.tasks)?;
            load(part.as_mut(), values)?;
            let answer = whole.take(given, number);
            let resumed = part.take(given, number);
            if !answer.is_same(&resumed) {
                return Err(format!(
                    "{}, step {number}: {answer:?}, resumed {resumed:?}",
                    scene.name
                ));
            }
            whole.turn(number);
            part.turn(number);
        }
        if !same(&saved(whole.as_mut())?, &saved(part.as_mut())?) {
            return Err(format!("{}: the state at the end differs", scene.name));
        }
    }
    Ok(())
}

/// Whether two states are the same bit for bit.
fn same(first: &Values, second: &Values) -> bool {
    let pairs = first.0.iter().zip(&second.0);
    let mut pairs = pairs
        .map(|((name, value), (other_name, other))| name == other_name && value.same_bits(other));
    first.0.len() == second.0.len() && pairs.all(|is_same| is_same)
}
