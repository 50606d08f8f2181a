//! The plan: what an experiment means for this data on this device. Everything that can be decided before the first
//! step is decided here, once; after it only the world can fail (disk, device, numbers).

use std::sync::Arc;

use burn::tensor::Device;
use polytask_balance::{Family, Losses, TaskFacts, Weighting};
use polytask_config::{Problem, Problems};
use polytask_data::{
    DataErrors, DataFacts, Encoded, InputShape, Preprocessing, Sampler, Splits, TaskFit, TaskKind,
    prepare,
};
use polytask_metrics::{Better, metric};
use polytask_model::{
    LossOptions, ModelOptions, MultiTaskModel, ShapeErrors, TaskLoss, TaskSpec, build, names,
};
use polytask_random::Seed;

use crate::device::Place;
use crate::evaluate::shape_of;
use crate::experiment::{CheckpointOptions, EarlyStopping, Experiment, TrainOptions};
use crate::optimizer::Optimizer;
use crate::score::{Best, Term};
use crate::state::{Progress, TrainState};

/// One task, fully decided.
pub struct PlannedTask {
    /// Its name.
    pub name: String,
    /// What its labels are.
    pub kind: TaskKind,
    /// The options of its loss.
    pub options: LossOptions,
    /// Its loss.
    pub loss: TaskLoss,
    /// Multiplies the weighting's weight.
    pub weight: f64,
    /// What is reported.
    pub metrics: Vec<String>,
    /// What the training rows said.
    pub fit: TaskFit,
}

impl PlannedTask {
    /// What the model is built for.
    #[must_use]
    pub fn spec(&self) -> TaskSpec {
        specification(&self.name, self.options.clone(), &self.fit)
    }

    /// Regression values back in the unit of the file; anything else unchanged. Row-major.
    #[must_use]
    pub fn in_original_unit(&self, mut values: Vec<f64>) -> Vec<f64> {
        if let TaskKind::Regression { outputs } = self.kind {
            for row in values.chunks_mut(outputs.max(1)) {
                for ((value, mean), std) in row.iter_mut().zip(&self.fit.mean).zip(&self.fit.std) {
                    *value = *value * std + mean;
                }
            }
        }
        values
    }
}

/// Everything fixed about a run.
pub struct Plan {
    /// The one seed.
    pub seed: Seed,
    /// In order of the config file.
    pub tasks: Vec<PlannedTask>,
    /// How rows become numbers; goes into every checkpoint.
    pub preprocessing: Preprocessing,
    /// The rows, once.
    pub encoded: Arc<Encoded>,
    /// Which row is in which split.
    pub splits: Splits,
    /// What `data.json` says.
    pub facts: DataFacts,
    /// What the model takes.
    pub input_shape: InputShape,
    /// The model's options.
    pub model: ModelOptions,
    /// `[train]`.
    pub train: TrainOptions,
    /// `[checkpoint]`.
    pub checkpoint: CheckpointOptions,
    /// `[early_stopping]`.
    pub early_stopping: Option<EarlyStopping>,
    /// `[score]`.
    pub score: Vec<Term>,
    /// Where it takes place.
    pub place: Place,
    /// The same device, with autodiff.
    pub device: Device,
    /// The order of rows.
    pub sampler: Sampler,
    /// Optimizer steps an epoch.
    pub steps_per_epoch: u64,
    /// Running statistics must survive a skipped step.
    pub keeps_statistics: bool,
}

/// Why there is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// The config does not fit the data: each with its key.
    Config(Problems),
    /// The data itself.
    Data(DataErrors),
}

impl From<DataErrors> for PlanError {
    fn from(errors: DataErrors) -> Self {
        Self::Data(errors)
    }
}

/// What the model is built for: one specification per task.
///
/// # Errors
/// Losses that do not fit their task.
pub fn planned_tasks(
    tables: Vec<crate::experiment::TaskTable>,
    fits: &[TaskFit],
) -> Result<Vec<PlannedTask>, Problems> {
    let mut problems = Vec::new();
    let mut tasks = Vec::new();
    for (table, fit) in tables.into_iter().zip(fits) {
        let shape = shape_of(&fit.kind);
        let metrics = if table.metrics.is_empty() {
            polytask_metrics::defaults(shape)
                .iter()
                .map(|&name| name.to_owned())
                .collect()
        } else {
            table.metrics
        };
        for (index, name) in metrics.iter().enumerate() {
            if let Err(error) = metric(name, shape) {
                let key = format!("tasks.{}.metrics[{index}]", table.name);
                problems.push(Problem::new("P0304", key, error.to_string()));
            }
        }
        match TaskLoss::new(&specification(&table.name, table.loss.clone(), fit)) {
            Ok(loss) => tasks.push(PlannedTask {
                name: table.name,
                kind: fit.kind.clone(),
                options: table.loss,
                loss,
                weight: table.weight,
                metrics,
                fit: fit.clone(),
            }),
            Err(error) => {
                problems.push(Problem::new(
                    "P0305",
                    format!("tasks.{}.loss", table.name),
                    error.to_string(),
                ));
            }
        }
    }
    if problems.is_empty() {
        Ok(tasks)
    } else {
        Err(Problems(problems))
    }
}

fn terms(
    given: Vec<(String, f64)>,
    tasks: &[PlannedTask],
    has_val: bool,
) -> Result<Vec<Term>, Problems> {
    let split = if has_val { "val" } else { "train" };
    let given: Vec<(String, f64)> = if given.is_empty() {
        tasks
            .iter()
            .filter_map(|task| {
                task.metrics
                    .first()
                    .map(|name| (format!("{split}/{}/{name}", task.name), 1.0))
            })
            .collect()
    } else {
        given
    };
    let mut problems = Vec::new();
    let mut terms = Vec::new();
    for (key, weight) in given {
        match sign(&key, tasks, has_val) {
            Ok(sign) => terms.push(Term { key, weight, sign }),
            Err(message) => {
                problems.push(Problem::new("P0306", format!("score.\"{key}\""), message))
            }
        }
    }
    if problems.is_empty() {
        Ok(terms)
    } else {
        Err(Problems(problems))
    }
}

fn sign(key: &str, tasks: &[PlannedTask], has_val: bool) -> Result<f64, String> {
    if !matches!(key.split('/').next(), Some("val" | "train")) {
        return Err("the score is computed on val (or train): write val/TASK/METRIC".to_owned());
    }
    if key.starts_with("val/") && !has_val {
        return Err("there are no validation rows".to_owned());
    }
    let mut parts = key.split('/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("loss"), None, None) => Ok(-1.0),
        (Some(name), Some(metric_name), None) => {
            let task = tasks
                .iter()
                .find(|task| task.name == name)
                .ok_or_else(|| format!("there is no task '{name}'"))?;
            if metric_name == "loss" {
                return Ok(-1.0);
            }
            if !task.metrics.iter().any(|known| known == metric_name) {
                return Err(format!(
                    "task '{name}' does not report '{metric_name}'; it reports {}",
                    task.metrics.join(", ")
                ));
            }
            let metric =
                metric(metric_name, shape_of(&task.kind)).map_err(|error| error.to_string())?;
            Ok(if metric.better() == Better::Higher {
                1.0
            } else {
                -1.0
            })
        }
        _ => Err("write SPLIT/TASK/METRIC or SPLIT/loss".to_owned()),
    }
}

impl Plan {
    /// Decides everything: reads the data, fits the preprocessing, works out shapes.
    ///
    /// # Errors
    /// Every problem of config and data that can be found.
    pub fn resolve(
        experiment: Experiment,
        place: Place,
    ) -> Result<(Self, Box<dyn Weighting>), PlanError> {
        let seed = Seed(experiment.seed);
        let targets: Vec<_> = experiment
            .tasks
            .iter()
            .map(|task| (task.name.clone(), task.data.clone()))
            .collect();
        let prepared = prepare(&experiment.data, &experiment.inputs, &targets, seed)?;
        let tasks = planned_tasks(experiment.tasks, prepared.preprocessing.tasks())
            .map_err(PlanError::Config)?;
        let score = terms(experiment.score, &tasks, !prepared.splits.val.is_empty())
            .map_err(PlanError::Config)?;
        let train = experiment.train;
        let sampler = Sampler::new(
            prepared.splits.train.clone(),
            train.batch_size,
            seed,
            train.shuffle,
            train.drop_last,
        );
        let steps_per_epoch = sampler.batches_per_epoch().div_ceil(train.accumulate) as u64;
        if steps_per_epoch == 0 {
            return Err(PlanError::Config(Problems(vec![Problem::new(
                "P0307",
                "train.batch_size".to_owned(),
                format!(
                    "with drop_last there is no full batch: {} training rows, {} rows a batch",
                    prepared.splits.train.len(),
                    train.batch_size
                ),
            )])));
        }
        let mut weighting = experiment.weighting.value;
        weighting.start(&tasks.iter().map(facts).collect::<Vec<_>>());
        let plan = Self {
            seed,
            input_shape: prepared.preprocessing.input_shape(),
            preprocessing: prepared.preprocessing,
            encoded: prepared.encoded,
            splits: prepared.splits,
            facts: prepared.facts,
            model: experiment.model,
            keeps_statistics: train.on_nan == crate::experiment::OnNan::SkipStep,
            train,
            checkpoint: experiment.checkpoint,
            early_stopping: experiment.early_stopping,
            score,
            device: place.device.clone().autodiff(),
            place,
            sampler,
            steps_per_epoch,
            tasks,
        };
        Ok((plan, weighting))
    }

    /// The model with its initial weights, on `device`.
    ///
    /// # Errors
    /// Shapes that do not fit, naming the layer and its key.
    pub fn build(&self, device: &Device) -> Result<MultiTaskModel, Problems> {
        let specs: Vec<TaskSpec> = self.tasks.iter().map(PlannedTask::spec).collect();
        build(&self.model, &self.input_shape, &specs, self.seed, device).map_err(shape_problems)
    }

    /// The state before the first step.
    ///
    /// # Errors
    /// As [`Plan::build`].
    pub fn start(&self, weighting: Box<dyn Weighting>) -> Result<TrainState, Problems> {
        let model = self.build(&self.device)?;
        let average = self.train.ema.map(|_| burn::module::Module::valid(&model));
        let parameters = names::parameters(&model);
        Ok(TrainState {
            optimizer: Optimizer::new(
                self.train.optimizer.value.clone(),
                &parameters,
                &self.device,
            ),
            model,
            average,
            weighting,
            progress: Progress::new(self.tasks.len()),
            best: Best::default(),
        })
    }

    /// Optimizer steps of the whole run.
    #[must_use]
    pub fn steps(&self) -> u64 {
        self.steps_per_epoch * self.train.epochs as u64
    }

    /// The schedule's factor at `step`.
    #[must_use]
    pub fn rate_factor(&self, step: u64) -> f64 {
        self.train
            .schedule
            .value
            .factor(step, self.steps(), self.steps_per_epoch)
    }

    /// The index of the random stream of one forward pass.
    pub(crate) fn draw(&self, step: u64, batch: usize) -> u64 {
        step * self.train.accumulate as u64 + batch as u64
    }

    /// The weighting's weights times the tasks' own, one per present task.
    pub(crate) fn weigh(&self, weighting: &mut dyn Weighting, losses: &Losses) -> Vec<f64> {
        let uses_own = weighting.uses_task_weights();
        let own = |task: usize| match self.tasks.get(task) {
            Some(task) if uses_own => task.weight,
            _ => 1.0,
        };
        let alpha = weighting.weights(losses).alpha;
        alpha
            .into_iter()
            .zip(&losses.present)
            .map(|(alpha, &task)| alpha * own(task))
            .collect()
    }
}

/// Shapes that do not fit, at the keys of their layers.
pub(crate) fn shape_problems(errors: ShapeErrors) -> Problems {
    Problems(
        errors
            .0
            .into_iter()
            .map(|error| Problem::new("P0308", error.key.clone(), error.to_string()))
            .collect(),
    )
}

/// What the model is told of a task.
fn specification(name: &str, loss: LossOptions, fit: &TaskFit) -> TaskSpec {
    TaskSpec {
        name: name.to_owned(),
        kind: fit.kind.clone(),
        loss,
        fit: fit.clone(),
    }
}

fn facts(task: &PlannedTask) -> TaskFacts {
    TaskFacts {
        name: task.name.clone(),
        family: match task.kind {
            TaskKind::Regression { .. } if task.options.name(&task.kind) == "mse" => {
                Family::SquaredError
            }
            TaskKind::Regression { .. } => Family::Other,
            _ => Family::Classification,
        },
        weight: task.weight,
        entropy: task.fit.entropy,
        variance: task.fit.variance,
    }
}
