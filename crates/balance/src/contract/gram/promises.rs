//! What only some methods hold.

use super::super::drawing::{independent, solvable};
use super::super::made::{Subject, answers, started};
use super::super::scene::few;
use super::super::tested::Tested;
use super::holds::distance;
use super::scene::Scene;
use super::{Outcome, Promise, Promised};
use crate::{GRAM_AGGREGATORS, Gram, GramAggregator, Scale, Weights};

/// A step of a run: number, what was given, what was answered.
struct Step<'a> {
    number: usize,
    gram: &'a Gram,
    alpha: &'a [f64],
    weights: &'a Weights,
}

pub(super) fn keeps(subject: &Subject<dyn GramAggregator>, promised: &Promised) -> Outcome {
    let each = |scenes: Vec<Scene>, holds: &dyn Fn(&Step<'_>) -> Outcome| {
        few(scenes, subject).try_for_each(|scene| {
            let answers = answers(subject, promised.options, &scene)?;
            let steps = scene.steps.iter().zip(&answers).enumerate();
            for (number, ((gram, _), weights)) in steps {
                let alpha = weights.alpha.as_slice();
                let step = Step {
                    number,
                    gram,
                    alpha,
                    weights,
                };
                holds(&step).map_err(|seen| {
                    format!(
                        "{{ {} }}, {:?}: {}, step {number}: {seen}",
                        promised.options, promised.promise, scene.name
                    )
                })?;
            }
            Ok(())
        })
    };
    match promised.promise {
        Promise::Certified => each(certain(subject, promised), &certified),
        Promise::Simplex => each(solvable(), &in_simplex),
        Promise::NonConflict => each(certain(subject, promised), &without_conflict),
        Promise::PairNonConflict => {
            let mut pairs = solvable();
            pairs.retain(|scene| scene.tasks.len() <= 2);
            each(pairs, &without_conflict)
        }
        Promise::PlainWithoutConflict => plain_without_conflict(subject, promised),
        Promise::Scaling(power) => scaling(subject, promised, power),
        Promise::RowScaling(power) => row_scaling(subject, promised, power),
        Promise::EqualProjections => each(independent(), &equal_projections),
        Promise::WithinBall(radius) => each(solvable(), &|step| within_ball(step, radius)),
        Promise::PowerOfProjection(a) => each(independent(), &|step| power(step, a)),
        Promise::SquaredNormOfSmallest => each(independent(), &squared_norm_of_smallest),
        Promise::LengthOfFirst => each(independent(), &length_of_first),
        Promise::FirstStepOf(name) => first_step_of(subject, promised, name),
    }
}

/// Where a solution exists: for a bargain only where no convex combination of the gradients vanishes, which is sure of
/// independent ones.
fn certain(subject: &Subject<dyn GramAggregator>, promised: &Promised) -> Vec<Scene> {
    let is_bargain = subject
        .entry
        .facts
        .promises
        .iter()
        .any(|other| matches!(other.promise, Promise::PowerOfProjection(_)));
    if is_bargain && promised.promise != Promise::NonConflict {
        independent()
    } else {
        solvable()
    }
}

fn certified(step: &Step<'_>) -> Outcome {
    if step.weights.residual <= 1e-8 {
        return Ok(());
    }
    Err(format!("residual {}", step.weights.residual))
}

fn in_simplex(step: &Step<'_>) -> Outcome {
    let sum: f64 = step.alpha.iter().sum();
    let is_positive = step.alpha.iter().all(|&weight| weight >= 0.0);
    if is_positive && (step.alpha.is_empty() || (sum - 1.0).abs() < 1e-12) {
        return Ok(());
    }
    Err(format!("{:?} adds up to {sum}", step.alpha))
}

fn without_conflict(step: &Step<'_>) -> Outcome {
    let norms = step.gram.norms();
    let size: f64 = norms
        .iter()
        .zip(step.alpha)
        .map(|(norm, weight)| norm * weight.abs())
        .sum();
    for (along, norm) in step.gram.projections(step.alpha).iter().zip(norms.iter()) {
        if *along < -1e-5 * norm * size {
            return Err(format!(
                "a loss rises: {:?} project to {:?}",
                step.alpha,
                step.gram.projections(step.alpha)
            ));
        }
    }
    Ok(())
}

fn plain_without_conflict(subject: &Subject<dyn GramAggregator>, promised: &Promised) -> Outcome {
    for scene in few(solvable(), subject) {
        let mut aggregator = started(subject, promised.options, &scene.tasks)?;
        for (number, (gram, losses)) in scene.steps.iter().enumerate() {
            // The sizes of the inner products, so that none is negative: those of some gradients still.
            let squared = gram.matrix().component_mul(gram.matrix());
            let squared = Gram::new(gram.present().to_vec(), squared.as_slice().to_vec());
            let squared = squared.map_err(|error| error.to_string())?;
            let tasks = squared.tasks() as f64;
            let wanted = match aggregator.scale() {
                Scale::Mean => 1.0 / tasks,
                _ => 1.0,
            };
            let alpha = aggregator.take(&(squared, losses.clone()), number).alpha;
            if !alpha.iter().all(|weight| (weight - wanted).abs() < 1e-12) {
                return Err(format!("{}, step {number}: {alpha:?}", scene.name));
            }
        }
    }
    Ok(())
}

fn scaling(subject: &Subject<dyn GramAggregator>, promised: &Promised, power: f64) -> Outcome {
    for scene in few(solvable(), subject) {
        for factor in [1e-6, 3.0, 1e5] {
            let mut plain = started(subject, promised.options, &scene.tasks)?;
            let mut other = started(subject, promised.options, &scene.tasks)?;
            for (number, given) in scene.steps.iter().enumerate() {
                let (gram, losses) = given;
                let scaled = gram.scaled(&vec![factor; gram.tasks()]);
                let alpha = plain.take(given, number).alpha;
                let found = other.take(&(scaled, losses.clone()), number).alpha;
                let wanted: Vec<f64> = alpha.iter().map(|w| w * factor.powf(power)).collect();
                if distance(gram, &found, &wanted) > 1e-6 {
                    return Err(format!(
                        "{}, step {number}: {factor} × the gradients give {found:?}, wanted {wanted:?}",
                        scene.name
                    ));
                }
            }
        }
    }
    Ok(())
}

fn row_scaling(subject: &Subject<dyn GramAggregator>, promised: &Promised, power: f64) -> Outcome {
    for scene in few(independent(), subject) {
        let mut plain = started(subject, promised.options, &scene.tasks)?;
        let mut other = started(subject, promised.options, &scene.tasks)?;
        for (number, given) in scene.steps.iter().enumerate() {
            let (gram, losses) = given;
            let factors: Vec<f64> = (0..gram.tasks())
                .map(|task| 10_f64.powi(task as i32 % 5 - 2))
                .collect();
            let alpha = plain.take(given, number).alpha;
            let scaled = (gram.scaled(&factors), losses.clone());
            let found = other.take(&scaled, number).alpha;
            let each = alpha.iter().zip(&factors);
            let wanted: Vec<f64> = each.map(|(w, factor)| w * factor.powf(power)).collect();
            if distance(&scaled.0, &found, &wanted) > 1e-6 {
                return Err(format!(
                    "{}, step {number}: {found:?}, wanted {wanted:?}",
                    scene.name
                ));
            }
        }
    }
    Ok(())
}

/// Whether numbers are all the same but for a share of the largest.
fn all_equal(values: &[f64], share: f64) -> bool {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let smallest = values.iter().copied().fold(f64::INFINITY, f64::min);
    values.is_empty() || largest - smallest <= share * largest.abs().max(smallest.abs())
}

fn equal_projections(step: &Step<'_>) -> Outcome {
    let norms = step.gram.norms();
    let along = step.gram.projections(step.alpha);
    let along: Vec<f64> = along.iter().zip(norms.iter()).map(|(p, n)| p / n).collect();
    if all_equal(&along, 1e-6) && along.iter().all(|&along| along > 0.0) {
        return Ok(());
    }
    Err(format!("{:?} project to {along:?}", step.alpha))
}

fn within_ball(step: &Step<'_>, radius: f64) -> Outcome {
    let mean = vec![1.0 / step.gram.tasks().max(1) as f64; step.gram.tasks()];
    let away: Vec<f64> = step.alpha.iter().zip(&mean).map(|(a, b)| a - b).collect();
    let (away, length) = (step.gram.shared_norm(&away), step.gram.shared_norm(&mean));
    if away <= length * radius * (1.0 + 1e-6) + 1e-7 * step.gram.norms().max().max(0.0) {
        return Ok(());
    }
    Err(format!("{away} from the mean, which is {length} long"))
}

fn power(step: &Step<'_>, a: f64) -> Outcome {
    let along = step.gram.projections(step.alpha);
    let each = along.iter().zip(step.alpha);
    let ones: Vec<f64> = each
        .map(|(along, weight)| along * weight.powf(1.0 / a))
        .collect();
    if ones.iter().all(|one| (one - 1.0).abs() < 1e-6) {
        return Ok(());
    }
    Err(format!("(Gα) α^(1/a) is {ones:?}"))
}

fn squared_norm_of_smallest(step: &Step<'_>) -> Outcome {
    if step.gram.tasks() == 0 {
        return Ok(());
    }
    let values = step.gram.matrix().symmetric_eigenvalues();
    let (smallest, largest) = (values.min(), values.max());
    if smallest < 1e-10 * largest {
        return Ok(());
    }
    let wanted = smallest * step.gram.tasks() as f64;
    let found = step.gram.shared_norm(step.alpha).powi(2);
    if (found - wanted).abs() <= 1e-4 * wanted {
        return Ok(());
    }
    Err(format!("‖d‖² = {found}, wanted {wanted}"))
}

fn length_of_first(step: &Step<'_>) -> Outcome {
    if step.gram.present().first() != Some(&0) {
        return Ok(());
    }
    let (found, wanted) = (step.gram.shared_norm(step.alpha), step.gram.at(0, 0).sqrt());
    if (found - wanted).abs() <= 1e-6 * wanted {
        return Ok(());
    }
    Err(format!(
        "step {}: ‖d‖ = {found}, wanted {wanted}",
        step.number
    ))
}

fn first_step_of(
    subject: &Subject<dyn GramAggregator>,
    promised: &Promised,
    name: &str,
) -> Outcome {
    let other = GRAM_AGGREGATORS.iter().find(|entry| entry.name == name);
    let other = Subject::plain(other.ok_or_else(|| format!("there is no {name}"))?);
    for scene in few(solvable(), subject) {
        for (number, given) in scene.steps.iter().enumerate() {
            let alpha = |subject: &Subject<dyn GramAggregator>, options: &str| {
                started(subject, options, &scene.tasks)
                    .map(|mut made| made.take(given, number).alpha)
            };
            let (found, wanted) = (alpha(subject, promised.options)?, alpha(&other, "")?);
            if distance(&given.0, &found, &wanted) > 1e-7 {
                return Err(format!(
                    "{}, step {number}: {found:?}, {name} {wanted:?}",
                    scene.name
                ));
            }
        }
    }
    Ok(())
}
