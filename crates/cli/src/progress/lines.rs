//! One line per epoch, for logs: a column for each task, however many there are.

use std::time::Instant;

use polytask_training::events::{EpochReport, Event, Listener};

use super::{Setting, judged_split};
use crate::measures::TaskMeasures;
use crate::number::{bytes, count, counted, duration, figure};
use crate::terminal::{Terminal, look_at, safe};

pub(crate) struct Lines {
    terminal: Terminal,
    name: String,
    run: String,
    tasks: Vec<TaskMeasures>,
    epochs: u64,
    /// Width of each column, once the heads are written.
    widths: Option<Vec<usize>>,
    last: Instant,
}

impl Lines {
    pub(crate) fn new(setting: &Setting<'_>) -> Self {
        Self {
            terminal: setting.terminal,
            name: setting.name.to_owned(),
            run: setting.run.display().to_string(),
            tasks: setting.tasks.clone(),
            epochs: 0,
            widths: None,
            last: Instant::now(),
        }
    }

    fn line(&self, text: &str) {
        self.terminal
            .message(&format!("{}\n", safe(text.trim_end())));
    }

    fn epoch(&mut self, report: &EpochReport) {
        let split = judged_split(&report.metrics);
        let columns = self.columns(report, split);
        let widths = match self.widths.clone() {
            Some(widths) => widths,
            None => {
                let widths: Vec<usize> = columns
                    .iter()
                    .map(|(head, cell)| head.chars().count().max(cell.chars().count()).max(8))
                    .collect();
                self.line(&row(columns.iter().map(|(head, _)| head.as_str()), &widths));
                self.widths.insert(widths).clone()
            }
        };
        self.line(&row(columns.iter().map(|(_, cell)| cell.as_str()), &widths));
        self.last = Instant::now();
    }

    /// Heads and cells. The number of columns is the same in every epoch.
    fn columns(&self, report: &EpochReport, split: &str) -> Vec<(String, String)> {
        let value = |key: String| {
            report
                .metrics
                .get(&key)
                .map_or_else(|| "-".to_owned(), |value| figure(*value))
        };
        let mut columns = vec![
            (
                "epoch".to_owned(),
                format!("{}/{}", report.epoch + 1, self.epochs),
            ),
            ("step".to_owned(), count(report.step)),
            ("train loss".to_owned(), value("train/loss".to_owned())),
        ];
        if split == "val" {
            columns.push(("val loss".to_owned(), value("val/loss".to_owned())));
        }
        for task in &self.tasks {
            let main = task.main(split, &report.metrics);
            // The head is set by the first epoch, in which the metric may be undefined.
            let head = main.map_or_else(
                || task.name.clone(),
                |(metric, _)| format!("{} {metric}", task.name),
            );
            columns.push((
                head,
                main.map_or_else(|| "-".to_owned(), |(_, value)| figure(value)),
            ));
        }
        let star = if report.is_best { "*" } else { " " };
        columns.push((
            "score".to_owned(),
            format!("{}{star}", value(format!("{split}/score"))),
        ));
        columns.push((
            "time".to_owned(),
            duration(self.last.elapsed().as_secs_f64()),
        ));
        columns
    }
}

fn row<'c>(cells: impl Iterator<Item = &'c str>, widths: &[usize]) -> String {
    let cells: Vec<String> = cells
        .zip(widths)
        .map(|(cell, width)| format!("{cell:>width$}"))
        .collect();
    cells.join("  ")
}

impl Listener for Lines {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Started {
                parameters,
                rows: [train, val, test],
                epochs,
                steps_per_epoch,
                step,
                backend,
            } => {
                self.epochs = *epochs;
                self.last = Instant::now();
                let [train, val, test] = [*train, *val, *test].map(|rows| count(rows as u64));
                let from = if *step == 0 {
                    String::new()
                } else {
                    format!(", from step {}", count(*step))
                };
                self.line(&format!(
                    "{}: {} parameters; {train} train, {val} val, {test} test rows; {} of {}; {backend}{from}",
                    self.name,
                    count(*parameters as u64),
                    counted(*epochs, "epoch", "epochs"),
                    counted(*steps_per_epoch, "step", "steps"),
                ));
                self.line(&format!("run {}", self.run));
            }
            Event::Epoch(report) => self.epoch(report),
            Event::Skipped { step, reason } => self
                .terminal
                .warning(&format!("step {step} skipped: {reason}")),
            Event::Note(note) => self.terminal.note(note),
            Event::Remarks(remarks) => self.terminal.message(&look_at(remarks)),
            Event::Checkpoint {
                step,
                bytes: size,
                is_best,
                ..
            } if self.widths.is_none() => {
                let best = if *is_best { ", best" } else { "" };
                self.line(&format!(
                    "checkpoint at step {}, {}{best}",
                    count(*step),
                    bytes(*size)
                ));
            }
            Event::Checkpoint { .. } | Event::Step { .. } => {}
        }
    }
}
