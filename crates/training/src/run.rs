//! The loop around the step: epochs, accumulation, validation, when to checkpoint, when to stop.
//!
//! It takes decisions and does no arithmetic. Where it is is all in [`crate::state::Progress`], so a run that goes on
//! from a checkpoint takes the same path as one that was never stopped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use polytask_data::Prefetch;
use polytask_metrics::MetricError;

use crate::evaluate::Predictor;
use crate::events::{EpochReport, Event, Listener};
use crate::experiment::Every;
use crate::plan::Plan;
use crate::save::Saver;
use crate::score::score;
use crate::state::{EpochSums, TrainState};
use crate::step::{NotFinite, step};

/// How a run ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// All epochs are done.
    Completed,
    /// No better score for `patience` epochs.
    EarlyStopped,
    /// A signal came; the state is saved.
    Interrupted,
}

/// How a run failed.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Not a number.
    #[error("{0}")]
    Diverged(#[from] NotFinite),
    /// A metric that does not fit.
    #[error("{0}")]
    Metric(#[from] MetricError),
    /// Reading rows failed.
    #[error("preparing batches failed: {0}")]
    Batches(String),
    /// Saving failed.
    #[error("{0}")]
    Save(#[from] crate::save::SaveError),
}

/// What a run is given besides its plan and state.
pub struct Surroundings<'a> {
    /// Where checkpoints go; `None` for a dry run.
    pub saver: Option<&'a mut Saver>,
    /// Who hears of it.
    pub listener: &'a mut dyn Listener,
    /// Set by a signal.
    pub interrupt: &'a AtomicBool,
    /// Report the rows of each step.
    pub trace_samples: bool,
    /// Stop after so many steps (`--fast-dev-run`).
    pub max_steps: Option<u64>,
}

/// Runs to the end, or until something stops it.
///
/// # Errors
/// Divergence, a disk that fails, a metric that does not fit.
pub fn run(
    plan: &Plan,
    state: &mut TrainState,
    around: &mut Surroundings<'_>,
) -> Result<Finish, RunError> {
    let mut last_saved = (state.progress.step, Instant::now());
    while state.progress.epoch < plan.train.epochs as u64 {
        if !train_epoch(plan, state, around, &mut last_saved)? {
            save(state, around, Saved::default(), &mut last_saved)?;
            return Ok(Finish::Interrupted);
        }
        let Some(validated) = validate(plan, state, around)? else {
            save(state, around, Saved::default(), &mut last_saved)?;
            return Ok(Finish::Interrupted);
        };
        let (score, is_best) = end_epoch(plan, state, around, validated);
        let epochs = state.progress.epoch;
        let is_last = epochs == plan.train.epochs as u64;
        let is_stopped = plan
            .early_stopping
            .is_some_and(|early| state.best.since >= early.patience);
        let is_due = match plan.checkpoint.every {
            Every::Epochs(every) => epochs.is_multiple_of(every),
            Every::Steps(_) | Every::Time(_) => false,
        };
        if is_due || is_last || is_stopped || (is_best && plan.checkpoint.keep_best > 0) {
            save(state, around, Saved { score, is_best }, &mut last_saved)?;
        }
        if is_stopped && !is_last {
            return Ok(Finish::EarlyStopped);
        }
        if around
            .max_steps
            .is_some_and(|most| state.progress.step >= most)
        {
            break;
        }
    }
    Ok(Finish::Completed)
}

/// The rest of the epoch under way; false if a signal came.
fn train_epoch(
    plan: &Plan,
    state: &mut TrainState,
    around: &mut Surroundings<'_>,
    last_saved: &mut (u64, Instant),
) -> Result<bool, RunError> {
    let epoch = state.progress.epoch;
    let done = state.progress.step_in_epoch as usize * plan.train.accumulate;
    let batches = plan.sampler.batches(epoch).skip(done);
    let mut batches = Prefetch::start(Arc::clone(&plan.encoded), batches, plan.train.prefetch);
    while state.progress.step_in_epoch < plan.steps_per_epoch {
        if around.interrupt.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let mut group = Vec::with_capacity(plan.train.accumulate);
        while group.len() < plan.train.accumulate {
            match batches.next() {
                Some(Ok(batch)) => group.push(batch),
                Some(Err(error)) => return Err(RunError::Batches(error.to_string())),
                None => break,
            }
        }
        if group.is_empty() {
            return Err(RunError::Batches("the epoch ended early".to_owned()));
        }
        let number = state.progress.step;
        let stepped = step(plan, state, &group)?;
        if let Some(problem) = &stepped.skipped {
            around.listener.hear(&Event::Skipped {
                step: number,
                reason: problem.to_string(),
            });
        }
        around.listener.hear(&Event::Step {
            step: state.progress.step,
            epoch,
            step_in_epoch: state.progress.step_in_epoch,
            rate: plan.train.optimizer.value.rate() * stepped.factor,
            loss: stepped.loss,
            losses: stepped.losses,
            weights: stepped.weights,
            samples: around.trace_samples.then(|| {
                group
                    .iter()
                    .flat_map(|batch| batch.rows.iter().copied())
                    .collect()
            }),
        });
        let is_due = match plan.checkpoint.every {
            Every::Steps(every) => state.progress.step.is_multiple_of(every),
            Every::Time(every) => last_saved.1.elapsed() >= every,
            Every::Epochs(_) => false,
        };
        if is_due {
            save(state, around, Saved::default(), last_saved)?;
        }
        if around
            .max_steps
            .is_some_and(|most| state.progress.step >= most)
        {
            break;
        }
    }
    Ok(true)
}

/// Metrics on the validation rows; `None` if a signal came.
fn validate(
    plan: &Plan,
    state: &TrainState,
    around: &Surroundings<'_>,
) -> Result<Option<BTreeMap<String, f64>>, RunError> {
    let model = state.evaluated();
    let predictor = Predictor {
        model: &model,
        tasks: &plan.tasks,
        shape: &plan.input_shape,
        device: &plan.place.device,
    };
    let mut metrics = train_metrics(plan, &state.progress.sums);
    if !plan.splits.val.is_empty() {
        let mut tallies = predictor.tallies()?;
        for rows in plan.splits.val.chunks(plan.train.batch_size) {
            if around.interrupt.load(Ordering::Relaxed) {
                return Ok(None);
            }
            predictor.tally(&plan.encoded.batch(rows), &mut tallies);
        }
        metrics.extend(
            predictor
                .report(tallies, "val", &state.progress.weights)
                .metrics,
        );
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
    let steps = sums.steps.max(1) as f64;
    let mut total = sums.penalty / steps;
    if sums.penalty != 0.0 {
        metrics.insert("train/penalty".to_owned(), sums.penalty / steps);
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

/// Closes the epoch: best score, report, progress. Gives the score and whether it is the best so far.
fn end_epoch(
    plan: &Plan,
    state: &mut TrainState,
    around: &mut Surroundings<'_>,
    metrics: BTreeMap<String, f64>,
) -> (Option<f64>, bool) {
    let value = metrics
        .get("val/score")
        .or_else(|| metrics.get("train/score"))
        .copied();
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
        is_best,
    }));
    state.progress.epoch += 1;
    state.progress.step_in_epoch = 0;
    (value, is_best)
}

/// What is known of a state that is saved.
#[derive(Clone, Copy, Default)]
struct Saved {
    score: Option<f64>,
    is_best: bool,
}

fn save(
    state: &mut TrainState,
    around: &mut Surroundings<'_>,
    saved: Saved,
    last_saved: &mut (u64, Instant),
) -> Result<(), RunError> {
    *last_saved = (state.progress.step, Instant::now());
    let Some(saver) = around.saver.as_deref_mut() else {
        return Ok(());
    };
    let published = saver.save(state, saved.score)?;
    around.listener.hear(&Event::Checkpoint {
        step: published.step,
        path: published.path,
        bytes: published.written.bytes,
        is_best: saved.is_best,
    });
    Ok(())
}
