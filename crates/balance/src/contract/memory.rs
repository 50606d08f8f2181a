//! Properties of what is remembered: whose it is, what may move it, that it survives a save.

use polytask_config::Values;

use super::Outcome;
use super::made::{Subject, load, saved, started};
use super::remembered::moved;
use super::scene::{Given, Scene};
use super::tested::{Answer, Tested};
use crate::{Losses, Weighting};

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

pub(super) fn absent<T: Tested + ?Sized>(subject: &Subject<T>, scene: &Scene<T::Given>) -> Outcome {
    let mut method = started(subject, "", &scene.tasks)?;
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
pub(super) fn unusable_loss(subject: &Subject<dyn Weighting>, scene: &Scene<Losses>) -> Outcome {
    let mut weighting = started(subject, "", &scene.tasks)?;
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

/// Two runs in which every other step has a broken loss of one task, in each another one: every answer, then and later, is finite,
/// and what is remembered does not depend on which it was.
pub(super) fn broken_loss<T: Tested + ?Sized>(
    subject: &Subject<T>,
    scene: &Scene<T::Given>,
    losses: fn(&mut T::Given) -> &mut Losses,
) -> Outcome {
    let mut first = started(subject, "", &scene.tasks)?;
    let mut second = started(subject, "", &scene.tasks)?;
    for (number, given) in scene.steps.iter().enumerate() {
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

/// A broken loss moves nothing that is remembered of losses. What that is shows from outside: of two usable losses in the same
/// place each leaves something else there. After a broken one it is what it was before. What is remembered of gradients alone
/// may move.
pub(super) fn loss_memory<T: Tested + ?Sized>(
    subject: &Subject<T>,
    scene: &Scene<T::Given>,
    losses: fn(&mut T::Given) -> &mut Losses,
) -> Outcome {
    let mut method = started(subject, "", &scene.tasks)?;
    for (number, given) in scene.steps.iter().enumerate() {
        let before = saved(method.as_mut())?;
        // What the same step leaves with this done to its first loss.
        let with = |change: &dyn Fn(&mut Losses)| -> Result<Values, String> {
            let mut other = started(subject, "", &scene.tasks)?;
            load(other.as_mut(), before.clone())?;
            let mut given = given.clone();
            change(losses(&mut given));
            other.take(&given, number);
            saved(other.as_mut())
        };
        let first = given.present().first();
        if let Some((&task, facts)) = first.and_then(|task| Some((task, scene.tasks.get(*task)?))) {
            let larger = with(&|losses| scale_first(losses, 1.7))?;
            let smaller = with(&|losses| scale_first(losses, 0.4))?;
            let broken = with(&|losses| break_first(losses, number))?;
            let tasks = scene.tasks.len();
            let of_losses = moved(&larger, &smaller, &facts.name, task, tasks);
            let mut moved = moved(&before, &broken, &facts.name, task, tasks);
            // What is not there yet may be laid out for what is to come.
            let is_there = |key: &String| before.0.get(key).is_some_and(|value| !value.is_empty());
            moved.retain(|key| is_there(key) && of_losses.contains(key));
            if !moved.is_empty() {
                return Err(format!(
                    "{}, step {number}: a broken loss moved {moved:?}, which remember losses of task {task}",
                    scene.name
                ));
            }
        }
        method.take(given, number);
        method.turn(number);
    }
    Ok(())
}

/// Multiplies the loss of the first task.
fn scale_first(losses: &mut Losses, factor: f64) {
    if let Some(loss) = losses.values.first_mut() {
        *loss *= factor;
    }
}

pub(super) fn resume<T: Tested + ?Sized>(subject: &Subject<T>, scene: &Scene<T::Given>) -> Outcome {
    for options in subject.trials() {
        let mut whole = started(subject, options, &scene.tasks)?;
        let mut part = started(subject, options, &scene.tasks)?;
        for (number, given) in scene.steps.iter().enumerate() {
            // A fresh one takes over before every step: whatever it does not save is lost.
            let values = saved(part.as_mut())?;
            part = started(subject, options, &scene.tasks)?;
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
