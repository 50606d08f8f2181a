//! `train CONFIG`: a new run in a directory of its own.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use clap::Args;
use polytask_config::Document;
use polytask_store::{RunDir, Writer};
use polytask_training::experiment::Experiment;
use polytask_training::run::Finish;
use polytask_training::session::{self, Options, Outcome, SessionError, Texts};
use serde_json::json;

use crate::arguments::ConfigArguments;
use crate::budget::{Budget, rate_budget};
use crate::command::check;
use crate::configuration::{Configuration, unplanned};
use crate::exit::{Exit, Failure};
use crate::measures::TaskMeasures;
use crate::number::{count, counted, duration, figure};
use crate::panics::Watch;
use crate::progress::{Events, Setting, Ui, Views, peak_memory};
use crate::signals::Signals;
use crate::terminal::{Terminal, safe};
use crate::{json, place, results, runs};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  polytask train student.toml
  polytask train student.toml --seed 7 -s train.optimizer.lr=1e-3 --run-dir runs/student/seed-7
  cat student.toml | polytask train - --json | jq .event")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) config: ConfigArguments,

    /// Make the run in this directory, which must be new or empty
    #[arg(long, value_name = "DIR")]
    pub(crate) run_dir: Option<PathBuf>,

    /// Say what would be done: reads the data and builds the model, writes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Train and validate two steps and leave nothing behind (unless --run-dir says where)
    #[arg(long)]
    pub(crate) fast_dev_run: bool,

    #[command(flatten)]
    pub(crate) shown: ShownArguments,
}

/// How a run is shown.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ShownArguments {
    /// How progress is shown
    #[arg(long, value_name = "UI", default_value = "auto")]
    ui: Ui,

    /// Stream events as JSON lines on standard output
    #[arg(long)]
    pub(crate) json: bool,

    /// Stream the rows of each step
    #[arg(long, hide = true)]
    trace_samples: bool,
}

/// Steps of `--fast-dev-run`.
const FEW_STEPS: u64 = 2;

pub(crate) fn run(
    arguments: Arguments,
    terminal: &Terminal,
    watch: &Watch,
) -> Result<Exit, Failure> {
    arguments.shown.refuse_tui()?;
    place::limit_threads(&arguments.config.over.place)?;
    let configuration = Configuration::read(&arguments.config)
        .and_then(|configuration| check::sound(configuration, terminal))?;
    if arguments.dry_run {
        return check::report(
            configuration,
            check::Level::Model,
            arguments.shown.json,
            terminal,
            watch,
        );
    }
    let signals = Signals::install();
    let Configuration {
        document,
        experiment,
        resolved,
        written,
        ..
    } = configuration;
    let (experiment, place) = check::place(&document, experiment, terminal, watch)?;
    let texts = Texts {
        config: written,
        resolved: resolved.to_toml(),
    };

    // Kept until the end: dropping it deletes it.
    let passing = match (arguments.fast_dev_run, &arguments.run_dir) {
        (true, None) => Some(tempfile::tempdir().map_err(|error| {
            Failure::new(
                Exit::Io,
                format!("cannot make a temporary directory for --fast-dev-run: {error}"),
            )
        })?),
        _ => None,
    };
    let writer = match (&arguments.run_dir, &passing) {
        (Some(path), _) => RunDir::create_at(path, SystemTime::now())?,
        (None, Some(folder)) => RunDir::create(folder.path(), &experiment.name, SystemTime::now())?,
        (None, None) => RunDir::create(Path::new(runs::RUNS), &experiment.name, SystemTime::now())?,
    };
    let options = Options {
        trace_samples: arguments.shown.trace_samples,
        max_steps: arguments.fast_dev_run.then_some(FEW_STEPS),
    };
    let shown = Shown::new(&experiment, &writer, arguments.shown, *terminal);
    let shown = if passing.is_some() {
        shown.passing()
    } else {
        shown
    };
    shown.around(watch, &document, &signals, |views| {
        session::train(
            experiment,
            &texts,
            place,
            writer,
            views,
            signals.flag(),
            &options,
        )
    })
}

impl ShownArguments {
    /// # Errors
    /// The full screen, which this build does not have.
    pub(crate) fn refuse_tui(self) -> Result<(), Failure> {
        if self.ui == Ui::Tui {
            return Err(Failure::usage("this build has no full-screen interface")
                .hint("use --ui bar, or --ui auto"));
        }
        Ok(())
    }

    /// The last event of a run that failed, or that could not begin; told once.
    pub(crate) fn tell(self, failure: &Failure, run: Option<&Path>, terminal: &Terminal) {
        if self.json && !failure.is_documented() {
            let mut event = failure.document();
            if let Some(event) = event.as_object_mut() {
                event.insert("event".to_owned(), json!("failed"));
                event.insert(
                    "run".to_owned(),
                    json!(run.map(|run| run.display().to_string())),
                );
            }
            // Whether anybody reads it makes no difference to the failure.
            drop(json::line(event).and_then(|line| terminal.result(&line)));
        }
    }

    pub(crate) fn options(self) -> Options {
        Options {
            trace_samples: self.trace_samples,
            max_steps: None,
        }
    }
}

/// What `train` and `resume` show of a run, while it lasts and when it ends.
pub(crate) struct Shown {
    name: String,
    run: PathBuf,
    tasks: Vec<TaskMeasures>,
    arguments: ShownArguments,
    terminal: Terminal,
    /// Whether the run is still there when it has ended.
    is_kept: bool,
    /// Of a bottleneck's rate, nats a row.
    budget: Option<f64>,
}

impl Shown {
    pub(crate) fn new(
        experiment: &Experiment,
        writer: &Writer,
        arguments: ShownArguments,
        terminal: Terminal,
    ) -> Self {
        Self {
            name: experiment.name.clone(),
            run: writer.path().to_owned(),
            tasks: TaskMeasures::of(experiment),
            arguments,
            terminal,
            is_kept: true,
            budget: rate_budget(experiment),
        }
    }

    /// Of a run that goes when it ends.
    fn passing(self) -> Self {
        Self {
            is_kept: false,
            ..self
        }
    }

    fn setting(&self) -> Setting<'_> {
        Setting {
            name: &self.name,
            run: &self.run,
            tasks: self.tasks.clone(),
            terminal: self.terminal,
        }
    }

    /// Shows a session while it lasts and says how it ended.
    ///
    /// # Errors
    /// The session's failure.
    pub(crate) fn around(
        &self,
        watch: &Watch,
        document: &Document,
        signals: &Signals,
        session: impl FnOnce(&mut Views) -> Result<Outcome, SessionError>,
    ) -> Result<Exit, Failure> {
        let mut views = Views::new(
            &self.setting(),
            self.arguments.ui,
            self.arguments.json,
            watch,
        );
        let ended = session(&mut views);
        drop(views);
        // A thread that panicked spoke of the checkpoint of that moment; since then there may be another.
        self.end(ended, document, signals)
            .map_err(|failure| match failure.exit {
                Exit::Internal => failure.hint(watch.good()),
                _ => failure,
            })
    }

    /// Says how the session ended, and writes the exit code into the run's record.
    ///
    /// # Errors
    /// The session's failure.
    fn end(
        &self,
        ended: Result<Outcome, SessionError>,
        document: &Document,
        signals: &Signals,
    ) -> Result<Exit, Failure> {
        let outcome = match ended {
            Ok(outcome) => outcome,
            Err(error) => {
                let failure = failed(error, document, &self.terminal);
                runs::record_exit(&self.run, failure.exit, failure.reason());
                self.arguments
                    .tell(&failure, Some(&self.run), &self.terminal);
                return Err(failure.documented());
            }
        };
        let exit = match outcome.finish {
            Finish::Interrupted => signals.exit(),
            Finish::Completed | Finish::EarlyStopped => Exit::Done,
        };
        if exit != Exit::Done {
            runs::record_exit(&self.run, exit, Some(signals.name().to_owned()));
        }
        let told = if self.arguments.json {
            let mut events = Events::new(&self.setting(), true);
            events.write(self.finished(&outcome, exit));
            events.close()
        } else if exit == Exit::Done {
            self.terminal.result(&self.summary(&outcome))
        } else {
            Ok(())
        };
        if exit != Exit::Done {
            self.terminal.note(&format!(
                "stopped by {} at step {}, state saved; go on with `polytask resume {}`",
                signals.name(),
                count(outcome.step),
                self.run.display()
            ));
        }
        match told {
            // A reader that went away does not make a run that is done a failure; a full disk under its results does.
            Err(failure) if failure.exit != Exit::Done && exit == Exit::Done => {
                Err(failure.hint(format!(
                    "the run is done and saved: `polytask evaluate {}`",
                    self.run.display()
                )))
            }
            _ => Ok(exit),
        }
    }

    fn finished(&self, outcome: &Outcome, exit: Exit) -> serde_json::Value {
        let finish = match outcome.finish {
            Finish::Completed => "completed",
            Finish::EarlyStopped => "early_stopped",
            Finish::Interrupted => "interrupted",
        };
        let best = json!({
            "score": outcome.best.score, "step": outcome.best.step, "epoch": outcome.best.epoch + 1,
        });
        json!({
            "event": "finished", "run": self.run.display().to_string(), "finish": finish, "exit_code": exit.code(),
            "step": outcome.step, "epoch": outcome.epoch, "best": best, "split": outcome.split,
            "metrics": outcome.tested.as_ref().map(|tested| &tested.metrics),
            "rows": outcome.tested.as_ref().map(|tested| &tested.rows),
            "information": outcome.tested.as_ref().map(|tested| results::information_document(&tested.information)),
            "checkpoint": outcome.checkpoint.as_ref().map(|path| path.display().to_string()),
            "digest": outcome.digest, "wall_seconds": outcome.seconds, "peak_memory_bytes": peak_memory(),
        })
    }

    fn summary(&self, outcome: &Outcome) -> String {
        let how = match outcome.finish {
            Finish::EarlyStopped => "stopped early after",
            _ => "finished",
        };
        let mut text = format!(
            "{} {how} {}, {} in {}\n",
            self.name,
            counted(outcome.epoch, "epoch", "epochs"),
            counted(outcome.step, "step", "steps"),
            duration(outcome.seconds)
        );
        if let Some(tested) = &outcome.tested {
            let which = match outcome.best.score {
                Some(score) => format!(
                    "best checkpoint: epoch {}, step {}, score {}",
                    outcome.best.epoch + 1,
                    outcome.best.step,
                    figure(score)
                ),
                None => "last checkpoint".to_owned(),
            };
            text.push_str(&format!("\n{} split, {which}\n\n", outcome.split));
            let run = self.is_kept.then_some(self.run.as_path());
            let step = outcome
                .best
                .score
                .map_or(outcome.step, |_| outcome.best.step);
            let budget = self.budget.map(|nats| Budget::new(nats, run, step));
            text.push_str(&results::table(
                &self.tasks,
                tested,
                outcome.split,
                budget,
                self.terminal.colors_results,
            ));
        }
        text.push_str(&if self.is_kept {
            format!("\nrun {}\n", safe(&self.run.to_string_lossy()))
        } else {
            "\nnothing is kept of this run; --run-dir says where to keep it\n".to_owned()
        });
        text
    }
}

/// A session's failure as text and code.
pub(crate) fn failed(error: SessionError, document: &Document, terminal: &Terminal) -> Failure {
    match error {
        SessionError::Plan(error) => unplanned(document, error, terminal),
        SessionError::Run(error) => error.into(),
        SessionError::Store(error) => error.into(),
        SessionError::Restore(_) | SessionError::Part(_) => {
            Failure::new(Exit::Checkpoint, error.to_string())
        }
        SessionError::Load(error) => error.into(),
        SessionError::OtherData { .. } => Failure::new(Exit::Data, error.to_string()),
    }
}
