//! Properties of the weights themselves.

use super::super::answers::{agrees, sum_of};
use super::super::made::{Subject, answers, run, started, with};
use super::super::scene::{facts, known_losses, moved_order};
use super::super::tested::Tested;
use super::scene::Scene;
use super::{Golden, Outcome};
use crate::{Gram, GramAggregator, Losses, Moment};

pub(super) fn length(subject: &Subject<dyn GramAggregator>, scene: &Scene) -> Outcome {
    let mut aggregator = started(subject, "", &scene.tasks)?;
    let none = Gram::new(Vec::new(), Vec::new()).map_err(|error| error.to_string())?;
    let none = [(none, Losses::default())];
    for (number, given) in scene.steps.iter().chain(&none).enumerate() {
        let (gram, weights) = (&given.0, aggregator.take(given, number));
        let heads = weights.heads.map_or(gram.tasks(), |heads| heads.len());
        if weights.alpha.len() != gram.tasks() || heads != gram.tasks() {
            return Err(format!(
                "{}: {} weights and {heads} for heads, for {} present tasks",
                scene.name,
                weights.alpha.len(),
                gram.tasks()
            ));
        }
    }
    Ok(())
}

/// ‖Jᵀ(α − β)‖ as a share of Σ max(|α_t|, |β_t|) ‖g_t‖: how far two shared gradients are apart.
pub(super) fn distance(gram: &Gram, first: &[f64], second: &[f64]) -> f64 {
    let differences: Vec<f64> = first.iter().zip(second).map(|(a, b)| a - b).collect();
    let norms = gram.norms();
    let each = first.iter().zip(second).zip(norms.iter());
    let size: f64 = each.map(|((a, b), norm)| a.abs().max(b.abs()) * norm).sum();
    if size > 0.0 {
        gram.shared_norm(&differences) / size
    } else {
        0.0
    }
}

/// The largest |α_t − β_t| ‖g_t‖ as a share of the same sum: how far the weights themselves are apart.
fn apart(gram: &Gram, first: &[f64], second: &[f64]) -> f64 {
    let norms = gram.norms();
    let each = first.iter().zip(second).zip(norms.iter());
    let size: f64 = each
        .clone()
        .map(|((a, b), norm)| a.abs().max(b.abs()) * norm)
        .sum();
    let largest = each.map(|((a, b), norm)| (a - b).abs() * norm);
    largest.fold(0.0, f64::max) / size.max(f64::MIN_POSITIVE)
}

pub(super) fn permutation(subject: &Subject<dyn GramAggregator>, scene: &Scene) -> Outcome {
    let orders = [scene.permuted(), scene.reversed()];
    orders
        .iter()
        .try_for_each(|(permuted, place)| reordered(subject, scene, permuted, place))
}

fn reordered(
    subject: &Subject<dyn GramAggregator>,
    scene: &Scene,
    permuted: &Scene,
    place: &[usize],
) -> Outcome {
    // ‖Jᵀδ‖ comes out of a root of a difference: half of the digits are left. Solvers stop at 10⁻⁸.
    const ROUNDING: f64 = 1e-6;
    // Where there is no bargain, a ridge of 10⁻¹⁰ decides on the weights, and leaves them so few digits.
    const WEIGHTS: f64 = 1e-4;
    let plain = answers(subject, "", scene)?;
    let moved = answers(subject, "", permuted)?;
    let each = scene.steps.iter().zip(plain.iter().zip(&moved));
    for (number, ((gram, _), (weights, moved))) in each.enumerate() {
        let mut back = vec![0.0; gram.tasks()];
        let order = moved_order(gram.present(), place);
        for ((_, old), weight) in order.into_iter().zip(&moved.alpha) {
            if let Some(slot) = back.get_mut(old) {
                *slot = *weight;
            }
        }
        let is_same = distance(gram, &weights.alpha, &back) <= ROUNDING
            && apart(gram, &weights.alpha, &back) <= WEIGHTS;
        if !is_same {
            return Err(format!(
                "{}, step {number}: {:?}, in another order {back:?}",
                scene.name, weights.alpha
            ));
        }
    }
    Ok(())
}

/// A step with one of several tasks has the weight that the scale says, whatever a wrapper keeps of the steps before; unless
/// the method itself learns a scale for each task.
pub(super) fn alone(subject: &Subject<dyn GramAggregator>, scene: &Scene) -> Outcome {
    if scaled(&Subject::plain(subject.entry), scene).is_err() {
        return Ok(());
    }
    scaled(subject, scene)
}

fn scaled(subject: &Subject<dyn GramAggregator>, scene: &Scene) -> Outcome {
    let wanted = sum_of(with(subject, "")?.scale(), 1);
    let answers = answers(subject, "", scene)?;
    for (number, weights) in answers.iter().enumerate() {
        let [weight] = weights.alpha.as_slice() else {
            continue;
        };
        let is_plain = match wanted {
            Some(wanted) => (weight - wanted).abs() <= 1e-6 * wanted,
            None => *weight > 0.0 && weight.is_finite(),
        };
        if !is_plain {
            return Err(format!(
                "{}, step {number}: {weight} for the only present task, wanted {wanted:?}",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn gain(subject: &Subject<dyn GramAggregator>, scene: &Scene) -> Outcome {
    let mut aggregator = with(subject, "")?;
    let Some(wanted) = sum_of(aggregator.scale(), scene.tasks.len()) else {
        return Ok(());
    };
    for weights in run(aggregator.as_mut(), scene) {
        let sum: f64 = weights.alpha.iter().sum();
        let is_wanted = (sum - wanted).abs() <= 1e-6 * wanted;
        if !is_wanted {
            return Err(format!(
                "{}: the weights add up to {sum}, wanted {wanted}",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn known(subject: &Subject<dyn GramAggregator>, golden: &Golden) -> Outcome {
    let tasks = golden.gram.len();
    let values = golden.gram.concat();
    let gram = Gram::new((0..tasks).collect(), values).map_err(|error| error.to_string())?;
    let losses = known_losses(golden.losses, tasks);
    let mut aggregator = started(subject, golden.options, &facts(tasks))?;
    let mut alpha = Vec::new();
    for step in 0..golden.steps {
        let moment = Moment {
            step: step as u64,
            ..Moment::default()
        };
        alpha = aggregator.weights(&gram, &losses, moment).alpha;
    }
    let wanted = (golden.alpha, golden.tolerance, golden.source);
    agrees(golden.options, &alpha, wanted)
}
