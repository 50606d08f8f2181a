//! Properties of the weights themselves: finite, one a task, the same in any order.

use super::made::{run, started, step, with_defaults};
use super::scene::{self, Scene};
use super::{Golden, Outcome, bits};
use crate::{Losses, Seen, TaskFacts, WeightingEntry};

pub(super) fn finite(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    for (number, alpha) in run(with_defaults(entry)?.as_mut(), scene)
        .iter()
        .enumerate()
    {
        if !alpha.iter().all(|weight| weight.is_finite()) {
            return Err(format!("{}, step {number}: weights {alpha:?}", scene.name));
        }
    }
    Ok(())
}

pub(super) fn length(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    let mut weighting = started(entry, &scene.tasks)?;
    let none = Losses::default();
    for (number, losses) in scene.steps.iter().chain([&none]).enumerate() {
        let weights = step(weighting.as_mut(), losses, number).alpha.len();
        if weights != losses.present.len() {
            return Err(format!(
                "{}: {weights} weights for {} present tasks",
                scene.name,
                losses.present.len()
            ));
        }
    }
    Ok(())
}

pub(super) fn permutation(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    // Sums over tasks run in another order: a few roundings of up to 40 terms, over 24 steps that build on each other.
    const ROUNDING: f64 = 1e-9;
    let (permuted, place) = scene.permuted();
    let plain = run(with_defaults(entry)?.as_mut(), scene);
    let moved = run(with_defaults(entry)?.as_mut(), &permuted);
    let steps = scene
        .steps
        .iter()
        .zip(&permuted.steps)
        .zip(plain.iter().zip(&moved))
        .enumerate();
    for (number, ((losses, moved_losses), (alpha, moved_alpha))) in steps {
        for (&task, &weight) in losses.present.iter().zip(alpha) {
            let wanted = place.get(task);
            let position = moved_losses
                .present
                .iter()
                .position(|moved| Some(moved) == wanted);
            let other = position
                .and_then(|position| moved_alpha.get(position))
                .copied()
                .unwrap_or(f64::NAN);
            if !is_close(weight, other, ROUNDING) {
                return Err(format!(
                    "{}, step {number}: task {task} has {weight}, in another order {other}",
                    scene.name
                ));
            }
        }
    }
    Ok(())
}

pub(super) fn single_task(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    for (number, alpha) in run(with_defaults(entry)?.as_mut(), scene)
        .iter()
        .enumerate()
    {
        if !matches!(alpha.as_slice(), [weight] if *weight > 0.0 && weight.is_finite()) {
            return Err(format!(
                "{}, step {number}: weights {alpha:?} of the only task",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn independent(entry: &'static WeightingEntry, scene: &Scene) -> Outcome {
    let together = run(with_defaults(entry)?.as_mut(), scene);
    for task in 0..scene.tasks.len() {
        let weight = |(losses, alpha): (&Losses, &Vec<f64>)| {
            let position = losses.present.iter().position(|present| *present == task)?;
            alpha.get(position).copied()
        };
        let within: Vec<f64> = scene
            .steps
            .iter()
            .zip(&together)
            .filter_map(weight)
            .collect();
        let alone = run(with_defaults(entry)?.as_mut(), &scene.alone(task)).concat();
        if bits(&within) != bits(&alone) {
            return Err(format!(
                "{}: task {task} has {within:?}, alone {alone:?}",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn goldens(entry: &'static WeightingEntry) -> Outcome {
    if entry.facts.golden.is_empty() {
        return Err("no weights are known of it".to_owned());
    }
    entry
        .facts
        .golden
        .iter()
        .try_for_each(|golden| known(entry, golden))
}

fn known(entry: &'static WeightingEntry, golden: &Golden) -> Outcome {
    let tasks = golden
        .tasks
        .iter()
        .enumerate()
        .map(|(task, &(family, entropy, variance))| TaskFacts {
            name: format!("task_{task}"),
            family,
            weight: 1.0,
            entropy,
            variance,
        });
    let steps = golden.losses.iter().map(|losses| {
        scene::collected(losses.iter().enumerate().map(|(task, &loss)| Seen {
            task,
            loss,
            rows: 1,
        }))
    });
    let scene = Scene {
        name: "golden".to_owned(),
        tasks: tasks.collect(),
        steps: steps.collect(),
    };
    let alpha = run(with_defaults(entry)?.as_mut(), &scene)
        .pop()
        .unwrap_or_default();
    let agree = |(weight, wanted): (&f64, &f64)| is_close(*weight, *wanted, golden.tolerance);
    if alpha.len() == golden.alpha.len() && alpha.iter().zip(golden.alpha).all(agree) {
        return Ok(());
    }
    Err(format!(
        "{alpha:?} is not {:?} ({})",
        golden.alpha, golden.source
    ))
}

fn is_close(first: f64, second: f64, share: f64) -> bool {
    (first - second).abs() <= share * first.abs().max(second.abs())
}
