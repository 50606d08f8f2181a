//! `transfer CONFIG`: every task together with the others and alone, under the same rows, trunk, steps and calibration, over several
//! seeds; then, per task, the bits per example that sharing gave or cost.
//!
//! The runs are ordinary run directories under `transfers/`, found again by the config: those that are finished are not trained again,
//! those that were interrupted go on.

mod equivalents;
mod measured;
mod runs;
mod shown;

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use polytask_information::Measure;
use polytask_training::experiment::Experiment;
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
pub(crate) use measured::Comparison;
use measured::Transfer;
use runs::{MeasuredRun, Run, Runs};
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
  polytask transfer student.toml --label-equivalents")]
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
    let tasks = active(experiment);
    if tasks.len() < 2 {
        return Err(Failure::usage(
            "transfer compares tasks together and alone, so it needs two of them",
        ));
    }
    let first = experiment.seed;
    let mut asked: Vec<Run> = Vec::new();
    for seed in seeds(first, arguments.seeds) {
        asked.extend(Run::of_seed(seed, &tasks, arguments.leave_one_out));
        if arguments.label_equivalents {
            asked.extend(Run::of_curve(seed, &tasks));
        }
    }
    let around = Around {
        config: &arguments.config,
        run_dir: arguments.run_dir.as_ref(),
        ui: arguments.ui,
        is_json: arguments.json,
    };
    let measured = match around.measured(&configuration, &tasks, asked, terminal, watch)? {
        Ok(measured) => measured,
        Err(exit) => return Ok(exit),
    };
    let mut transfer = Transfer::of(&experiment.name, &tasks, &measured, first)?;
    if arguments.label_equivalents {
        transfer.equivalents = equivalents::of(&tasks, &measured);
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

/// The tasks that are learnt.
fn active(experiment: &Experiment) -> Vec<String> {
    let tasks = experiment.tasks.iter();
    tasks
        .filter(|task| task.data.active)
        .map(|task| task.name.clone())
        .collect()
}

fn seeds(first: u64, count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |more| first.wrapping_add(more))
}

/// What the command line says of all runs.
struct Around<'a> {
    config: &'a ConfigArguments,
    run_dir: Option<&'a PathBuf>,
    ui: Ui,
    is_json: bool,
}

impl Around<'_> {
    /// Trains what is not trained yet, and measures all of it; the exit code if a signal came.
    fn measured(
        &self,
        configuration: &Configuration,
        tasks: &[String],
        asked: Vec<Run>,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<Result<Vec<MeasuredRun>, Exit>, Failure> {
        let signals = Signals::install();
        let device = &configuration.experiment.device;
        let runs = Runs {
            config: self.config,
            folder: self
                .run_dir
                .cloned()
                .unwrap_or_else(|| runs::folder(configuration)),
            tasks,
            epochs: configuration.experiment.train.epochs,
            place: place::resolve(device.backend, device.index, watch)?,
            ui: self.ui,
            is_json: self.is_json,
            terminal,
            watch,
            signals: &signals,
        };
        let total = asked.len();
        let mut done = Vec::new();
        for (place, run) in asked.into_iter().enumerate() {
            if signals.is_asked() {
                return Ok(Err(runs.interrupted()));
            }
            match runs.trained(run, (place + 1, total))? {
                Some(trained) => done.push(trained),
                None => return Ok(Err(runs.interrupted())),
            }
        }
        let measured = done.into_iter().map(|trained| runs.measured(trained));
        measured.collect::<Result<_, Failure>>().map(Ok)
    }
}

/// Runs that `group` asks for: those of `transfer`.
pub(crate) struct Wanted<'a> {
    pub(crate) config: &'a ConfigArguments,
    pub(crate) seeds: u64,
    pub(crate) run_dir: Option<&'a PathBuf>,
    pub(crate) ui: Ui,
    pub(crate) is_json: bool,
}

/// What was trained for `group`, or found.
struct Ran {
    measured: Vec<MeasuredRun>,
    /// That are learnt.
    tasks: Vec<String>,
    /// The first seed.
    first: u64,
}

impl Wanted<'_> {
    /// Bits per example of each task in the group that serves it and with all tasks, over alone; the exit code if a signal came.
    ///
    /// # Errors
    /// Whatever ends a run badly.
    pub(crate) fn compare(
        &self,
        serving: &BTreeMap<String, Vec<String>>,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<Result<BTreeMap<String, Comparison>, Exit>, Failure> {
        let of_seed = |seed, tasks: &[String]| {
            let mut runs = Run::of_seed(seed, tasks, false);
            for group in serving.values() {
                let run = Run::of_group(seed, group);
                let is_new = group.len() > 1 && group.len() < tasks.len();
                if is_new && !runs.contains(&run) {
                    runs.push(run);
                }
            }
            runs
        };
        let Ran {
            measured,
            tasks,
            first,
        } = match self.measured(&of_seed, terminal, watch)? {
            Ok(measured) => measured,
            Err(exit) => return Ok(Err(exit)),
        };
        Comparison::of(&tasks, serving, &measured, first).map(Ok)
    }

    /// Bits per example that leaving the row's task out costs the column's, `[tasks, tasks]`; the exit code if a signal came.
    ///
    /// # Errors
    /// Whatever ends a run badly.
    pub(crate) fn gains(
        &self,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<Result<Vec<Option<Measure>>, Exit>, Failure> {
        let of_seed = |seed, tasks: &[String]| Run::of_seed(seed, tasks, true);
        let Ran {
            measured,
            tasks,
            first,
        } = match self.measured(&of_seed, terminal, watch)? {
            Ok(measured) => measured,
            Err(exit) => return Ok(Err(exit)),
        };
        Transfer::of("", &tasks, &measured, first).map(|transfer| Ok(transfer.gains(&tasks)))
    }

    /// The folders of the runs with all tasks, one a seed; the exit code if a signal came.
    ///
    /// # Errors
    /// Whatever ends a run badly.
    pub(crate) fn together(
        &self,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<Result<Vec<PathBuf>, Exit>, Failure> {
        let of_seed = |seed, tasks: &[String]| {
            Run::of_seed(seed, tasks, false)
                .into_iter()
                .take(1)
                .collect()
        };
        let ran = self.measured(&of_seed, terminal, watch)?;
        Ok(ran.map(|ran| ran.measured.into_iter().map(|run| run.path).collect()))
    }

    fn measured(
        &self,
        of_seed: &dyn Fn(u64, &[String]) -> Vec<Run>,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<Result<Ran, Exit>, Failure> {
        let configuration = check::sound(Configuration::read(self.config)?, terminal)?;
        let first = configuration.experiment.seed;
        let tasks = active(&configuration.experiment);
        let asked = seeds(first, self.seeds)
            .flat_map(|seed| of_seed(seed, &tasks))
            .collect();
        let around = Around {
            config: self.config,
            run_dir: self.run_dir,
            ui: self.ui,
            is_json: self.is_json,
        };
        let measured = around.measured(&configuration, &tasks, asked, terminal, watch)?;
        Ok(measured.map(|measured| Ran {
            measured,
            tasks,
            first,
        }))
    }
}
