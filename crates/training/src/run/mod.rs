//! The loop around the step: epochs, accumulation, validation, when to checkpoint, when to stop.
//!
//! It takes decisions and does no arithmetic. Where it is is all in [`crate::state::Progress`], so a run that goes on
//! from a checkpoint takes the same path as one that was never stopped.

mod epoch;
mod validate;

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use polytask_metrics::MetricError;

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

/// Runs to the end, or until something stops it.
///
/// # Errors
/// Divergence, a disk that fails, a metric that does not fit.
pub fn run(
    plan: &Plan,
    state: &mut TrainState,
    around: &mut Surroundings<'_>,
) -> Result<Finish, RunError> {
    let mut saved = Saved::at(state.progress.step);
    loop {
        let is_last = state.progress.epoch >= plan.train.epochs as u64;
        // Asked before each epoch too: a run that stopped early, or was killed just before it would have, stays stopped
        // when it is resumed.
        let is_stopped = plan
            .early_stopping
            .is_some_and(|early| state.best.since >= early.patience);
        let is_enough = around
            .max_steps
            .is_some_and(|most| state.progress.step >= most);
        if is_last || is_stopped || is_enough {
            return Ok(if is_stopped && !is_last {
                Finish::EarlyStopped
            } else {
                Finish::Completed
            });
        }
        let trained = epoch::train(plan, state, around, &mut saved)?;
        let validated = match trained {
            true => validate::validate(plan, state, around)?,
            false => None,
        };
        let Some(validated) = validated else {
            saved.save(state, around, Known::default())?;
            return Ok(Finish::Interrupted);
        };
        let known = validate::end_epoch(plan, state, around, validated);
        let epochs = state.progress.epoch;
        let is_over = epochs == plan.train.epochs as u64
            || plan
                .early_stopping
                .is_some_and(|early| state.best.since >= early.patience)
            || around
                .max_steps
                .is_some_and(|most| state.progress.step >= most);
        let is_due = match plan.checkpoint.every {
            Every::Epochs(every) => epochs.is_multiple_of(every),
            Every::Steps(_) | Every::Time(_) => saved.is_due(plan, state),
        };
        if is_over || is_due || (known.is_best && plan.checkpoint.keep_best > 0) {
            saved.save(state, around, known)?;
        }
    }
}

/// What is known of a state that is saved.
#[derive(Clone, Copy, Default)]
struct Known {
    score: Option<f64>,
    is_best: bool,
}

/// The last checkpoint of this session.
struct Saved {
    step: u64,
    time: Instant,
}

impl Saved {
    fn at(step: u64) -> Self {
        Self {
            step,
            time: Instant::now(),
        }
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
        *self = Self::at(state.progress.step);
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
