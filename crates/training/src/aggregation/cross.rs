//! Methods that learn from two batches for a third: a step's batches are three equal parts.
//!
//! What is learned concerns the losses times the weighting's weights, as everything that an aggregator sees. These weights are those of
//! the step, which follow from the third part, so that a task is learned of that has labels in all three.

use burn::tensor::Tensor;
use polytask_balance::{Cross, CrossAggregator, Gram, Sight};
use polytask_data::Batch;

use crate::engine::judge::{Judge, Seen};
use crate::engine::plain::Backward;
use crate::engine::present::Present;
use crate::engine::{Engine, Work, rows};

/// How many batches a step has, unless the configuration says.
pub(super) const BATCHES: usize = 3;

/// Of so many batches, the first two thirds; none of fewer than three, as at the end of an epoch.
pub(super) fn looked_at(batches: usize) -> usize {
    if batches < BATCHES {
        0
    } else {
        batches / BATCHES * 2
    }
}

pub(super) fn backward(
    engine: &Engine,
    aggregator: &mut dyn CrossAggregator,
    work: &Work<'_>,
    looked_at: &[Batch],
    judge: &mut Judge<'_>,
) -> Option<Backward> {
    let (first, second) = looked_at.split_at(looked_at.len() / 2);
    let mut seen = None;
    if !first.is_empty() {
        match cross(engine, work, first, second) {
            Some((cross, gram)) => {
                seen = Some(cross);
                judge.gram = gram;
            }
            None => judge.is_broken = true,
        }
    }
    engine.backward(work, Sight::Nothing, &mut |own| {
        judge.answer(own.losses, |losses, weights| {
            if let Some(cross) = seen.take() {
                let position = |task| losses.present.iter().position(|own| own == task);
                let of_task = |task| weights.get(position(task)?).copied();
                let weights = cross
                    .present()
                    .iter()
                    .map(|task| of_task(task).unwrap_or(1.0));
                aggregator.learn(&cross.weighted(&weights.collect::<Vec<_>>()));
            }
            aggregator.weights(losses)
        })
    })
}

/// The inner products of the gradients of two parts, of the tasks that are present in both and in the third, and those of their
/// means, if there are any; `None` if they are not finite.
fn cross(
    engine: &Engine,
    work: &Work<'_>,
    first: &[Batch],
    second: &[Batch],
) -> Option<(Cross, Option<Gram>)> {
    let count = work.plan.tasks.len();
    let [one, other] = [first, second].map(|batches| Present::of(batches, count));
    let tasks: Vec<usize> = one
        .tasks
        .iter()
        .copied()
        .filter(|task| other.tasks.contains(task) && work.present.tasks.contains(task))
        .collect();
    if tasks.is_empty() {
        return Some((Cross::new(Vec::new(), Vec::new()).ok()?, None));
    }
    let part = |batches, present: &Present, part: usize| {
        let position = |task: &usize| present.tasks.iter().position(|own| own == task);
        let positions: Vec<usize> = tasks.iter().filter_map(position).collect();
        // The batches that the step is taken with draw what they draw without these.
        let part = Work {
            batches,
            present,
            first_draw: work.batches.len() + part * first.len(),
            // Running statistics move with the step's own batches.
            model: &work.model.clone(),
            ..*work
        };
        let apart = engine.apart(&part, Some(&positions))?;
        let losses = positions
            .iter()
            .filter_map(|&position| apart.losses.get(position).cloned());
        Some((apart.layers, losses.collect::<Vec<Tensor<1>>>()))
    };
    let [(one, first), (other, second)] = [part(first, &one, 0)?, part(second, &other, 1)?];
    let products = rows::cross(&one, &other)?;
    let (left, right) = (rows::gram(&one)?, rows::gram(&other)?);
    let losses: Vec<Tensor<1>> = first.into_iter().chain(second).collect();
    let seen = Seen::read(&losses, vec![products, left, right]);
    let [products, left, right] = seen.grams.as_slice() else {
        return None;
    };
    let norms = [left, right].map(|gram| {
        let diagonal = gram.iter().step_by(tasks.len() + 1);
        diagonal.map(|square| square.max(0.0).sqrt()).collect()
    });
    let (first, second) = seen.losses.split_at(tasks.len().min(seen.losses.len()));
    let gram = Gram::new(tasks.clone(), means(tasks.len(), products, left, right)).ok();
    let cross = Cross::new(tasks, products.clone()).ok()?;
    let cross = cross.with_losses([first.to_vec(), second.to_vec()]);
    Some((cross.with_norms(norms), gram))
}

/// The inner products of (g_s + h_s)/2 and (g_t + h_t)/2, given those of g with h, of g and of h.
fn means(tasks: usize, cross: &[f64], left: &[f64], right: &[f64]) -> Vec<f64> {
    let turned = (0..tasks * tasks).map(|at| cross.get(at % tasks * tasks + at / tasks));
    let each = cross.iter().zip(turned).zip(left.iter().zip(right));
    each.map(|((one, other), (left, right))| (one + other.unwrap_or(one) + left + right) / 4.0)
        .collect()
}
