//! A trained model back from its checkpoint, which holds all that evaluation and prediction need.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use polytask_config::{Document, Layers, Problems, State, Value, Values};
use polytask_data::{DataErrors, Given, InputShape, Oddities, Prepared, Preprocessing, prepare};
use polytask_metrics::MetricError;
use polytask_model::{MultiTaskModel, TaskSpec, build};
use polytask_random::Seed;
use polytask_store::{Checkpoint, StoreError};

use crate::device::Place;
use crate::evaluate::{Evaluation, Measured, Predictor, Yardstick};
use crate::experiment::Experiment;
use crate::plan::{Plan, PlanError, PlannedTask, planned_tasks};
use crate::save::{PartError, from_parts, meta};
use crate::state::{ANNEALING, AVERAGE, BOTTLENECK, MODEL, RestoreError, list_weights};

/// A model with everything around it.
pub struct Loaded {
    /// The resolved config that it was trained from.
    pub config: String,
    /// In order of the config.
    pub tasks: Vec<PlannedTask>,
    /// How rows become numbers.
    pub preprocessing: Preprocessing,
    /// Without autodiff; the averaged weights if there are any.
    pub model: MultiTaskModel,
    /// What the model takes.
    pub shape: InputShape,
    /// Optimizer steps behind it.
    pub step: u64,
    /// Epochs behind it.
    pub epoch: u64,
    /// The weights of `SPLIT/loss`.
    pub weights: Vec<f64>,
    /// BLAKE3 over the named weights.
    pub digest: String,
    /// The texts of the checkpoint.
    pub meta: BTreeMap<String, String>,
    /// Where it is.
    pub place: Place,
    experiment: Experiment,
}

/// Why a checkpoint cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// A text that every checkpoint has.
    #[error("the checkpoint has no '{0}'")]
    Meta(&'static str),
    /// A text that cannot be read.
    #[error("the checkpoint's '{what}' cannot be read: {message}")]
    Text {
        /// Which.
        what: &'static str,
        /// Why.
        message: String,
    },
    /// A part that cannot be read.
    #[error("{0}")]
    Part(#[from] PartError),
    /// Weights that do not fit the config.
    #[error("{0}")]
    Restore(#[from] RestoreError),
    /// Its config is not one that this build reads.
    #[error("the checkpoint's config does not fit this build")]
    Config(Problems),
    /// Its data.
    #[error("{0}")]
    Data(#[from] DataErrors),
    /// The files changed since.
    #[error(
        "the data differs from the data it was trained on (fingerprint {found}, trained on {wanted})"
    )]
    OtherData {
        /// Now.
        found: String,
        /// Then.
        wanted: String,
    },
    /// There is no such split, or it is empty.
    #[error("there are no rows in split '{split}'; splits with rows: {}", available.join(", "))]
    Split {
        /// What was asked for.
        split: String,
        /// What there is.
        available: Vec<String>,
    },
    /// A metric that does not fit.
    #[error("{0}")]
    Metric(#[from] MetricError),
    /// Writing a prediction failed.
    #[error("cannot write predictions: {0}")]
    Output(#[from] std::io::Error),
}

impl From<PlanError> for LoadError {
    fn from(error: PlanError) -> Self {
        if error.data.is_empty() {
            Self::Config(error.config)
        } else {
            Self::Data(error.data)
        }
    }
}

/// The experiment that a resolved config describes.
///
/// # Errors
/// Everything that this build does not take.
pub fn experiment(resolved: &str) -> Result<Experiment, Problems> {
    let document = Document::load(Layers::text("config.resolved.toml", resolved, "."))?;
    let reading = polytask_config::read(&document, Experiment::options);
    if reading.problems.0.is_empty() {
        Ok(reading.value)
    } else {
        Err(reading.problems)
    }
}

/// Loads the checkpoint file at `path` onto `place`.
///
/// # Errors
/// A file that is corrupt, incomplete or of another version.
pub fn load(path: &Path, place: Place) -> Result<Loaded, LoadError> {
    from_checkpoint(polytask_store::read(path)?, place)
}

/// As [`load`], from a checkpoint that was already read.
///
/// # Errors
/// As [`load`].
pub fn from_checkpoint(checkpoint: Checkpoint, place: Place) -> Result<Loaded, LoadError> {
    let text = |key: &'static str| {
        checkpoint
            .meta
            .get(key)
            .cloned()
            .ok_or(LoadError::Meta(key))
    };
    let config = text(meta::CONFIG)?;
    let unreadable = |what: &'static str| {
        move |error: serde_json::Error| LoadError::Text {
            what,
            message: error.to_string(),
        }
    };
    let preprocessing: Preprocessing = serde_json::from_str(&text(meta::PREPROCESSING)?)
        .map_err(unreadable(meta::PREPROCESSING))?;
    let mut experiment = experiment(&config).map_err(LoadError::Config)?;
    if let Some(edges) = checkpoint.meta.get(meta::COUPLED) {
        experiment.model.coupled =
            serde_json::from_str(edges).map_err(unreadable(meta::COUPLED))?;
    }
    if let Some(numbers) = checkpoint.meta.get(meta::NUMBERS) {
        experiment.model.numbers =
            serde_json::from_str(numbers).map_err(unreadable(meta::NUMBERS))?;
    }
    if let Some(related) = checkpoint.meta.get(meta::RELATED) {
        experiment.model.related =
            serde_json::from_str(related).map_err(unreadable(meta::RELATED))?;
    }
    let tables = std::mem::take(&mut experiment.tasks);
    let tasks = planned_tasks(tables, preprocessing.tasks()).map_err(LoadError::Config)?;
    let specs: Vec<TaskSpec> = tasks.iter().map(PlannedTask::spec).collect();
    let shape = preprocessing.input_shape();
    let mut model = build(
        &experiment.model,
        &shape,
        &specs,
        Seed(experiment.seed),
        &place.device,
    )
    .map_err(|errors| LoadError::Config(crate::plan::shape_problems(errors)))?;

    let (step, epoch) = (
        checkpoint.step().unwrap_or(0),
        checkpoint.epoch().unwrap_or(0),
    );
    let digest = polytask_store::weights_digest(&checkpoint).to_string();
    let values = from_parts(checkpoint.parts)?;
    let weights = match values.0.get("progress/weights") {
        Some(Value::Numbers(weights)) => weights.clone(),
        _ => vec![1.0; tasks.len()],
    };
    let mut own = section(&values, AVERAGE);
    if own.0.is_empty() {
        own = section(&values, MODEL);
    }
    let mut state = State::load(own);
    list_weights(&mut model, &mut state)?;
    state.finish().map_err(RestoreError::from)?;
    if let Some(Value::Numbers(price)) = values.0.get(&format!("{BOTTLENECK}/price"))
        && let Some(price) = price.first()
    {
        model = model.with_rate_price(*price);
    }
    if let Some(Value::Numbers(strength)) = values.0.get(&format!("{ANNEALING}/strength"))
        && let Some(strength) = strength.first()
    {
        model = model.with_code_strength(*strength);
    }
    Ok(Loaded {
        config,
        tasks,
        preprocessing,
        model,
        shape,
        step,
        epoch,
        weights,
        digest,
        meta: checkpoint.meta,
        place,
        experiment,
    })
}

/// The entries under `name/`, without the prefix.
fn section(values: &Values, name: &str) -> Values {
    let prefix = format!("{name}/");
    Values(
        values
            .0
            .iter()
            .filter_map(|(key, value)| Some((key.strip_prefix(&prefix)?.to_owned(), value.clone())))
            .collect(),
    )
}

/// What the rows of a next block are called.
const AHEAD: &str = "ahead";

/// The rows of a split.
///
/// # Errors
/// A split without rows.
pub fn rows_of<'a>(prepared: &'a Prepared, split: &str) -> Result<&'a [u32], LoadError> {
    let splits = &prepared.splits;
    let all = [
        ("train", &splits.train),
        ("val", &splits.val),
        ("test", &splits.test),
    ];
    let rows = all
        .iter()
        .find(|(name, rows)| *name == split && !rows.is_empty());
    match rows {
        Some((_, rows)) => Ok(rows),
        None => Err(LoadError::Split {
            split: split.to_owned(),
            available: all
                .iter()
                .filter(|(_, rows)| !rows.is_empty())
                .map(|(name, _)| (*name).to_owned())
                .collect(),
        }),
    }
}

impl Loaded {
    /// The model as something that predicts.
    #[must_use]
    pub fn predictor(&self) -> Predictor<'_> {
        Predictor {
            model: &self.model,
            tasks: &self.tasks,
            shape: &self.shape,
            device: &self.place.device,
        }
    }

    /// The data that the config names, as it was when the model was trained.
    ///
    /// # Errors
    /// Data that is gone or has changed.
    pub fn prepare(&self) -> Result<Prepared, LoadError> {
        let experiment = experiment(&self.config).map_err(LoadError::Config)?;
        let targets: Vec<_> = experiment
            .tasks
            .into_iter()
            .map(|task| (task.name, task.data))
            .collect();
        let prepared = prepare(
            &experiment.data,
            &experiment.inputs,
            &targets,
            Seed(experiment.seed),
        )?;
        self.refuse_other_data(&prepared.facts.fingerprint)?;
        Ok(prepared)
    }

    /// The training that the model comes from, planned anew on its own data.
    ///
    /// # Errors
    /// As [`Self::prepare`].
    pub fn plan(&self) -> Result<Plan, LoadError> {
        let experiment = experiment(&self.config).map_err(LoadError::Config)?;
        let (plan, _) = Plan::resolve(experiment, self.place.clone())?;
        self.refuse_other_data(&plan.facts.fingerprint)?;
        Ok(plan)
    }

    fn refuse_other_data(&self, found: &str) -> Result<(), LoadError> {
        let wanted = self.meta.get(meta::DATA).cloned().unwrap_or_default();
        if found == wanted {
            return Ok(());
        }
        Err(LoadError::OtherData {
            found: found.to_owned(),
            wanted,
        })
    }

    /// Metrics and usable information on a split of the data that the config names.
    ///
    /// # Errors
    /// Data that is gone or has changed, a split without rows.
    pub fn evaluate_split(&self, split: &str) -> Result<Evaluation, LoadError> {
        self.evaluate_prepared(&self.prepare()?, split)
    }

    /// The same of that data when it has been prepared already.
    ///
    /// # Errors
    /// A split without rows.
    pub fn evaluate_prepared(
        &self,
        prepared: &Prepared,
        split: &str,
    ) -> Result<Evaluation, LoadError> {
        let rows = rows_of(prepared, split)?;
        let measured = Measured {
            encoded: &prepared.encoded,
            rows,
            split,
            batch_size: self.batch_size(),
            weights: &self.weights,
        };
        Ok(self.predictor().evaluate_in_bits(
            &measured,
            &Yardstick::new(&prepared.encoded, &prepared.splits, split),
        )?)
    }

    /// Metrics and usable information on the training rows of `next` that this model has not learnt from: what a code of the labels in
    /// their order pays for the next block. Both are of one config and seed, but for the share of the training rows.
    ///
    /// # Errors
    /// Data that is gone or has changed, no such rows.
    pub fn evaluate_ahead(&self, next: &Self) -> Result<Evaluation, LoadError> {
        let prepared = self.prepare()?;
        let learnt: BTreeSet<u32> = prepared.splits.train.iter().copied().collect();
        let mut rows = next.prepare()?.splits.train;
        rows.retain(|row| !learnt.contains(row));
        if rows.is_empty() {
            return Err(LoadError::Split {
                split: AHEAD.to_owned(),
                available: Vec::new(),
            });
        }
        let measured = Measured {
            encoded: &prepared.encoded,
            rows: &rows,
            split: AHEAD,
            batch_size: self.batch_size(),
            weights: &self.weights,
        };
        let yardstick = Yardstick::new(&prepared.encoded, &prepared.splits, AHEAD);
        Ok(self.predictor().evaluate_in_bits(&measured, &yardstick)?)
    }

    /// Metrics on every labelled row of other files of the same layout, under `split`; usable information too if the data
    /// that the model was trained on is still there, else why not. What of the rows is not as it should be is counted.
    ///
    /// # Errors
    /// A file that cannot be read as one of this layout.
    pub fn evaluate_file(
        &self,
        given: &Given,
        split: &str,
    ) -> Result<(Evaluation, Oddities), LoadError> {
        self.preprocessing.check(given)?;
        // The model's own data first, which is let go before the file is read: one data set is held at a time.
        let gauge = match self.prepare() {
            Ok(prepared) => {
                let yardstick = Yardstick::new(&prepared.encoded, &prepared.splits, split);
                Ok(yardstick.gauge(&self.predictor(), self.batch_size())?)
            }
            Err(error) => Err(error),
        };
        let (encoded, oddities) = self.preprocessing.load(given.clone())?;
        let rows: Vec<u32> = (0..encoded.rows() as u32).collect();
        let measured = Measured {
            encoded: &encoded,
            rows: &rows,
            split,
            batch_size: self.batch_size(),
            weights: &self.weights,
        };
        let evaluation = match gauge {
            Ok(gauge) => self.predictor().evaluate_with(&measured, &gauge)?,
            Err(error) => {
                let mut evaluation = self.predictor().evaluate(&measured)?;
                let why = format!("the data that it is calibrated on cannot be had: {error}");
                evaluation.information.unmeasured = self
                    .tasks
                    .iter()
                    .map(|task| (task.name.clone(), why.clone()))
                    .collect();
                evaluation
            }
        };
        Ok((evaluation, oddities))
    }

    /// The resolved config, without its tasks.
    #[must_use]
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// Rows that go through the model at once.
    #[must_use]
    pub fn batch_size(&self) -> usize {
        self.experiment.train.batch_size
    }
}
