//! A bar over the steps, and a row per task: loss, weight, main metric, best.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use polytask_metrics::Better;
use polytask_training::events::{EpochReport, Event, Listener};

use super::{Setting, judged_split};
use crate::measures::{TaskMeasures, better};
use crate::number::{count, figure};
use crate::terminal::{Terminal, look_at, safe};

/// Between two redrawings of the task rows.
const REFRESH: Duration = Duration::from_millis(80);

/// Columns from which the long form of the first line fits.
const WIDE: u16 = 110;

/// How many of the tasks have a row on a terminal of this height: beside them there are the bar, the line that counts the
/// others if there are any, and the cursor's.
fn drawn(tasks: usize, height: usize) -> usize {
    let room = height.saturating_sub(2).max(2);
    if tasks <= room { tasks } else { room - 1 }
}

pub(crate) struct Bars {
    terminal: Terminal,
    all: MultiProgress,
    steps: ProgressBar,
    rows: Vec<Row>,
    /// Says how many tasks have no row, for want of room.
    more: Option<ProgressBar>,
    name: String,
    run: String,
    epochs: u64,
    steps_per_epoch: u64,
    drawn: Option<Instant>,
    /// Columns beside a task's name.
    room: usize,
}

struct Row {
    task: TaskMeasures,
    bar: ProgressBar,
    loss: Option<f64>,
    weight: f64,
    /// Name, last value and best value of the main metric.
    main: Option<(String, f64, f64)>,
}

impl Bars {
    pub(crate) fn new(setting: &Setting<'_>) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(12));
        let style = |template: &str| {
            // The templates are constants; were one wrong, the plain style would do.
            ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .progress_chars("━━─")
        };
        let steps = all.add(ProgressBar::new(0));
        let (height, columns) = console::Term::stderr().size();
        // What does not fit is cut at the end of the line; a line that wraps would be drawn twice.
        steps.set_style(style(if columns < WIDE {
            "{prefix} {bar:12} {pos}/{len} {elapsed} left {eta} {wide_msg}"
        } else {
            "{prefix} {bar:32} {pos}/{len} steps  {elapsed_precise} left {eta}  {wide_msg}"
        }));
        let drawn = drawn(setting.tasks.len(), usize::from(height));
        let width = setting
            .tasks
            .iter()
            .map(|task| task.name.len())
            .max()
            .unwrap_or(0);
        let rows = setting
            .tasks
            .iter()
            .take(drawn)
            .map(|task| {
                let bar = all.add(ProgressBar::new(0));
                bar.set_style(style("  {prefix} {wide_msg}"));
                bar.set_prefix(format!("{:width$}", task.name));
                Row {
                    task: task.clone(),
                    bar,
                    loss: None,
                    weight: 0.0,
                    main: None,
                }
            })
            .collect();
        let more = (drawn < setting.tasks.len()).then(|| {
            let bar = all.add(ProgressBar::new(0));
            bar.set_style(style("  {wide_msg}"));
            bar.set_message(format!(
                "and {} more; the table at the end has all",
                setting.tasks.len() - drawn
            ));
            bar
        });
        Self {
            terminal: setting.terminal,
            all,
            steps,
            rows,
            more,
            name: setting.name.to_owned(),
            run: setting.run.display().to_string(),
            epochs: 0,
            steps_per_epoch: 0,
            drawn: None,
            room: usize::from(columns).saturating_sub(width + 4),
        }
    }

    fn say(&self, text: &str) {
        if self.all.println(safe(text)).is_err() {
            self.terminal.message(&format!("{}\n", safe(text)));
        }
    }

    fn draw(&mut self) {
        if self.drawn.is_some_and(|drawn| drawn.elapsed() < REFRESH) {
            return;
        }
        self.drawn = Some(Instant::now());
        for row in &self.rows {
            row.bar.set_message(row.text(self.room));
        }
        if let Some(more) = &self.more {
            more.tick();
        }
    }

    fn epoch(&mut self, report: &EpochReport) {
        let split = judged_split(&report.metrics);
        for row in &mut self.rows {
            row.observe(split, &report.metrics);
        }
        let value = |key: &str| report.metrics.get(key).map(|value| figure(*value));
        let mut message = String::new();
        for (label, found) in [
            ("loss", value("train/loss")),
            ("score", value(&format!("{split}/score"))),
        ] {
            if let Some(found) = found {
                message.push_str(&format!("{label} {found} "));
            }
        }
        if report.is_best {
            message.push_str("(best)");
        }
        self.steps.set_message(message.trim_end().to_owned());
        self.steps.set_prefix(format!(
            "epoch {}/{}",
            (report.epoch + 2).min(self.epochs),
            self.epochs
        ));
        self.drawn = None;
        self.draw();
    }
}

impl Row {
    fn observe(&mut self, split: &str, metrics: &BTreeMap<String, f64>) {
        let Some((name, value)) = self.task.main(split, metrics) else {
            return;
        };
        let best = match &self.main {
            Some((known, _, best)) if known == name => match better(name) {
                Better::Higher => best.max(value),
                Better::Lower => best.min(value),
            },
            _ => value,
        };
        self.main = Some((name.to_owned(), value, best));
    }

    /// Loss, weight, metric and best in so many columns: set apart if there is room, else close together, else without the
    /// weight. A number that is cut at the end of a line reads as another number.
    fn text(&self, room: usize) -> String {
        let loss = self.loss.map_or_else(|| "-".to_owned(), figure);
        let weight = figure(self.weight);
        let main = self.main.as_ref();
        let main = main.map(|(name, value, best)| (name, figure(*value), figure(*best)));
        let fit = |gap: &str, width: usize, has_weight: bool| {
            let mut cells = vec![format!("loss {loss:>width$}")];
            if has_weight {
                cells.push(format!("weight {weight:>width$}"));
            }
            if let Some((name, value, best)) = &main {
                cells.push(format!("{name} {value:>width$}"));
                cells.push(format!("best {best:>width$}"));
            }
            cells.join(gap)
        };
        [fit("  ", 9, true), fit(" ", 6, true)]
            .into_iter()
            .find(|text| text.chars().count() <= room)
            .unwrap_or_else(|| fit(" ", 0, false))
    }
}

impl Listener for Bars {
    fn hear(&mut self, event: &Event) {
        match event {
            Event::Started {
                parameters,
                epochs,
                steps_per_epoch,
                step,
                backend,
                ..
            } => {
                self.epochs = *epochs;
                self.steps_per_epoch = *steps_per_epoch;
                self.say(&format!(
                    "{}: {} parameters on {backend}",
                    self.name,
                    count(*parameters as u64)
                ));
                self.say(&format!("run {}", self.run));
                self.steps.set_length(epochs * steps_per_epoch);
                self.steps.set_position(*step);
                self.steps.reset_eta();
                let epoch = step.checked_div(*steps_per_epoch).unwrap_or(0);
                self.steps
                    .set_prefix(format!("epoch {}/{epochs}", (epoch + 1).min(*epochs)));
            }
            Event::Step {
                step,
                losses,
                weights,
                ..
            } => {
                self.steps.set_position(*step);
                for (index, row) in self.rows.iter_mut().enumerate() {
                    if let Some(Some(loss)) = losses.get(index) {
                        row.loss = Some(*loss);
                    }
                    row.weight = weights.get(index).copied().unwrap_or(row.weight);
                }
                self.draw();
            }
            Event::Epoch(report) => self.epoch(report),
            Event::Skipped { step, reason } => {
                self.say(&format!("warning: step {step} skipped: {reason}"))
            }
            Event::Note(note) => self.say(&format!("note: {note}")),
            Event::Remarks(remarks) => self.say(look_at(remarks).trim_end()),
            Event::Checkpoint { .. } => {}
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        // The table of results follows; nothing half-drawn stays behind.
        drop(self.all.clear());
    }
}

#[cfg(test)]
mod tests {
    use super::drawn;

    #[test]
    fn tasks_that_do_not_fit_are_counted_on_a_line_of_their_own() {
        // 24 lines: the bar, 21 tasks, "and 19 more", the cursor.
        assert_eq!(drawn(40, 24), 21);
        assert_eq!(drawn(22, 24), 22);
        assert_eq!(drawn(23, 24), 21);
        assert_eq!((drawn(40, 0), drawn(1, 0)), (1, 1));
    }
}
