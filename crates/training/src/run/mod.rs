//! The loop around the step: epochs, accumulation, validation, when to checkpoint, when to stop.
//!
//! It takes decisions and does no arithmetic. Where it is is all in [`crate::state::Progress`], so a run that goes on
//! from a checkpoint takes the same path as one that was never stopped.

mod epoch;
mod validate;

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use polytask_metrics::MetricError;

use crate::covariance;
use crate::events::{Event, Listener};
use crate::experiment::Every;
use crate::plan::Plan;
use crate::save::{SaveError, Saver};
use crate::state::TrainState;
use crate::step::NotFinite;

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
    Save(#[from] SaveError),
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

/// Runs to the end, or until something stops it. The state that it starts from is on disk already.
///
/// # Errors
/// Divergence, a disk that fails, a metric that does not fit.
pub fn run(
    plan: &Plan,
    state: &mut TrainState,
    around: &mut Surroundings<'_>,
) -> Result<Finish, RunError> {
    let mut saved = Saved::now(state);
    loop {
        // Asked before each epoch: a run that stopped early, or was killed just before it would have, stays stopped when
        // it is resumed.
        if let Some(finish) = over(plan, state, around) {
            return Ok(finish);
        }
        let trained = epoch::train(plan, state, around, &mut saved)?;
        let refitted = match trained {
            true => covariance::refit(plan, state, around.interrupt).ok(),
            false => None,
        };
        let validated = match refitted {
            Some(crosswise) => validate::validate(plan, state, around, crosswise)?,
            None => None,
        };
        let Some(validated) = validated else {
            // The same state again, but without the score that is known of it, must not replace that file.
            if !saved.is(state) {
                saved.save(state, around, Known::default())?;
            }
            return Ok(Finish::Interrupted);
        };
        let known = validate::end_epoch(plan, state, around, validated);
        let is_due = match plan.checkpoint.every {
            Every::Epochs(every) => state.progress.epoch.is_multiple_of(every),
            Every::Steps(_) | Every::Time(_) => saved.is_due(plan, state),
        };
        let is_over = over(plan, state, around).is_some();
        if is_over || is_due || (known.is_best && plan.checkpoint.keep_best > 0) {
            saved.save(state, around, known)?;
        }
    }
}

/// How the run ends if it is over at this state.
fn over(plan: &Plan, state: &TrainState, around: &Surroundings<'_>) -> Option<Finish> {
    if state.progress.epoch >= plan.train.epochs as u64 {
        return Some(Finish::Completed);
    }
    if plan
        .early_stopping
        .is_some_and(|early| state.best.since >= early.patience)
    {
        return Some(Finish::EarlyStopped);
    }
    let is_enough = around
        .max_steps
        .is_some_and(|most| state.progress.step >= most);
    is_enough.then_some(Finish::Completed)
}

/// What is known of a state that is saved.
#[derive(Clone, Copy, Default)]
struct Known {
    score: Option<f64>,
    is_best: bool,
}

/// The state that is on disk, and since when.
struct Saved {
    step: u64,
    epoch: u64,
    time: Instant,
}

impl Saved {
    fn now(state: &TrainState) -> Self {
        Self {
            step: state.progress.step,
            epoch: state.progress.epoch,
            time: Instant::now(),
        }
    }

    fn is(&self, state: &TrainState) -> bool {
        (self.step, self.epoch) == (state.progress.step, state.progress.epoch)
    }

    /// Whether a checkpoint counted in steps or time is to be written now.
    fn is_due(&self, plan: &Plan, state: &TrainState) -> bool {
        let step = state.progress.step;
        match plan.checkpoint.every {
            Every::Steps(every) => step.is_multiple_of(every) && step != self.step,
            Every::Time(every) => self.time.elapsed() >= every,
            Every::Epochs(_) => false,
        }
    }

    fn save(
        &mut self,
        state: &mut TrainState,
        around: &mut Surroundings<'_>,
        known: Known,
    ) -> Result<(), RunError> {
        *self = Self::now(state);
        let Some(saver) = around.saver.as_deref_mut() else {
            return Ok(());
        };
        around
            .listener
            .before_checkpoint()
            .map_err(SaveError::from)?;
        let published = saver.save(state, known.score)?;
        around.listener.hear(&Event::Checkpoint {
            step: published.step,
            path: published.path,
            bytes: published.written.bytes,
            is_best: known.is_best,
        });
        Ok(())
    }
}
