//! The runs of a transfer: which there are, and each trained, gone on with, or found finished.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use polytask_config::Resolved;
use polytask_store::{Fallback, Pick, RunDir, Status};
use polytask_training::device::Place;
use polytask_training::evaluate::Evaluation;
use polytask_training::load::{LoadError, Loaded, from_checkpoint};
use polytask_training::run::Finish;
use polytask_training::session::{self, Options, Texts};

use crate::arguments::ConfigArguments;
use crate::command::resume::never_began;
use crate::command::train::failed;
use crate::configuration::Configuration;
use crate::exit::{Ended, Failure};
use crate::measures::TaskMeasures;
use crate::number::duration;
use crate::panics::Watch;
use crate::progress::{Setting, Ui, Views};
use crate::runs::{best_or_last, record_exit};
use crate::signals::Signals;
use crate::terminal::Terminal;

/// Keys that do not change what is learnt, so that runs are found again whatever they say.
const ASIDE: &[&str] = &[
    "seed",
    "name",
    "device",
    "checkpoint",
    "logging",
    "info",
    "grouping",
    "train.prefetch",
];

/// The smallest share of the training rows at which learning curves are measured.
pub(super) const LEAST_SHARE: f64 = 0.125;
/// Shares of the training rows at which learning curves are measured, beside the whole.
const SHARES: &[f64] = &[LEAST_SHARE, 0.25, HALF];
/// Shares of the training rows that a code of the labels, block by block, has learnt from; with the whole its blocks end.
pub(super) const BLOCKS: &[f64] = &[0.0625, 0.125, 0.25, HALF];
/// The share at which all tasks together are compared with the curves: above it there is still curve to be read.
const HALF: f64 = 0.5;

/// One run: a seed and the tasks that are learnt.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Run {
    pub(super) seed: u64,
    pub(super) tasks: Vec<String>,
    /// Of the training rows.
    pub(super) share: f64,
    /// Name of its folder, and what it is called.
    pub(super) name: String,
}

impl Run {
    /// All tasks, each alone, and if asked all but each: each set of tasks once.
    pub(super) fn of_seed(seed: u64, tasks: &[String], leave_one_out: bool) -> Vec<Self> {
        let mut runs = vec![Self {
            seed,
            tasks: tasks.to_vec(),
            share: 1.0,
            name: "together".to_owned(),
        }];
        runs.extend(tasks.iter().map(|task| Self {
            seed,
            tasks: vec![task.clone()],
            share: 1.0,
            name: format!("alone-{task}"),
        }));
        // Of two tasks, all but one is one alone.
        if leave_one_out && tasks.len() > 2 {
            runs.extend(tasks.iter().map(|out| Self {
                seed,
                tasks: tasks.iter().filter(|task| *task != out).cloned().collect(),
                share: 1.0,
                name: format!("without-{out}"),
            }));
        }
        runs
    }

    /// One group of a proposal.
    pub(super) fn of_group(seed: u64, group: &[String]) -> Self {
        let digest = blake3::hash(group.join("\n").as_bytes()).to_hex();
        let short: String = digest.chars().take(8).collect();
        Self {
            seed,
            tasks: group.to_vec(),
            share: 1.0,
            name: format!("group-{short}"),
        }
    }

    /// The points of the learning curves below the whole: each task alone on parts of the training rows, and all together on half.
    pub(super) fn of_curve(seed: u64, tasks: &[String]) -> Vec<Self> {
        let mut runs = vec![Self {
            seed,
            tasks: tasks.to_vec(),
            share: HALF,
            name: format!("together-share-{HALF}"),
        }];
        for &share in SHARES {
            runs.extend(tasks.iter().map(|task| Self {
                seed,
                tasks: vec![task.clone()],
                share,
                name: format!("alone-{task}-share-{share}"),
            }));
        }
        runs
    }

    /// Whether it is a point of the learning curves: a task alone, or all together on half of the rows or all.
    pub(super) fn is_on_curve(&self) -> bool {
        let shares: &[f64] = if self.tasks.len() == 1 {
            SHARES
        } else {
            &[HALF]
        };
        self.share >= 1.0 || shares.contains(&self.share)
    }

    /// Every task alone and all together on the rows before each block.
    pub(super) fn of_blocks(seed: u64, tasks: &[String]) -> Vec<Self> {
        let sets = [("together".to_owned(), tasks.to_vec())].into_iter();
        let alone = tasks
            .iter()
            .map(|task| (format!("alone-{task}"), vec![task.clone()]));
        let sets: Vec<_> = sets.chain(alone).collect();
        let runs = BLOCKS.iter().flat_map(|&share| {
            sets.iter().map(move |(name, tasks)| Self {
                seed,
                tasks: tasks.clone(),
                share,
                name: format!("{name}-share-{share}"),
            })
        });
        runs.collect()
    }

    /// The folder of the run of the same tasks that has learnt from the next block too; none of one on all rows.
    fn ahead(&self) -> Option<String> {
        let place = BLOCKS.iter().position(|share| *share == self.share)?;
        let own = format!("-share-{}", self.share);
        let whole = self.name.strip_suffix(&own)?;
        let next = BLOCKS.get(place + 1);
        Some(next.map_or(whole.to_owned(), |next| format!("{whole}-share-{next}")))
    }

    /// `seed 42, together`.
    fn title(&self) -> String {
        format!("seed {}, {}", self.seed, self.name.replacen('-', " ", 1))
    }
}

/// Where the runs of a config are kept: its name and a digest of what it says.
pub(super) fn folder(configuration: &Configuration) -> PathBuf {
    let digest = blake3::hash(said(&configuration.resolved).as_bytes());
    let short: String = digest.to_hex().chars().take(8).collect();
    Path::new("transfers").join(format!("{}-{short}", configuration.experiment.name))
}

/// Every key that changes what is learnt.
fn said(resolved: &Resolved) -> String {
    let is_aside = |key: &str| {
        let within = |aside: &str| key == aside || key.starts_with(&format!("{aside}."));
        ASIDE.iter().any(|aside| within(aside))
    };
    let settings = resolved.origins();
    let kept = settings.iter().filter(|setting| !is_aside(&setting.key));
    kept.map(|setting| format!("{} = {}\n", setting.key, setting.value))
        .collect()
}

/// What all runs have in common.
pub(super) struct Runs<'a> {
    pub(super) config: &'a ConfigArguments,
    pub(super) folder: PathBuf,
    pub(super) tasks: &'a [String],
    /// Of a run on all training rows.
    pub(super) epochs: usize,
    pub(super) place: Place,
    pub(super) ui: Ui,
    pub(super) is_json: bool,
    /// Whether parts of the rows are measured on the next block too.
    pub(super) blocks: bool,
    pub(super) terminal: &'a Terminal,
    pub(super) watch: &'a Watch,
    pub(super) signals: &'a Signals,
}

/// A finished run.
pub(super) struct Trained {
    run: Run,
    path: PathBuf,
}

/// A run that was measured on the test rows.
pub(super) struct MeasuredRun {
    pub(super) run: Run,
    pub(super) path: PathBuf,
    pub(super) split: &'static str,
    pub(super) evaluation: Evaluation,
    /// Training rows with a label, by task.
    pub(super) labelled: BTreeMap<String, u64>,
    /// The next block of training rows, if asked for and there is one.
    pub(super) ahead: Option<Evaluation>,
}

impl Runs<'_> {
    /// The run in its folder, trained to its end; none if a signal came.
    ///
    /// # Errors
    /// Whatever ends a run badly, and a run that is under way in another process.
    pub(super) fn trained(
        &self,
        run: Run,
        (number, total): (usize, usize),
    ) -> Result<Option<Trained>, Failure> {
        let path = self
            .folder
            .join(format!("seed-{}", run.seed))
            .join(&run.name);
        let say = |how: &str| {
            let title = run.title();
            self.terminal
                .message(&format!("[{number}/{total}] {title}: {how}\n"));
        };
        let configuration = self.configuration(&run)?;
        let texts = Texts {
            config: configuration.written,
            resolved: configuration.resolved.to_toml(),
        };
        let experiment = configuration.experiment;
        let is_begun = RunDir::open(&path).is_ok();
        let writer = if is_begun {
            RunDir::open(&path)?.lock()?
        } else {
            RunDir::create_at(&path, SystemTime::now())?
        };
        if is_begun && writer.record()?.status == Status::Finished {
            say("done before");
            return Ok(Some(Trained { run, path }));
        }
        let options = Options::default();
        let name = experiment.name.clone();
        let setting = Setting {
            name: &name,
            run: &path,
            tasks: TaskMeasures::of(&experiment),
            terminal: *self.terminal,
        };
        // Standard output is for the one document at the end.
        let ui = match self.ui {
            Ui::Auto if self.is_json => Ui::None,
            ui => ui,
        };
        let place = self.place.clone();
        let flag = self.signals.flag();
        let ended = if is_begun && !never_began(&writer)? {
            say("goes on");
            let from = writer.select(Pick::Last, Fallback::Allowed)?;
            let mut views = Views::new(&setting, ui, false, self.watch);
            session::resume(
                writer, experiment, &texts, place, from, &mut views, flag, &options,
            )
        } else {
            say("trains");
            let mut views = Views::new(&setting, ui, false, self.watch);
            session::train(
                experiment, &texts, place, writer, &mut views, flag, &options,
            )
        };
        match ended {
            Ok(outcome) if outcome.finish == Finish::Interrupted => Ok(None),
            Ok(outcome) => {
                say(&format!("done in {}", duration(outcome.seconds)));
                Ok(Some(Trained { run, path }))
            }
            Err(error) => {
                let failure = failed(error, &configuration.document, self.terminal);
                record_exit(&path, failure.exit, failure.reason());
                Err(failure.hint(format!("this was {}", run.title())))
            }
        }
    }

    /// The config of one run: its seed, and the other tasks not learnt.
    fn configuration(&self, run: &Run) -> Result<Configuration, Failure> {
        let mut arguments = self.config.clone();
        arguments.over.seed = Some(run.seed);
        let left_out = self.tasks.iter().filter(|task| !run.tasks.contains(task));
        arguments
            .over
            .sets
            .extend(left_out.map(|task| format!("tasks.{task}.active=false")));
        if run.share < 1.0 {
            // As many steps as on all rows: fewer would be a difference of their own.
            let epochs = (self.epochs as f64 / run.share).round();
            let sets = [
                format!("data.train_share={}", run.share),
                format!("train.epochs={epochs}"),
            ];
            arguments.over.sets.extend(sets);
        }
        Configuration::read(&arguments)?.sound(self.terminal)
    }

    /// What a finished run knows of the test rows (of the validation rows if there are no others).
    ///
    /// # Errors
    /// A checkpoint or data that cannot be read.
    pub(super) fn measured(&self, trained: Trained) -> Result<MeasuredRun, Failure> {
        let loaded = self.loaded(&trained.path)?;
        let next = trained.run.ahead().filter(|_| self.blocks);
        let ahead = match next {
            Some(name) => {
                let next = self.loaded(&trained.path.with_file_name(name))?;
                Some(loaded.evaluate_ahead(&next)?)
            }
            None => None,
        };
        let labels = loaded.tasks.iter();
        let labelled = labels
            .map(|task| (task.name.clone(), task.fit.labelled))
            .collect();
        let (split, evaluation) = match loaded.evaluate_split("test") {
            Err(LoadError::Split { .. }) => ("val", loaded.evaluate_split("val")?),
            evaluated => ("test", evaluated?),
        };
        Ok(MeasuredRun {
            run: trained.run,
            path: trained.path,
            split,
            evaluation,
            labelled,
            ahead,
        })
    }

    fn loaded(&self, path: &Path) -> Result<Loaded, Failure> {
        let selected = best_or_last(&RunDir::open(path)?)?;
        Ok(from_checkpoint(selected.checkpoint, self.place.clone())?)
    }

    /// Says how to go on.
    pub(super) fn interrupted(&self) -> Ended {
        self.terminal.note(&format!(
            "stopped by {}, what was trained is kept in {}; the same command goes on",
            self.signals.name(),
            self.folder.display()
        ));
        Ended::Interrupted(self.signals.exit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_of_tasks_is_trained_once() {
        let names = |tasks: &[&str], leave_one_out| -> Vec<String> {
            let tasks: Vec<String> = tasks.iter().map(|task| (*task).to_owned()).collect();
            let runs = Run::of_seed(7, &tasks, leave_one_out);
            runs.into_iter().map(|run| run.name).collect()
        };
        assert_eq!(names(&["a", "b"], true), ["together", "alone-a", "alone-b"]);
        assert_eq!(names(&["a", "b", "c"], false).len(), 4);
        assert_eq!(names(&["a", "b", "c"], true).last().unwrap(), "without-c");
        let tasks = ["a_b".to_owned(), "c".to_owned()];
        let ahead = |run: &Run| run.ahead();
        let next: Vec<_> = Run::of_blocks(7, &tasks).iter().filter_map(ahead).collect();
        assert_eq!(next[0], "together-share-0.125");
        // Every block has a run that has learnt from it, the last one that on all rows.
        assert_eq!(next.len(), 4 * 3);
        assert_eq!(next[11], "alone-c");
        assert_eq!(Run::of_seed(7, &tasks, false)[0].ahead(), None);
        assert_eq!(
            Run::of_seed(7, &tasks, false)[1].title(),
            "seed 7, alone a_b"
        );
    }
}
