//! The end of an epoch: metrics, score, the best so far.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::{Known, RunError, Surroundings};
use crate::covariance::Crosswise;
use crate::evaluate::{Measured, Predictor, Yardstick};
use crate::events::{EpochReport, Event};
use crate::plan::Plan;
use crate::score::score;
use crate::state::{EpochSums, TrainState};

/// Metrics on the validation rows, whose coupled numbers have these laws; `None` if a signal came.
pub(super) fn validate(
    plan: &Plan,
    state: &TrainState,
    around: &Surroundings<'_>,
    crosswise: Option<Crosswise>,
) -> Result<Option<BTreeMap<String, f64>>, RunError> {
    let model = state.evaluated();
    let predictor = Predictor::of(plan, &model);
    let mut metrics = train_metrics(plan, &state.progress.sums);
    if let Some(strength) = &state.code_strength {
        metrics.insert("train/code_strength".to_owned(), strength.now());
    }
    if !plan.splits.val.is_empty() {
        let weights = &state.progress.weights;
        let is_interrupted = || around.interrupt.load(Ordering::Relaxed);
        metrics.extend(if model.rate_price().is_some() {
            if is_interrupted() {
                return Ok(None);
            }
            // Rate and usable bits belong together: what is let through, and what tasks have of it.
            let measured = Measured {
                encoded: &plan.encoded,
                rows: &plan.splits.val,
                split: "val",
                batch_size: plan.train.batch_size,
                weights,
            };
            let yardstick = Yardstick::new(&plan.encoded, &plan.splits, "val");
            predictor.evaluate_in_bits(&measured, &yardstick)?.metrics
        } else {
            let mut tallies = predictor.tallies()?;
            tallies.crosswise = crosswise;
            for rows in plan.splits.val.chunks(plan.train.batch_size) {
                if is_interrupted() {
                    return Ok(None);
                }
                predictor.tally(&plan.encoded.batch(rows), &mut tallies);
            }
            predictor.report(tallies, "val", weights).metrics
        });
    }
    if let Some(score) = score(&plan.score, |key| metrics.get(key).copied()) {
        let split = if plan.splits.val.is_empty() {
            "train"
        } else {
            "val"
        };
        metrics.insert(format!("{split}/score"), score);
    }
    Ok(Some(metrics))
}

/// Means over the steps of the epoch; `train/loss` is the sum of the weighted parts and the penalty.
fn train_metrics(plan: &Plan, sums: &EpochSums) -> BTreeMap<String, f64> {
    let mut metrics = BTreeMap::new();
    // Nothing was learnt where every step was skipped: there is no loss to tell.
    if sums.steps == 0 {
        return metrics;
    }
    let steps = sums.steps as f64;
    let mut total = sums.penalty / steps;
    if sums.penalty != 0.0 {
        metrics.insert("train/penalty".to_owned(), sums.penalty / steps);
    }
    if sums.diagnosed > 0 {
        let share = sums.conflicts / sums.diagnosed as f64;
        metrics.insert("train/conflicts".to_owned(), share);
    }
    for (index, task) in plan.tasks.iter().enumerate() {
        let at = |values: &[f64]| values.get(index).copied().unwrap_or(0.0);
        let present = sums.present.get(index).copied().unwrap_or(0);
        if present == 0 {
            continue;
        }
        let name = &task.name;
        metrics.insert(
            format!("train/{name}/loss"),
            at(&sums.losses) / present as f64,
        );
        metrics.insert(
            format!("train/{name}/weight"),
            at(&sums.weights) / present as f64,
        );
        metrics.insert(
            format!("train/{name}/weighted_loss"),
            at(&sums.weighted) / steps,
        );
        total += at(&sums.weighted) / steps;
    }
    metrics.insert("train/loss".to_owned(), total);
    metrics
}

/// Why there is no score.
fn undefined(plan: &Plan, metrics: &BTreeMap<String, f64>) -> String {
    let without: Vec<&str> = plan
        .score
        .iter()
        .map(|term| term.key.as_str())
        .filter(|key| !metrics.contains_key(*key))
        .collect();
    format!(
        "there is no score, as {} is undefined: no checkpoint is best, and early stopping waits for the first score",
        without.join(", ")
    )
}

/// Closes the epoch: best score, report, progress. Gives what is known of the state now.
pub(super) fn end_epoch(
    plan: &Plan,
    state: &mut TrainState,
    around: &mut Surroundings<'_>,
    metrics: BTreeMap<String, f64>,
) -> Known {
    let value = metrics
        .get("val/score")
        .or_else(|| metrics.get("train/score"))
        .copied();
    if value.is_none() && !plan.score.is_empty() && state.progress.epoch == 0 {
        around
            .listener
            .hear(&Event::Note(undefined(plan, &metrics)));
    }
    let margin = plan.early_stopping.map_or(0.0, |early| early.min_delta);
    let (epoch, step) = (state.progress.epoch, state.progress.step);
    let is_best = state.best.observe(value, margin, step, epoch);
    let sums = std::mem::replace(&mut state.progress.sums, EpochSums::new(plan.tasks.len()));
    let weights = sums
        .weights
        .iter()
        .zip(&sums.present)
        .map(|(sum, &present)| {
            if present == 0 {
                0.0
            } else {
                sum / present as f64
            }
        })
        .collect();
    around.listener.hear(&Event::Epoch(EpochReport {
        epoch,
        step,
        metrics,
        weights,
        absent: sums
            .present
            .iter()
            .map(|&present| sums.steps - present.min(sums.steps))
            .collect(),
        skipped: sums.skipped,
        is_best,
    }));
    state.weighting.end_epoch();
    if let Some(aggregation) = &mut state.aggregation {
        aggregation.end_epoch();
    }
    state.progress.epoch += 1;
    state.progress.step_in_epoch = 0;
    Known {
        score: value,
        is_best,
    }
}
