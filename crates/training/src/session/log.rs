//! The log: what happened to a run, a line each, in log.jsonl.
//!
//! A line is an event as `train --json` streams it, with the time in UTC. The log tells what was, not where the run stands:
//! an epoch that is trained again after a kill stands there twice, with the line between that says from which checkpoint
//! the run went on. Numbers to draw curves from are in metrics.jsonl, where each step stands once.

use std::path::Path;
use std::time::SystemTime;

use polytask_store::{Journal, RunRecord, Status, StoreError, timestamp};
use serde_json::{Value, json};

use super::{SessionError, status_after};
use crate::events::{Event, Listener, records};

/// Writes down every event and passes it on.
pub(super) struct EventLog<'a> {
    tasks: Vec<String>,
    journal: Journal,
    failure: Option<StoreError>,
    listener: &'a mut dyn Listener,
}

impl<'a> EventLog<'a> {
    pub(super) fn new(
        tasks: Vec<String>,
        journal: Journal,
        listener: &'a mut dyn Listener,
    ) -> Self {
        Self {
            tasks,
            journal,
            failure: None,
            listener,
        }
    }

    /// The run goes on from a checkpoint.
    pub(super) fn resumed(&mut self, checkpoint: &Path, record: &RunRecord) {
        self.write(json!({
            "event": "resumed", "checkpoint": checkpoint.display().to_string(), "resumes": record.resumes,
            "versions": record.versions,
        }));
    }

    /// The session is over.
    pub(super) fn ended(&mut self, status: Status, reason: Option<&str>, step: u64) {
        self.write(json!({"event": "ended", "status": status, "reason": reason, "step": step}));
    }

    /// The session is over, badly. A log that cannot tell must not hide the failure itself, which is given back.
    pub(super) fn failed(&mut self, error: SessionError) -> SessionError {
        let status = status_after(&error);
        self.write(json!({"event": "ended", "status": status, "reason": error.to_string()}));
        error
    }

    /// Appends an object with the time.
    fn write(&mut self, mut entry: Value) {
        if let Some(entry) = entry.as_object_mut() {
            let now = timestamp(SystemTime::now());
            entry.insert("time".to_owned(), json!(now));
        }
        if let Err(error) = self.journal.append(&entry) {
            self.failure.get_or_insert(error);
        }
    }
}

impl Listener for EventLog<'_> {
    fn hear(&mut self, event: &Event) {
        for entry in records(event, &self.tasks) {
            self.write(entry);
        }
        self.listener.hear(event);
    }

    fn before_checkpoint(&mut self) -> Result<(), StoreError> {
        match self.failure.take() {
            Some(error) => Err(error),
            None => self.journal.sync(),
        }
    }
}
