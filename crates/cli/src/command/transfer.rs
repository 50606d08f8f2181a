//! `transfer CONFIG`: every task together with the others and alone, under the same rows, trunk, steps and calibration, over several
//! seeds; then, per task, the bits per example that sharing gave or cost.
//!
//! The runs are ordinary run directories under `transfers/`, found again by the config: those that are finished are not trained again,
//! those that were interrupted go on.

mod asked;
mod compared;
mod comparison;
mod effect;
mod equivalents;
mod page;
mod prequential;
mod report;
mod runs;
mod shown;
mod summary;
mod words;

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::arguments::ConfigArguments;
use crate::command::check;
use crate::command::info::publish;
use crate::configuration::Configuration;
use crate::exit::{Ended, Exit, Failure};
use crate::panics::Watch;
use crate::progress::Ui;
use crate::terminal::{Terminal, safe};
use crate::{json, place};
pub(crate) use asked::Wanted;
use asked::{Around, active, seeds};
pub(crate) use comparison::Comparison;
use prequential::Prequential;
use report::Transfer;
use runs::Run;
pub(crate) use shown::{interval, signed};

#[derive(Debug, Args)]
#[command(after_help = "\
Trains the config once with all its tasks and once with each task alone, for each seed: the same rows, trunk and steps, the
other tasks' labels left out. A command that was interrupted goes on where it was when it is given again, and more
--seeds add to those that are done.

Examples:
  polytask transfer student.toml
  polytask transfer student.toml --seeds 5 --leave-one-out --html transfer.html
  polytask transfer student.toml --seeds 1 -s train.epochs=2    a first look
  polytask transfer student.toml --label-equivalents
  polytask transfer student.toml --prequential --seeds 3")]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigArguments,

    /// Seeds, counted up from the config's
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=1000))]
    seeds: u64,

    /// Also train all tasks but one, for each: who helps whom
    #[arg(long)]
    leave_one_out: bool,

    /// Also train on parts of the training rows: how many labels a task alone would need to be as good as with the others
    #[arg(long)]
    label_equivalents: bool,

    /// Also train on growing parts of the training rows and predict the next: bits that a code of the labels saves by sharing
    #[arg(long)]
    prequential: bool,

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
    pub(crate) json: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    told(arguments, terminal, watch).or_else(Ended::exit)
}

fn told(arguments: &Arguments, terminal: &Terminal, watch: &Watch) -> Result<Exit, Ended> {
    if arguments.config.config.as_os_str() == "-" {
        return Err(
            Failure::usage("transfer reads its config once for each run: name a file").into(),
        );
    }
    if arguments.ui == Ui::Tui {
        return Err(Failure::usage("this build has no full-screen interface")
            .hint("use --ui bar, or --ui auto")
            .into());
    }
    place::limit_threads(&arguments.config.over.place)?;
    let configuration = check::sound(Configuration::read(&arguments.config)?, terminal)?;
    let experiment = &configuration.experiment;
    let tasks = active(experiment);
    if tasks.len() < 2 {
        return Err(Failure::usage(
            "transfer compares tasks together and alone, so it needs two of them",
        )
        .into());
    }
    let first = experiment.seed;
    let mut asked: Vec<Run> = Vec::new();
    for seed in seeds(first, arguments.seeds) {
        asked.extend(Run::of_seed(seed, &tasks, arguments.leave_one_out));
        let mut parts = Vec::new();
        if arguments.label_equivalents {
            parts.extend(Run::of_curve(seed, &tasks));
        }
        if arguments.prequential {
            parts.extend(Run::of_blocks(seed, &tasks));
        }
        for run in parts {
            if !asked.contains(&run) {
                asked.push(run);
            }
        }
    }
    let around = Around {
        config: &arguments.config,
        run_dir: arguments.run_dir.as_ref(),
        ui: arguments.ui,
        is_json: arguments.json,
        blocks: arguments.prequential,
    };
    let measured = around.measured(&configuration, &tasks, asked, terminal, watch)?;
    let mut transfer = Transfer::of(
        &experiment.name,
        &tasks,
        &measured,
        first,
        arguments.leave_one_out,
    )?;
    if arguments.label_equivalents {
        transfer.equivalents = equivalents::of(&tasks, &measured, first);
    }
    if arguments.prequential {
        transfer.prequential = Some(Prequential::of(&tasks, &measured));
    }
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
