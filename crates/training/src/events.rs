//! Events: all that the outside learns of a run. The loop does not know who listens.

mod record;

use std::collections::BTreeMap;

use polytask_balance::Diagnosis;
use polytask_store::StoreError;

pub use record::records;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The run begins, or goes on from a checkpoint.
    Started {
        /// Trainable parameters.
        parameters: usize,
        /// Rows of train, val and test.
        rows: [usize; 3],
        /// Epochs in all.
        epochs: u64,
        /// Optimizer steps an epoch.
        steps_per_epoch: u64,
        /// The step of the checkpoint it goes on from; 0 for a new run.
        step: u64,
        /// Where it takes place.
        backend: String,
    },
    /// One optimizer step is done.
    Step {
        /// Optimizer steps done.
        step: u64,
        /// The epoch, from 0.
        epoch: u64,
        /// Steps done in this epoch.
        step_in_epoch: u64,
        /// Learning rate before the rule's own scaling.
        rate: f64,
        /// The weighted sum that the optimizer saw; NaN for a step that was skipped.
        loss: f64,
        /// The penalty in it.
        penalty: f64,
        /// Mean loss per task; `None` for a task without a label in the batch.
        losses: Vec<Option<f64>>,
        /// Weight per task.
        weights: Vec<f64>,
        /// How the tasks' gradients lie to each other, if they were told apart.
        diagnosis: Option<Diagnosis>,
        /// The rows of the step, if samples are traced.
        samples: Option<Vec<u32>>,
    },
    /// A step was skipped because something was not finite.
    Skipped {
        /// The step.
        step: u64,
        /// Why.
        reason: String,
    },
    /// An epoch is done and evaluated.
    Epoch(EpochReport),
    /// A checkpoint is published.
    Checkpoint {
        /// Its step.
        step: u64,
        /// Its file.
        path: std::path::PathBuf,
        /// Its size in bytes.
        bytes: u64,
        /// It has the best score so far.
        is_best: bool,
    },
    /// What of the data deserves a look, a line each; never empty.
    Remarks(Vec<String>),
    /// Something the user should know.
    Note(String),
}

/// What an epoch gave.
#[derive(Clone, Debug, Default)]
pub struct EpochReport {
    /// The epoch, from 0.
    pub epoch: u64,
    /// Optimizer steps done.
    pub step: u64,
    /// `SPLIT/TASK/METRIC`, `SPLIT/loss`, `SPLIT/score` to value.
    pub metrics: BTreeMap<String, f64>,
    /// Weight per task, mean over the epoch.
    pub weights: Vec<f64>,
    /// Steps in which a task had no label, per task.
    pub absent: Vec<u64>,
    /// Steps that were skipped.
    pub skipped: u64,
    /// The score is the best so far.
    pub is_best: bool,
}

/// Who listens to a run.
pub trait Listener {
    /// Takes in one event.
    fn hear(&mut self, event: &Event);

    /// Makes durable what it wrote so far: the checkpoint that is published next must not be ahead of it.
    ///
    /// # Errors
    /// A disk that fails.
    fn before_checkpoint(&mut self) -> Result<(), StoreError> {
        Ok(())
    }
}

impl<F: FnMut(&Event)> Listener for F {
    fn hear(&mut self, event: &Event) {
        self(event);
    }
}
