//! Properties of the weights themselves.

use super::made::{run, started, step, with};
use super::scene::{Scene, facts, moved_order};
use super::{Golden, Outcome};
use crate::{Gram, GramAggregatorEntry, Losses, Moment, Scale};

pub(super) fn finite(entry: &'static GramAggregatorEntry, scene: &Scene) -> Outcome {
    for options in ["", entry.facts.trial] {
        for (number, weights) in run(with(entry, options)?.as_mut(), scene)
            .iter()
            .enumerate()
        {
            let heads = weights.heads.iter().flatten();
            let mut all = weights.alpha.iter().chain(heads).chain([&weights.residual]);
            if !all.all(|weight| weight.is_finite()) {
                return Err(format!("{}, step {number}: {weights:?}", scene.name));
            }
        }
    }
    Ok(())
}

pub(super) fn length(entry: &'static GramAggregatorEntry, scene: &Scene) -> Outcome {
    let mut aggregator = started(entry, "", &scene.tasks)?;
    let none = Gram::new(Vec::new(), Vec::new()).map_err(|error| error.to_string())?;
    let none = [(none, Losses::default())];
    for (number, (gram, losses)) in scene.steps.iter().chain(&none).enumerate() {
        let weights = step(aggregator.as_mut(), gram, losses, number);
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

pub(super) fn permutation(entry: &'static GramAggregatorEntry, scene: &Scene) -> Outcome {
    // ‖Jᵀδ‖ comes out of a root of a difference: half of the digits are left. Solvers stop at 10⁻⁸.
    const ROUNDING: f64 = 1e-6;
    let (permuted, place) = scene.permuted();
    let plain = run(with(entry, "")?.as_mut(), scene);
    let moved = run(with(entry, "")?.as_mut(), &permuted);
    let each = scene.steps.iter().zip(plain.iter().zip(&moved));
    for (number, ((gram, _), (weights, moved))) in each.enumerate() {
        let mut back = vec![0.0; gram.tasks()];
        let order = moved_order(gram.present(), &place);
        for ((_, old), weight) in order.into_iter().zip(&moved.alpha) {
            if let Some(slot) = back.get_mut(old) {
                *slot = *weight;
            }
        }
        if distance(gram, &weights.alpha, &back) > ROUNDING {
            return Err(format!(
                "{}, step {number}: {:?}, in another order {back:?}",
                scene.name, weights.alpha
            ));
        }
    }
    Ok(())
}

pub(super) fn single_task(entry: &'static GramAggregatorEntry, scene: &Scene) -> Outcome {
    for (number, weights) in run(with(entry, "")?.as_mut(), scene).iter().enumerate() {
        if !matches!(weights.alpha.as_slice(), [weight] if *weight > 0.0 && weight.is_finite()) {
            return Err(format!(
                "{}, step {number}: {:?} for the only task",
                scene.name, weights.alpha
            ));
        }
    }
    Ok(())
}

pub(super) fn gain(entry: &'static GramAggregatorEntry, scene: &Scene) -> Outcome {
    let mut aggregator = with(entry, "")?;
    let wanted = match aggregator.scale() {
        Scale::Sum => scene.tasks.len() as f64,
        Scale::Mean => 1.0,
        Scale::Means(factor) => factor,
        Scale::Free => return Ok(()),
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

pub(super) fn goldens(entry: &'static GramAggregatorEntry) -> Outcome {
    if entry.facts.golden.is_empty() {
        return Err("no weights are known of it".to_owned());
    }
    let mut golden = entry.facts.golden.iter();
    golden.try_for_each(|golden| known(entry, golden))
}

fn known(entry: &'static GramAggregatorEntry, golden: &Golden) -> Outcome {
    let tasks = golden.gram.len();
    let values = golden.gram.concat();
    let gram = Gram::new((0..tasks).collect(), values).map_err(|error| error.to_string())?;
    let values = if golden.losses.is_empty() {
        vec![1.0; tasks]
    } else {
        golden.losses.to_vec()
    };
    let losses = Losses {
        present: (0..tasks).collect(),
        values,
        rows: vec![1; tasks],
    };
    let mut aggregator = started(entry, golden.options, &facts(tasks))?;
    let mut alpha = Vec::new();
    for step in 0..golden.steps {
        let moment = Moment {
            step: step as u64,
            ..Moment::default()
        };
        alpha = aggregator.weights(&gram, &losses, moment).alpha;
    }
    let mut each = alpha.iter().zip(golden.alpha);
    let agree = each.all(|(weight, wanted)| (weight - wanted).abs() <= golden.tolerance);
    if agree && alpha.len() == golden.alpha.len() {
        return Ok(());
    }
    Err(format!(
        "{{ {} }} gives {alpha:?}, not {:?} ({})",
        golden.options, golden.alpha, golden.source
    ))
}
