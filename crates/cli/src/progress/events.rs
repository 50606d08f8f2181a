//! `--json`: one line per event on standard output. A reader that goes away does not stop the run.

use std::collections::BTreeMap;
use std::time::Instant;

use polytask_training::events::{Event, Listener};
use serde_json::{Value, json};

use super::Setting;
use crate::exit::{Exit, Failure};
use crate::json;
use crate::terminal::Terminal;

/// Writes events, as long as somebody reads.
pub(crate) struct Events {
    terminal: Terminal,
    run: String,
    tasks: Vec<String>,
    /// Everything, or only what tests trace.
    is_asked: bool,
    is_closed: bool,
    /// Why the last line was not written, unless its reader had gone.
    failure: Option<Failure>,
    last: Instant,
    step: u64,
    /// Rows of the training split, times epochs a step.
    rows_per_step: f64,
}

impl Events {
    pub(crate) fn new(setting: &Setting<'_>, is_asked: bool) -> Self {
        Self {
            terminal: setting.terminal,
            run: setting.run.display().to_string(),
            tasks: setting.tasks.iter().map(|task| task.name.clone()).collect(),
            is_asked,
            is_closed: false,
            failure: None,
            last: Instant::now(),
            step: 0,
            rows_per_step: 0.0,
        }
    }

    /// Writes one event.
    pub(crate) fn write(&mut self, event: Value) {
        if self.is_closed {
            return;
        }
        let written = json::line(event).and_then(|line| self.terminal.result(&line));
        // Closed or full: either way the run is worth more than its echo.
        if let Err(failure) = written {
            self.is_closed = true;
            self.failure = Some(failure).filter(|failure| failure.exit != Exit::Done);
        }
    }

    /// # Errors
    /// What standard output refused, unless its reader had gone.
    pub(crate) fn close(self) -> Result<(), Failure> {
        self.failure.map_or(Ok(()), Err)
    }

    fn by_task<T: Into<Value> + Clone>(&self, values: &[T]) -> Value {
        let named: BTreeMap<&str, Value> = self
            .tasks
            .iter()
            .zip(values)
            .map(|(task, value)| (task.as_str(), value.clone().into()))
            .collect();
        json!(named)
    }

    fn event(&mut self, event: &Event) -> Option<Value> {
        Some(match event {
            Event::Started {
                parameters,
                rows: [train, val, test],
                epochs,
                steps_per_epoch,
                step,
                backend,
            } => {
                self.last = Instant::now();
                self.step = *step;
                self.rows_per_step = *train as f64 / (*steps_per_epoch).max(1) as f64;
                json!({
                    "event": "started", "run": self.run, "parameters": parameters, "tasks": self.tasks,
                    "rows": {"train": train, "val": val, "test": test},
                    "epochs": epochs, "steps_per_epoch": steps_per_epoch, "step": step, "backend": backend,
                })
            }
            Event::Epoch(report) => {
                let seconds = self.last.elapsed().as_secs_f64();
                let rows = report.step.saturating_sub(self.step) as f64 * self.rows_per_step;
                self.last = Instant::now();
                self.step = report.step;
                json!({
                    "event": "epoch", "epoch": report.epoch + 1, "step": report.step, "metrics": report.metrics,
                    "weights": self.by_task(&report.weights), "absent_steps": self.by_task(&report.absent),
                    "is_best": report.is_best, "seconds": seconds,
                    "samples_per_second": if seconds > 0.0 { rows / seconds } else { 0.0 },
                })
            }
            Event::Checkpoint {
                step,
                path,
                bytes,
                is_best,
            } => json!({
                "event": "checkpoint", "step": step, "path": path.display().to_string(), "bytes": bytes, "is_best": is_best,
            }),
            Event::Skipped { step, reason } => {
                json!({"event": "skipped", "step": step, "reason": reason})
            }
            Event::Note(note) => json!({"event": "note", "message": note}),
            Event::Remarks(_) => return None,
            Event::Step { .. } => return None,
        })
    }
}

impl Listener for Events {
    fn hear(&mut self, event: &Event) {
        if let Event::Step {
            step,
            epoch,
            loss,
            losses,
            samples: Some(rows),
            ..
        } = event
        {
            let losses: BTreeMap<&String, &Option<f64>> = self.tasks.iter().zip(losses).collect();
            let traced = json!({
                "event": "step", "step": step, "epoch": epoch + 1, "loss": loss, "losses": losses, "samples": rows,
            });
            self.write(traced);
        }
        if let (true, Event::Remarks(remarks)) = (self.is_asked, event) {
            for remark in remarks {
                self.write(json!({"event": "note", "about": "data", "message": remark}));
            }
        }
        if self.is_asked
            && let Some(event) = self.event(event)
        {
            self.write(event);
        }
    }
}

/// The most memory that this process ever held, in bytes, where the system tells.
pub(crate) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
