//! Who listens to a run: bars on a terminal, lines elsewhere, JSON events for programs.

mod bars;
mod events;
mod lines;

use std::path::Path;

use clap::ValueEnum;
use polytask_training::events::{Event, Listener};

pub(crate) use events::{Events, peak_memory};

use crate::measures::TaskMeasures;
use crate::panics::Watch;
use crate::terminal::{Terminal, look_at};

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ui {
    /// Bars on a terminal, lines elsewhere, nothing under --json
    Auto,
    /// Full screen (this build has none)
    Tui,
    /// Progress bars with one row per task
    Bar,
    /// One line per epoch
    Lines,
    /// Nothing but what deserves a look
    None,
}

/// What a view is told before the run begins.
pub(crate) struct Setting<'a> {
    pub(crate) name: &'a str,
    pub(crate) run: &'a Path,
    pub(crate) tasks: Vec<TaskMeasures>,
    pub(crate) terminal: Terminal,
}

/// All views of one run.
pub(crate) struct Views {
    views: Vec<Box<dyn Listener>>,
    watch: Watch,
}

impl Views {
    /// Those that `ui` and `--json` ask for.
    pub(crate) fn new(setting: &Setting<'_>, ui: Ui, json: bool, watch: &Watch) -> Self {
        let mut views: Vec<Box<dyn Listener>> = Vec::new();
        let ui = match ui {
            Ui::Auto if json => Ui::None,
            Ui::Auto if setting.terminal.is_live => Ui::Bar,
            // Bars need a terminal to be drawn on.
            Ui::Bar if !setting.terminal.is_live => Ui::Lines,
            Ui::Auto => Ui::Lines,
            chosen => chosen,
        };
        match ui {
            Ui::Bar => views.push(Box::new(bars::Bars::new(setting))),
            Ui::Lines => views.push(Box::new(lines::Lines::new(setting))),
            // A program reads them among the events.
            Ui::Auto | Ui::Tui | Ui::None if json => {}
            Ui::Auto | Ui::Tui | Ui::None => {
                let terminal = setting.terminal;
                views.push(Box::new(move |event: &Event| match event {
                    Event::Remarks(remarks) => terminal.message(&look_at(remarks)),
                    Event::Skipped { step, reason } => {
                        terminal.warning(&format!("step {step} skipped: {reason}"));
                    }
                    _ => {}
                }));
            }
        }
        views.push(Box::new(Events::new(setting, json)));
        Self {
            views,
            watch: watch.clone(),
        }
    }
}

impl Listener for Views {
    fn hear(&mut self, event: &Event) {
        if let Event::Checkpoint { path, .. } = event {
            self.watch.saved(path);
        }
        for view in &mut self.views {
            view.hear(event);
        }
    }
}

/// The split that an epoch was judged on.
pub(crate) fn judged_split(metrics: &std::collections::BTreeMap<String, f64>) -> &'static str {
    if metrics.contains_key("val/loss") {
        "val"
    } else {
        "train"
    }
}
