//! Methods that learn from two batches for a third: a step's batches are three equal parts.
//!
//! What is learned concerns the losses as they are; the weighting's weights multiply what is answered.

use burn::tensor::Tensor;
use polytask_balance::{Cross, CrossAggregator, Gram, Sight};
use polytask_data::Batch;

use crate::engine::judge::Judge;
use crate::engine::plain::Backward;
use crate::engine::present::Present;
use crate::engine::{Engine, Work, rows};
use crate::tensors;

/// Of so many batches, the first two thirds; none of fewer than three, as at the end of an epoch.
pub(super) fn looked_at(batches: usize) -> usize {
    if batches < 3 { 0 } else { batches / 3 * 2 }
}

pub(super) fn backward(
    engine: &Engine,
    aggregator: &mut dyn CrossAggregator,
    work: &Work<'_>,
    looked_at: &[Batch],
    judge: &mut Judge<'_>,
) -> Option<Backward> {
    let (first, second) = looked_at.split_at(looked_at.len() / 2);
    if !first.is_empty() {
        match cross(engine, work, first, second) {
            Some((cross, gram)) => {
                aggregator.learn(&cross);
                judge.gram = gram;
            }
            None => judge.is_broken = true,
        }
    }
    engine.backward(work, Sight::Nothing, &mut |seen| {
        judge.answer(seen.losses, |present| aggregator.weights(present))
    })
}

/// The inner products of the gradients of two parts, of the tasks that are present in both, and those of their means, if there
/// are any; `None` if they are not finite.
fn cross(
    engine: &Engine,
    work: &Work<'_>,
    first: &[Batch],
    second: &[Batch],
) -> Option<(Cross, Option<Gram>)> {
    let tasks = work.plan.tasks.len();
    let [one, other] = [first, second].map(|batches| Present::of(batches, tasks));
    let both: Vec<usize> = one
        .tasks
        .iter()
        .copied()
        .filter(|task| other.tasks.contains(task))
        .collect();
    let part = |batches, present: &Present, part: usize| {
        let position = |task: &usize| present.tasks.iter().position(|own| own == task);
        let positions: Vec<usize> = both.iter().filter_map(position).collect();
        // The batches that the step is taken with draw what they draw without these.
        let part = Work {
            batches,
            present,
            first_draw: work.batches.len() + part * first.len(),
            // Running statistics move with the step's own batches.
            model: &work.model.clone(),
            ..*work
        };
        engine.apart(&part, Some(&positions))
    };
    if both.is_empty() {
        return Some((Cross::new(Vec::new(), Vec::new()).ok()?, None));
    }
    let [one, other] = [part(first, &one, 0)?, part(second, &other, 1)?];
    let products = rows::cross(&one.layers, &other.layers)?;
    let means = rows::mean_gram(&one.layers, &other.layers, products.clone())?;
    let values = tensors::read(Tensor::cat(vec![products, means], 0));
    let (products, means) = values.split_at(values.len() / 2);
    let double = |values: &[f32]| values.iter().copied().map(f64::from).collect();
    let gram = Gram::new(both.clone(), double(means)).ok();
    Some((Cross::new(both, double(products)).ok()?, gram))
}
