//! Properties of what is remembered: whose it is, what may move it, that it survives a save.

use super::made::{load, saved, started, step};
use super::remembered::moved;
use super::scene::{self, Scene};
use super::{Outcome, bits};
use crate::{Losses, Seen, Weighting, WeightingEntry};

/// What is remembered of some tasks does not move in `losses`, a step of a run that is well under way.
fn stays(
    weighting: &mut dyn Weighting,
    scene: &Scene,
    losses: &Losses,
    tasks: &[usize],
) -> Outcome {
    let before = saved(weighting)?;
    let alpha = step(weighting, losses).alpha;
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
    for losses in &scene.steps {
        let absent: Vec<usize> = (0..scene.tasks.len())
            .filter(|task| !losses.present.contains(task))
            .collect();
        stays(weighting.as_mut(), scene, losses, &absent)?;
    }
    Ok(())
}

pub(super) fn unusable_loss(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    let mut weighting = started(entry, &scene.tasks)?;
    let broken = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0];
    for (losses, loss) in scene.steps.iter().zip(broken.iter().cycle()) {
        step(weighting.as_mut(), losses);
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
        stays(weighting.as_mut(), scene, &scene::collected(seen), &[task])?;
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
            step(whole.as_mut(), losses).alpha,
            step(part.as_mut(), losses).alpha,
        );
        if bits(&alpha) != bits(&resumed) {
            return Err(format!(
                "{}, step {number}: {alpha:?}, resumed {resumed:?}",
                scene.name
            ));
        }
    }
    let (whole, part) = (saved(whole.as_mut())?, saved(part.as_mut())?);
    let is_same = whole.0.len() == part.0.len()
        && whole
            .0
            .iter()
            .zip(&part.0)
            .all(|((name, value), (other_name, other))| {
                name == other_name && value.same_bits(other)
            });
    if is_same {
        Ok(())
    } else {
        Err(format!("{}: the state at the end differs", scene.name))
    }
}
