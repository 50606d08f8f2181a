//! Properties of the weights of weightings: one a task, the same in any order, known ones.

use super::made::{Subject, answers, started};
use super::scene::{Scene, of_all};
use super::tested::Tested;
use super::{Golden, Outcome, bits};
use crate::{Losses, TaskFacts, Weighting, Weights};

pub(super) fn length(subject: &Subject<dyn Weighting>, scene: &Scene<Losses>) -> Outcome {
    let mut weighting = started(subject, "", &scene.tasks)?;
    let none = Losses::default();
    for (number, losses) in scene.steps.iter().chain([&none]).enumerate() {
        let weights = weighting.take(losses, number).alpha.len();
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

pub(super) fn permutation(subject: &Subject<dyn Weighting>, scene: &Scene<Losses>) -> Outcome {
    // Sums over tasks run in another order: a few roundings of up to 40 terms, over 24 steps that build on each other.
    const ROUNDING: f64 = 1e-9;
    let (permuted, place) = scene.permuted();
    let plain = answers(subject, "", scene)?;
    let moved = answers(subject, "", &permuted)?;
    let steps = scene
        .steps
        .iter()
        .zip(&permuted.steps)
        .zip(plain.iter().zip(&moved))
        .enumerate();
    for (number, ((losses, moved_losses), (weights, moved_weights))) in steps {
        for (&task, &weight) in losses.present.iter().zip(&weights.alpha) {
            let wanted = place.get(task);
            let position = moved_losses
                .present
                .iter()
                .position(|moved| Some(moved) == wanted);
            let other = position
                .and_then(|position| moved_weights.alpha.get(position))
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

pub(super) fn independent(subject: &Subject<dyn Weighting>, scene: &Scene<Losses>) -> Outcome {
    let together = answers(subject, "", scene)?;
    for task in 0..scene.tasks.len() {
        let weight = |(losses, weights): (&Losses, &Weights)| {
            let position = losses.present.iter().position(|present| *present == task)?;
            weights.alpha.get(position).copied()
        };
        let within: Vec<f64> = scene
            .steps
            .iter()
            .zip(&together)
            .filter_map(weight)
            .collect();
        let alone = answers(subject, "", &scene.alone(task))?.into_iter();
        let alone: Vec<f64> = alone.flat_map(|weights| weights.alpha).collect();
        if bits(&within) != bits(&alone) {
            return Err(format!(
                "{}: task {task} has {within:?}, alone {alone:?}",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn known(subject: &Subject<dyn Weighting>, golden: &Golden) -> Outcome {
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
    let steps = golden
        .losses
        .iter()
        .map(|losses| of_all(losses.to_vec(), 1));
    let scene = Scene {
        name: "golden".to_owned(),
        tasks: tasks.collect(),
        steps: steps.collect(),
    };
    let last = answers(subject, "", &scene)?.pop();
    let alpha = last.map(|weights| weights.alpha).unwrap_or_default();
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
