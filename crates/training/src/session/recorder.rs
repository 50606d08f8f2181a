//! The recorder: writes metrics.jsonl and passes every event on.
//!
//! An entry is `{step, epoch, t, split, task, metric, value}`. The split `step` holds what single optimizer steps saw,
//! and under no task their loss and the learning rate.
//! An absent task has no entry at a step; the epoch counts its steps without a label under `train/TASK/absent`, and
//! those that were skipped under `train/skipped`.
//!
//! Where gradients were told apart, a step also has their norms, how fast each loss falls along the shared gradient, the
//! cosines of all pairs (of at most 16 tasks, under `cosine_OTHER`), and under no task the share of pairs that conflict, the
//! smallest cosine, the condition number of the cosines and the solver's residual.

use std::time::Instant;

use polytask_balance::Diagnosis;
use polytask_store::{Journal, StoreError};
use serde_json::json;

use super::SessionError;
use crate::events::{EpochReport, Event, Listener};

/// Pairs of more tasks than this are too many to be written.
const MOST_PAIRED: usize = 16;

pub(super) struct Recorder<'a> {
    pub(super) tasks: Vec<String>,
    pub(super) journal: Journal,
    /// Optimizer steps between two entries of a step; 0 for none.
    pub(super) every: u64,
    pub(super) begun: Instant,
    pub(super) failure: Option<StoreError>,
    pub(super) listener: &'a mut dyn Listener,
}

impl Recorder<'_> {
    fn write(&mut self, step: u64, epoch: u64, key: &str, value: f64) {
        let mut parts = key.split('/');
        let (split, second, third) = (parts.next(), parts.next(), parts.next());
        let (task, metric) = match (second, third) {
            (Some(task), Some(metric)) => (Some(task), metric),
            (metric, _) => (None, metric.unwrap_or_default()),
        };
        let entry = json!({
            "step": step, "epoch": epoch + 1, "t": self.begun.elapsed().as_secs_f64(),
            "split": split, "task": task, "metric": metric, "value": value,
        });
        if let Err(error) = self.journal.append(&entry) {
            self.failure.get_or_insert(error);
        }
    }

    fn epoch(&mut self, report: &EpochReport) {
        for (key, value) in &report.metrics {
            self.write(report.step, report.epoch, key, *value);
        }
        for (name, &absent) in self.tasks.clone().iter().zip(&report.absent) {
            if absent > 0 {
                let key = format!("train/{name}/absent");
                self.write(report.step, report.epoch, &key, absent as f64);
            }
        }
        if report.skipped > 0 {
            let skipped = report.skipped as f64;
            self.write(report.step, report.epoch, "train/skipped", skipped);
        }
    }

    fn diagnosis(&mut self, [step, epoch]: [u64; 2], seen: &Diagnosis) {
        let tasks = self.tasks.clone();
        let name = |index: &usize| tasks.get(*index).map_or("", String::as_str);
        let mut write = |key: &str, value: f64| self.write(step, epoch, key, value);
        if seen.present.len() > 1 {
            write("step/conflicts", seen.conflicts);
            write("step/least_cosine", seen.least_cosine);
            write("step/condition", seen.condition());
        }
        write("step/residual", seen.residual);
        for (position, index) in seen.present.iter().enumerate() {
            let task = name(index);
            let at = |values: &[f64]| values.get(position).copied().unwrap_or(0.0);
            write(&format!("step/{task}/gradient_norm"), at(&seen.norms));
            write(&format!("step/{task}/decrease"), at(&seen.decreases));
            if seen.present.len() > MOST_PAIRED {
                continue;
            }
            for (other, second) in seen.present.iter().enumerate().skip(position + 1) {
                let key = format!("step/{task}/cosine_{}", name(second));
                write(&key, seen.cosine(position, other).unwrap_or(0.0));
            }
        }
    }

    fn step(
        &mut self,
        at: [u64; 2],
        [rate, loss, penalty]: [f64; 3],
        losses: &[Option<f64>],
        weights: &[f64],
    ) {
        let [step, epoch] = at;
        self.write(step, epoch, "step/learning_rate", rate);
        self.write(step, epoch, "step/loss", loss);
        if penalty != 0.0 {
            self.write(step, epoch, "step/penalty", penalty);
        }
        for (index, name) in self.tasks.clone().iter().enumerate() {
            if let Some(Some(value)) = losses.get(index) {
                self.write(step, epoch, &format!("step/{name}/loss"), *value);
                let weight = weights.get(index).copied().unwrap_or(0.0);
                self.write(step, epoch, &format!("step/{name}/weight"), weight);
            }
        }
    }

    pub(super) fn close(mut self) -> Result<(), SessionError> {
        Ok(self.before_checkpoint()?)
    }
}

impl Listener for Recorder<'_> {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Epoch(report) => self.epoch(report),
            // A skipped step has no loss.
            Event::Step {
                step,
                epoch,
                rate,
                loss,
                penalty,
                losses,
                weights,
                diagnosis,
                ..
            } if self.every > 0 && step.is_multiple_of(self.every) && loss.is_finite() => {
                self.step([*step, *epoch], [*rate, *loss, *penalty], losses, weights);
                if let Some(seen) = diagnosis {
                    self.diagnosis([*step, *epoch], seen);
                }
            }
            _ => {}
        }
        self.listener.hear(event);
    }

    fn before_checkpoint(&mut self) -> Result<(), StoreError> {
        match self.failure.take() {
            Some(error) => Err(error),
            None => self.journal.sync(),
        }?;
        self.listener.before_checkpoint()
    }
}
