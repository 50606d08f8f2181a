//! A session: one process that trains a run, from the start or from a checkpoint, and keeps its directory true.

mod error;
mod log;
mod recorder;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::time::{Instant, SystemTime};

use polytask_store::{Fallback, Journal, Log, Pick, RunRecord, Selected, Status, Text, Writer};

pub use error::SessionError;
use log::EventLog;
use recorder::Recorder;

use crate::aggregation::Aggregation;
use crate::device::Place;
use crate::evaluate::{Evaluation, Measured, Yardstick};
use crate::events::{Event, Listener};
use crate::experiment::Experiment;
use crate::load::{LoadError, from_checkpoint};
use crate::plan::{Plan, PlanError};
use crate::run::{Finish, RunError, Surroundings, run};
use crate::save::{Saver, from_parts, meta};
use crate::score::Best;
use crate::state::TrainState;

/// The config as text.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// As the user wrote it.
    pub config: String,
    /// With every default filled in.
    pub resolved: String,
}

impl Texts {
    /// With what only the data could decide.
    fn completed(&self, plan: &Plan) -> Self {
        Self {
            config: self.config.clone(),
            resolved: plan.completed(&self.resolved),
        }
    }
}

/// What is asked of one session.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Report the rows of each step.
    pub trace_samples: bool,
    /// Stop after so many optimizer steps.
    pub max_steps: Option<u64>,
}

/// What a session gave.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// How it ended.
    pub finish: Finish,
    /// The run directory.
    pub run: PathBuf,
    /// Optimizer steps done.
    pub step: u64,
    /// Epochs done.
    pub epoch: u64,
    /// The best score.
    pub best: Best,
    /// The checkpoint that was tested.
    pub checkpoint: Option<PathBuf>,
    /// Its metrics; none if the session was interrupted.
    pub tested: Option<Evaluation>,
    /// The split of these metrics.
    pub split: &'static str,
    /// BLAKE3 over the named weights of the last checkpoint that evaluate and predict.
    pub digest: String,
    /// Wall time of this session.
    pub seconds: f64,
}

/// Keys that may differ when a run goes on; anything else would make it another run.
pub const MAY_CHANGE: &[&str] = &[
    "train.epochs",
    "early_stopping.patience",
    "device.backend",
    "device.index",
    "checkpoint.keep_last",
    "checkpoint.keep_best",
    "checkpoint.every",
    "logging.every_steps",
    "train.prefetch",
    "info.permutations",
    "info.resamples",
    "info.fdr",
    "info.neighbours",
    "info.features",
];

/// Trains a new run in the directory that `writer` has locked, or begins one again that was killed before its first
/// checkpoint.
///
/// # Errors
/// Everything that ends a run badly; `run.json` says so too.
pub fn train(
    experiment: Experiment,
    texts: &Texts,
    place: Place,
    mut writer: Writer,
    listener: &mut dyn Listener,
    interrupt: &AtomicBool,
    options: &Options,
) -> Result<Outcome, SessionError> {
    let every = experiment.log_every_steps;
    // The resolved config comes first: a run that is killed from here on can be begun again from it.
    writer.write_text(Text::ResolvedConfig, &texts.resolved)?;
    writer.write_text(Text::Config, &texts.config)?;
    let mut record = RunRecord::begun(writer.id(), &experiment.name, SystemTime::now());
    describe(&mut record, &place);
    let begun = Plan::resolve(experiment, place).and_then(|(plan, balancing)| {
        let state = plan.start(balancing).map_err(PlanError::from)?;
        Ok((plan, state))
    });
    let (plan, state) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            // What never began leaves nothing behind.
            writer.abandon();
            return Err(error.into());
        }
    };
    let texts = texts.completed(&plan);
    writer.write_text(Text::ResolvedConfig, &texts.resolved)?;
    record.engine = state.aggregation.as_ref().map(Aggregation::describe);
    record.no_joint_head = plan.no_joint_head();
    writer.write_record(&record)?;
    writer.write_text(
        Text::Data,
        &serde_json::to_string_pretty(&plan.facts).unwrap_or_default(),
    )?;
    let (journal, _) = writer.journal(Log::Metrics)?;
    let begun = Begun {
        plan,
        state,
        resolved: texts.resolved,
        writer,
        record,
        journal,
        every,
        resumed: None,
    };
    begun.go(listener, interrupt, options)
}

/// Goes on with a run from one of its checkpoints, bit for bit.
///
/// # Errors
/// Everything that ends a run badly, and a checkpoint or data that is not the run's.
#[expect(
    clippy::too_many_arguments,
    reason = "those of `train` and the checkpoint"
)]
pub fn resume(
    mut writer: Writer,
    experiment: Experiment,
    texts: &Texts,
    place: Place,
    from: Selected,
    listener: &mut dyn Listener,
    interrupt: &AtomicBool,
    options: &Options,
) -> Result<Outcome, SessionError> {
    let every = experiment.log_every_steps;
    let mut record = match writer.record() {
        Ok(record) => record.resumed(SystemTime::now()),
        // The record is a convenience; the checkpoints are what counts, and they know whose they are.
        Err(_) => {
            let known = from.checkpoint.meta.get(meta::RUN).cloned();
            let id = known.unwrap_or_else(|| writer.id());
            RunRecord::begun(id, experiment.name.clone(), SystemTime::now())
        }
    };
    describe(&mut record, &place);
    let begun = (|| {
        let (plan, balancing) = Plan::resolve(experiment, place)?;
        let wanted = from
            .checkpoint
            .meta
            .get(meta::DATA)
            .cloned()
            .unwrap_or_default();
        if plan.facts.fingerprint != wanted {
            return Err(SessionError::OtherData {
                found: plan.facts.fingerprint.clone(),
                wanted,
            });
        }
        let mut state = plan.start(balancing).map_err(PlanError::from)?;
        state.restore(from_parts(from.checkpoint.parts)?)?;
        Ok((plan, state))
    })();
    let (plan, state) = match begun {
        Ok(begun) => begun,
        Err(error) => return Err(fail(&mut writer, &record, error)),
    };
    let texts = texts.completed(&plan);
    writer.write_text(Text::ResolvedConfig, &texts.resolved)?;
    record.engine = state.aggregation.as_ref().map(Aggregation::describe);
    record.no_joint_head = plan.no_joint_head();
    writer.write_record(&record)?;
    let (mut journal, _) = writer.journal(Log::Metrics)?;
    journal.truncate_after(state.progress.step)?;
    let begun = Begun {
        plan,
        state,
        resolved: texts.resolved,
        writer,
        record,
        journal,
        every,
        resumed: Some(from.path),
    };
    begun.go(listener, interrupt, options)
}

fn describe(record: &mut RunRecord, place: &Place) {
    record.versions = BTreeMap::from([
        ("polytask".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("burn".to_owned(), "0.22.1".to_owned()),
    ]);
    place.backend.clone_into(&mut record.backend);
    record.adapter = place.adapter.as_ref().map(|adapter| adapter.name.clone());
    record.deterministic = place.is_deterministic;
}

/// A session whose run is ready to go.
struct Begun {
    plan: Plan,
    state: TrainState,
    /// The config with every default, for the checkpoints.
    resolved: String,
    writer: Writer,
    record: RunRecord,
    /// metrics.jsonl.
    journal: Journal,
    /// Optimizer steps between two entries of a step in it.
    every: u64,
    /// The checkpoint that the run goes on from; none for a new run.
    resumed: Option<PathBuf>,
}

impl Begun {
    /// Trains to the end, tests, and keeps the directory true.
    fn go(
        self,
        listener: &mut dyn Listener,
        interrupt: &AtomicBool,
        options: &Options,
    ) -> Result<Outcome, SessionError> {
        let Self {
            plan,
            mut state,
            resolved,
            writer,
            record,
            journal,
            every,
            resumed,
        } = self;
        let begun = Instant::now();
        let tasks: Vec<String> = plan.tasks.iter().map(|task| task.name.clone()).collect();
        let (events, _) = writer.journal(Log::Events)?;
        let mut log = EventLog::new(tasks.clone(), events, listener);
        if let Some(checkpoint) = &resumed {
            log.resumed(checkpoint, &record);
        }
        log.hear(&started(&plan, &state));
        let mut remarks = plan.facts.remarks();
        if plan.early_stopping.is_some() && plan.splits.val.is_empty() {
            remarks.push(
                "there are no validation rows: early_stopping waits for the training loss to rise"
                    .to_owned(),
            );
        }
        if !remarks.is_empty() {
            log.hear(&Event::Remarks(remarks));
        }
        let engine = record.engine.clone();
        let unused = plan.unused(&state.model).0.into_iter();
        let unused: Vec<String> = unused.map(|one| one.to_string()).collect();
        let notes = plan.place.note.iter().chain(state.model.notes());
        let notes = notes.chain(&unused);
        for note in notes.chain(&engine) {
            log.hear(&Event::Note(note.clone()));
        }
        let mut saver = Saver::new(writer, &plan, &resolved);
        if resumed.is_none()
            && let Err(error) = saver.begin(&mut state)
        {
            let mut writer = saver.into_writer();
            let error = log.failed(RunError::from(error).into());
            return Err(fail(&mut writer, &record, error));
        }
        let mut recorder = Recorder {
            tasks,
            journal,
            every,
            begun,
            failure: None,
            listener: &mut log,
        };
        let finished = run(
            &plan,
            &mut state,
            &mut Surroundings {
                saver: Some(&mut saver),
                listener: &mut recorder,
                interrupt,
                trace_samples: options.trace_samples,
                max_steps: options.max_steps,
            },
        );
        let recorded = recorder.close();
        let mut writer = saver.into_writer();
        let finish = match finished
            .map_err(SessionError::from)
            .and_then(|finish| recorded.map(|()| finish))
        {
            Ok(finish) => finish,
            Err(error) => return Err(fail(&mut writer, &record, log.failed(error))),
        };
        let tested = match finish {
            Finish::Interrupted => None,
            Finish::Completed | Finish::EarlyStopped => match test(&plan, &writer) {
                Ok(tested) => tested,
                Err(error) => return Err(fail(&mut writer, &record, log.failed(error))),
            },
        };
        let (status, reason) = match finish {
            Finish::Completed => (Status::Finished, None),
            Finish::EarlyStopped => (Status::Finished, Some("early stopping".to_owned())),
            Finish::Interrupted => (Status::Interrupted, Some("signal".to_owned())),
        };
        let last = writer.select(Pick::Last, Fallback::Allowed)?;
        log.ended(status, reason.as_deref(), state.progress.step);
        log.before_checkpoint()?;
        writer.write_record(&record.ended(status, reason, 0, SystemTime::now()))?;
        let (checkpoint, tested, split) = match tested {
            Some((path, evaluation, split)) => (Some(path), Some(evaluation), split),
            None => (None, None, "test"),
        };
        Ok(Outcome {
            finish,
            run: writer.path().to_owned(),
            step: state.progress.step,
            epoch: state.progress.epoch,
            best: state.best,
            checkpoint,
            tested,
            split,
            digest: polytask_store::weights_digest(&last.checkpoint).to_string(),
            seconds: begun.elapsed().as_secs_f64(),
        })
    }
}

fn started(plan: &Plan, state: &TrainState) -> Event {
    let parameters = polytask_model::names::parameters(&state.model);
    Event::Started {
        parameters: parameters
            .iter()
            .filter(|parameter| parameter.trainable)
            .map(|parameter| parameter.shape.iter().product::<usize>())
            .sum(),
        rows: [
            plan.splits.train.len(),
            plan.splits.val.len(),
            plan.splits.test.len(),
        ],
        epochs: plan.train.epochs as u64,
        steps_per_epoch: plan.steps_per_epoch,
        step: state.progress.step,
        backend: plan.place.backend.to_owned(),
    }
}

/// Tests the best checkpoint (the last one if none has a score), from its file as `evaluate` would.
fn test(
    plan: &Plan,
    writer: &Writer,
) -> Result<Option<(PathBuf, Evaluation, &'static str)>, SessionError> {
    let (split, rows) = if plan.splits.test.is_empty() {
        ("val", &plan.splits.val)
    } else {
        ("test", &plan.splits.test)
    };
    if rows.is_empty() {
        return Ok(None);
    }
    let selected = writer
        .select(Pick::Best, Fallback::Allowed)
        .or_else(|_| writer.select(Pick::Last, Fallback::Allowed))?;
    let loaded = from_checkpoint(selected.checkpoint, plan.place.clone())?;
    let measured = Measured {
        encoded: &plan.encoded,
        rows,
        split,
        batch_size: loaded.batch_size(),
        weights: &loaded.weights,
    };
    let yardstick = Yardstick::new(&plan.encoded, &plan.splits, split);
    let evaluation = loaded
        .predictor()
        .evaluate_in_bits(&measured, &yardstick)
        .map_err(LoadError::from)?;
    Ok(Some((selected.path, evaluation, split)))
}

/// What a run is after this failure.
fn status_after(error: &SessionError) -> Status {
    match error {
        SessionError::Run(RunError::Diverged(_)) => Status::Diverged,
        _ => Status::Failed,
    }
}

/// Writes the failure into `run.json`; what cannot be written there must not hide the failure itself.
fn fail(writer: &mut Writer, record: &RunRecord, error: SessionError) -> SessionError {
    let status = status_after(&error);
    let code = if status == Status::Diverged { 7 } else { 1 };
    drop(writer.write_record(&record.ended(
        status,
        Some(error.to_string()),
        code,
        SystemTime::now(),
    )));
    error
}
