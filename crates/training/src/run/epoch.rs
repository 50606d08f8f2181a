//! The steps of one epoch, from wherever it was left.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use polytask_data::{Batch, Prefetch};
use polytask_store::failpoint;

use super::{Known, RunError, Saved, Surroundings};
use crate::events::Event;
use crate::plan::Plan;
use crate::state::TrainState;
use crate::step::step;

/// The rest of the epoch under way; false if a signal came.
pub(super) fn train(
    plan: &Plan,
    state: &mut TrainState,
    around: &mut Surroundings<'_>,
    saved: &mut Saved,
) -> Result<bool, RunError> {
    let epoch = state.progress.epoch;
    let done = state.progress.step_in_epoch as usize * plan.train.accumulate;
    // On the thread that prepares batches, where a fault can only be a panic, the end of the process or a delay.
    let indices = plan.sampler.batches(epoch).skip(done).inspect(|_| {
        drop(failpoint::hit("training.batch"));
    });
    let mut batches = Prefetch::start(Arc::clone(&plan.encoded), indices, plan.train.prefetch);
    let mut told: Option<String> = None;
    while state.progress.step_in_epoch < plan.steps_per_epoch {
        if around.interrupt.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let group = group(&mut batches, plan.train.accumulate)?;
        let number = state.progress.step + 1;
        let stepped = step(plan, state, &group)?;
        if let Some(problem) = &stepped.skipped {
            around.listener.hear(&Event::Skipped {
                step: number,
                reason: problem.reason(),
            });
        }
        // What holds step after step is said once an epoch.
        if stepped.note.is_some() && stepped.note != told {
            told.clone_from(&stepped.note);
            around
                .listener
                .hear(&Event::Note(stepped.note.unwrap_or_default()));
        }
        around.listener.hear(&Event::Step {
            step: state.progress.step,
            epoch,
            step_in_epoch: state.progress.step_in_epoch,
            rate: plan.train.optimizer.value.rate() * stepped.factor,
            loss: stepped.loss,
            penalty: stepped.penalty,
            losses: stepped.losses,
            weights: stepped.weights,
            diagnosis: stepped.diagnosis,
            samples: around.trace_samples.then(|| {
                group
                    .iter()
                    .flat_map(|batch| batch.rows.iter().copied())
                    .collect()
            }),
        });
        // After the last step the epoch is closed first, so that no checkpoint stands between the two.
        let is_over = state.progress.step_in_epoch == plan.steps_per_epoch;
        if is_over {
            state.turn(plan.seed);
        }
        if !is_over && saved.is_due(plan, state) {
            saved.save(state, around, Known::default())?;
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

/// The batches of one optimizer step: fewer than asked for at the end of an epoch, never none.
fn group(batches: &mut Prefetch, most: usize) -> Result<Vec<Batch>, RunError> {
    let mut group = Vec::with_capacity(most.min(64));
    while group.len() < most {
        match batches.next() {
            Some(Ok(batch)) => group.push(batch),
            Some(Err(error)) => return Err(RunError::Batches(error.to_string())),
            None => break,
        }
    }
    if group.is_empty() {
        return Err(RunError::Batches("the epoch ended early".to_owned()));
    }
    Ok(group)
}
