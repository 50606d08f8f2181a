//! `transfer CONFIG`: every task together with the others and alone, under the same rows, trunk, steps and calibration, over several
//! seeds; then, per task, the bits per example that sharing gave or cost.
//!
//! The runs are ordinary run directories under `transfers/`, found again by the config: those that are finished are not trained again,
//! those that were interrupted go on.

mod measured;
mod runs;
mod shown;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::arguments::ConfigArguments;
use crate::command::check;
use crate::command::info::publish;
use crate::configuration::Configuration;
use crate::exit::{Exit, Failure};
use crate::panics::Watch;
use crate::progress::Ui;
use crate::signals::Signals;
use crate::terminal::{Terminal, safe};
use crate::{json, place};
use measured::Transfer;
use runs::{Run, Runs};

#[derive(Debug, Args)]
#[command(after_help = "\
Trains the config once with all its tasks and once with each task alone, for each seed: the same rows, trunk and steps, the
other tasks' labels left out. A command that was interrupted goes on where it was when it is given again, and more
--seeds add to those that are done.

Examples:
  polytask transfer student.toml
  polytask transfer student.toml --seeds 5 --leave-one-out --html transfer.html
  polytask transfer student.toml --seeds 1 -s train.epochs=2    a first look")]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,

    /// Seeds, counted up from the config's
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,

    /// Also train all tasks but one, for each: who helps whom
    #[arg(long)]
    leave_one_out: bool,

    /// Keep the runs in this folder; transfers/NAME-CONFIG if not given
    #[arg(long, value_name = "DIR")]
    run_dir: Option<PathBuf>,

    /// How progress is shown
    #[arg(long, value_name = "UI", default_value = "auto")]
    ui: Ui,

    /// Also write one page that needs nothing else to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,

    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    if arguments.config.config.as_os_str() == "-" {
        return Err(Failure::usage(
            "transfer reads its config once for each run: name a file",
        ));
    }
    if arguments.ui == Ui::Tui {
        return Err(Failure::usage("this build has no full-screen interface")
            .hint("use --ui bar, or --ui auto"));
    }
    place::limit_threads(&arguments.config.over.place)?;
    let configuration = check::sound(Configuration::read(&arguments.config)?, terminal)?;
    let experiment = &configuration.experiment;
    let tasks: Vec<String> = experiment
        .tasks
        .iter()
        .filter(|task| task.data.active)
        .map(|task| task.name.clone())
        .collect();
    if tasks.len() < 2 {
        return Err(Failure::usage(
            "transfer compares tasks together and alone, so it needs two of them",
        ));
    }
    let signals = Signals::install();
    let place = place::resolve(experiment.device.backend, experiment.device.index, watch)?;
    let folder = arguments
        .run_dir
        .clone()
        .unwrap_or_else(|| runs::folder(&configuration));
    let runs = Runs {
        config: &arguments.config,
        folder,
        tasks: &tasks,
        place,
        ui: arguments.ui,
        is_json: arguments.json,
        terminal,
        watch,
        signals: &signals,
    };
    let first = experiment.seed;
    let mut asked: Vec<Run> = Vec::new();
    for seed in (0..arguments.seeds).map(|more| first.wrapping_add(more)) {
        asked.extend(Run::of_seed(seed, &tasks, arguments.leave_one_out));
    }
    let total = asked.len();
    let mut done = Vec::new();
    for (place, run) in asked.into_iter().enumerate() {
        if signals.is_asked() {
            return Ok(runs.interrupted());
        }
        match runs.trained(run, (place + 1, total))? {
            Some(trained) => done.push(trained),
            None => return Ok(runs.interrupted()),
        }
    }
    let measured: Vec<_> = done
        .into_iter()
        .map(|trained| runs.measured(trained))
        .collect::<Result<_, Failure>>()?;
    let transfer = Transfer::of(&experiment.name, &tasks, &measured, first)?;
    if let Some(path) = &arguments.html {
        publish(path, &transfer.page())?;
    }
    if arguments.json {
        json::print(terminal, json!(transfer))?;
    } else {
        terminal.result(&safe(&transfer.text(terminal.colors_results)))?;
    }
    Ok(Exit::Done)
}
