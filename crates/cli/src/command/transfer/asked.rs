//! The runs that are asked for, by `transfer` or `group`: trained where they are not yet, and measured.

use std::collections::BTreeMap;
use std::path::PathBuf;

use polytask_information::Measure;
use polytask_training::experiment::Experiment;

use super::comparison::Comparison;
use super::report::Transfer;
use super::runs::{self, MeasuredRun, Run, Runs};
use crate::arguments::ConfigArguments;
use crate::command::check;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::panics::Watch;
use crate::place;
use crate::progress::Ui;
use crate::signals::Signals;
use crate::terminal::Terminal;

/// The tasks that are learnt.
pub(super) fn active(experiment: &Experiment) -> Vec<String> {
    let tasks = experiment.tasks.iter();
    tasks
        .filter(|task| task.data.active)
        .map(|task| task.name.clone())
        .collect()
}

pub(super) fn seeds(first: u64, count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |more| first.wrapping_add(more))
}

/// What the command line says of all runs.
pub(super) struct Around<'a> {
    pub(super) config: &'a ConfigArguments,
    pub(super) run_dir: Option<&'a PathBuf>,
    pub(super) ui: Ui,
    pub(super) is_json: bool,
    /// Whether parts of the training rows are measured on the next block.
    pub(super) blocks: bool,
}

impl Around<'_> {
    /// Trains what is not trained yet, and measures all of it.
    ///
    /// # Errors
    /// Whatever ends a run badly, or a signal.
    pub(super) fn measured(
        &self,
        configuration: &Configuration,
        tasks: &[String],
        asked: Vec<Run>,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<Vec<MeasuredRun>, Ended> {
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
            blocks: self.blocks,
            terminal,
            watch,
            signals: &signals,
        };
        let total = asked.len();
        let mut done = Vec::new();
        for (place, run) in asked.into_iter().enumerate() {
            if signals.is_asked() {
                return Err(runs.interrupted());
            }
            let trained = runs.trained(run, (place + 1, total))?;
            done.push(trained.ok_or_else(|| runs.interrupted())?);
        }
        let measured = done.into_iter().map(|trained| runs.measured(trained));
        Ok(measured.collect::<Result<_, Failure>>()?)
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
    /// Bits per example of each task in the group that serves it and with all tasks, over alone.
    ///
    /// # Errors
    /// Whatever ends a run badly, or a signal.
    pub(crate) fn compare(
        &self,
        serving: &BTreeMap<String, Vec<String>>,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<BTreeMap<String, Comparison>, Ended> {
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
        } = self.measured(&of_seed, terminal, watch)?;
        Ok(Comparison::of(&tasks, serving, &measured, first)?)
    }

    /// Bits per example that leaving the row's task out costs the column's, `[tasks, tasks]`.
    ///
    /// # Errors
    /// Whatever ends a run badly, or a signal.
    pub(crate) fn gains(
        &self,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<Vec<Option<Measure>>, Ended> {
        let of_seed = |seed, tasks: &[String]| Run::of_seed(seed, tasks, true);
        let Ran {
            measured,
            tasks,
            first,
        } = self.measured(&of_seed, terminal, watch)?;
        Ok(Transfer::of("", &tasks, &measured, first, true)?.gains(&tasks))
    }

    /// The folders of the runs with all tasks, one a seed.
    ///
    /// # Errors
    /// Whatever ends a run badly, or a signal.
    pub(crate) fn together(
        &self,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<Vec<PathBuf>, Ended> {
        let of_seed = |seed, tasks: &[String]| {
            Run::of_seed(seed, tasks, false)
                .into_iter()
                .take(1)
                .collect()
        };
        let ran = self.measured(&of_seed, terminal, watch)?;
        Ok(ran.measured.into_iter().map(|run| run.path).collect())
    }

    fn measured(
        &self,
        of_seed: &dyn Fn(u64, &[String]) -> Vec<Run>,
        terminal: &Terminal,
        watch: &Watch,
    ) -> Result<Ran, Ended> {
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
            blocks: false,
        };
        let measured = around.measured(&configuration, &tasks, asked, terminal, watch)?;
        Ok(Ran {
            measured,
            tasks,
            first,
        })
    }
}
