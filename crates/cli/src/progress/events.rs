//! `--json`: one line per event on standard output. A reader that goes away does not stop the run.

use std::collections::BTreeMap;
use std::time::Instant;

use polytask_training::events::{Event, Listener, records};
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

    /// What only this process knows of an event: where the run is, and how fast it goes.
    fn completed(&mut self, event: &Event, record: &mut serde_json::Map<String, Value>) {
        match event {
            Event::Started {
                rows: [train, ..],
                steps_per_epoch,
                step,
                ..
            } => {
                self.last = Instant::now();
                self.step = *step;
                self.rows_per_step = *train as f64 / (*steps_per_epoch).max(1) as f64;
                record.insert("run".to_owned(), json!(self.run));
            }
            Event::Epoch(report) => {
                let seconds = self.last.elapsed().as_secs_f64();
                let rows = report.step.saturating_sub(self.step) as f64 * self.rows_per_step;
                self.last = Instant::now();
                self.step = report.step;
                let speed = if seconds > 0.0 { rows / seconds } else { 0.0 };
                record.insert("seconds".to_owned(), json!(seconds));
                record.insert("samples_per_second".to_owned(), json!(speed));
            }
            _ => {}
        }
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
        if !self.is_asked {
            return;
        }
        for mut record in records(event, &self.tasks) {
            if let Some(record) = record.as_object_mut() {
                self.completed(event, record);
            }
            self.write(record);
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
