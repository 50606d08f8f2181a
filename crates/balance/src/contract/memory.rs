//! Properties of what is remembered: whose it is, what may move it, that it survives a save.

use super::made::{load, saved, started, step, turn};
use super::remembered::moved;
use super::scene::{self, Scene};
use super::{Outcome, bits};
use crate::{Losses, Seen, Weighting, WeightingEntry};
use polytask_config::Values;

/// What is remembered of some tasks does not move in `losses`, a step of a run that is well under way.
fn stays(
    weighting: &mut dyn Weighting,
    scene: &Scene,
    (number, losses): (usize, &Losses),
    tasks: &[usize],
) -> Outcome {
    let before = saved(weighting)?;
    let alpha = step(weighting, losses, number).alpha;
    let after = saved(weighting)?;
    for &task in tasks {
        let name = scene
            .tasks
            .get(task)
            .map_or("", |facts| facts.name.as_str());
        let moved = moved(&before, &after, name, task, scene.tasks.len());
        if !moved.is_empty() {
            return Err(format!("{}: {moved:?} of task {task} moved", scene.name));
        }
    }
    if !alpha.iter().all(|weight| weight.is_finite()) {
        return Err(format!("{}: weights {alpha:?}", scene.name));
    }
    Ok(())
}

pub(super) fn absent(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    let mut weighting = started(entry, &scene.tasks)?;
    for (number, losses) in scene.steps.iter().enumerate() {
        let absent: Vec<usize> = (0..scene.tasks.len())
            .filter(|task| !losses.present.contains(task))
            .collect();
        stays(weighting.as_mut(), scene, (number, losses), &absent)?;
        turn(weighting.as_mut(), number);
    }
    Ok(())
}

pub(super) fn unusable_loss(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    let mut weighting = started(entry, &scene.tasks)?;
    let broken = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0];
    let steps = scene.steps.iter().enumerate();
    for ((number, losses), loss) in steps.zip(broken.iter().cycle()) {
        step(weighting.as_mut(), losses, number);
        let Some(&task) = losses.present.first() else {
            continue;
        };
        let seen = losses.seen().map(|seen| {
            if seen.task == task {
                Seen {
                    loss: *loss,
                    ..seen
                }
            } else {
                seen
            }
        });
        let broken = scene::collected(seen);
        stays(weighting.as_mut(), scene, (number, &broken), &[task])?;
        turn(weighting.as_mut(), number);
    }
    Ok(())
}

pub(super) fn resume(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    let mut whole = started(entry, &scene.tasks)?;
    let mut part = started(entry, &scene.tasks)?;
    for (number, losses) in scene.steps.iter().enumerate() {
        // A fresh one takes over before every step: whatever it does not save is lost.
        let values = saved(part.as_mut())?;
        part = started(entry, &scene.tasks)?;
        load(part.as_mut(), values)?;
        let (alpha, resumed) = (
            step(whole.as_mut(), losses, number).alpha,
            step(part.as_mut(), losses, number).alpha,
        );
        turn(whole.as_mut(), number);
        turn(part.as_mut(), number);
        if bits(&alpha) != bits(&resumed) {
            return Err(format!(
                "{}, step {number}: {alpha:?}, resumed {resumed:?}",
                scene.name
            ));
        }
    }
    let (whole, part) = (saved(whole.as_mut())?, saved(part.as_mut())?);
    if same(&whole, &part) {
        Ok(())
    } else {
        Err(format!("{}: the state at the end differs", scene.name))
    }
}

/// Whether two states are the same bit for bit.
pub(super) fn same(first: &Values, second: &Values) -> bool {
    let pairs = first.0.iter().zip(&second.0);
    let mut pairs = pairs
        .map(|((name, value), (other_name, other))| name == other_name && value.same_bits(other));
    first.0.len() == second.0.len() && pairs.all(|is_same| is_same)
}
