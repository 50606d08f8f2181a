//! Properties of the weights themselves.

use super::super::answers::{agrees, sum_of};
use super::super::made::{Subject, answers, run, started, with};
use super::super::scene::{facts, moved_order};
use super::scene::Scene;
use super::{Golden, Outcome};
use crate::{Cross, CrossAggregator, Losses};

pub(super) fn length(subject: &Subject<dyn CrossAggregator>, scene: &Scene) -> Outcome {
    let answers = answers(subject, "", scene)?;
    for (weights, given) in answers.iter().zip(&scene.steps) {
        let heads = weights
            .heads
            .as_ref()
            .map_or(given.third.present.len(), Vec::len);
        if weights.alpha.len() != given.third.present.len() || heads != given.third.present.len() {
            return Err(format!(
                "{}: {weights:?} for the present tasks {:?}",
                scene.name, given.third.present
            ));
        }
    }
    Ok(())
}

pub(super) fn permutation(subject: &Subject<dyn CrossAggregator>, scene: &Scene) -> Outcome {
    const ROUNDING: f64 = 1e-9;
    let (permuted, place) = scene.permuted();
    let plain = answers(subject, "", scene)?;
    let other = answers(subject, "", &permuted)?;
    for ((weights, other), given) in plain.iter().zip(&other).zip(&scene.steps) {
        let order = moved_order(&given.third.present, &place);
        for ((_, old), weight) in order.into_iter().zip(&other.alpha) {
            let wanted = weights.alpha.get(old).copied().unwrap_or(f64::NAN);
            let is_same = (weight - wanted).abs() <= ROUNDING;
            if !is_same {
                return Err(format!(
                    "{}: {weights:?}, in another order {other:?}",
                    scene.name
                ));
            }
        }
    }
    Ok(())
}

/// The weights of however many present tasks add up to what the scale says.
pub(super) fn gain(subject: &Subject<dyn CrossAggregator>, scene: &Scene) -> Outcome {
    let mut aggregator = with(subject, "")?;
    let scale = aggregator.scale();
    for (weights, given) in run(aggregator.as_mut(), scene).iter().zip(&scene.steps) {
        if given.third.present.is_empty() {
            continue;
        }
        let Some(wanted) = sum_of(scale, given.third.present.len()) else {
            continue;
        };
        let sum: f64 = weights.alpha.iter().sum();
        let is_wanted = (sum - wanted).abs() <= 1e-9 * wanted;
        if !is_wanted {
            return Err(format!(
                "{}: {weights:?}, wanted the sum {wanted}",
                scene.name
            ));
        }
    }
    Ok(())
}

pub(super) fn known(subject: &Subject<dyn CrossAggregator>, golden: &Golden) -> Outcome {
    let tasks = golden.cross.len();
    let present: Vec<usize> = (0..tasks).collect();
    let cross = Cross::new(present.clone(), golden.cross.concat());
    let cross = cross.map_err(|error| error.to_string())?;
    let mut aggregator = started(subject, golden.options, &facts(tasks))?;
    for _ in 0..golden.steps {
        aggregator.learn(&cross);
    }
    let third = Losses {
        values: vec![1.0; tasks],
        rows: vec![1; tasks],
        present,
    };
    let alpha = aggregator.weights(&third).alpha;
    let wanted = (golden.alpha, golden.tolerance, golden.source);
    agrees(golden.options, &alpha, wanted)
}
