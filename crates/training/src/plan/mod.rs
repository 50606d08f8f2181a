//! The plan: what an experiment means for this data on this device. Everything that can be decided before the first
//! step is decided here, once; after it only the world can fail (disk, device, numbers).

mod decided;
mod definable;
mod score;
mod surveyed;
mod task;
mod unused;

use std::sync::Arc;

use burn::tensor::Device;
use polytask_balance::{Losses, Weighting, Weights};
use polytask_config::{Problem, Problems};
use polytask_data::{
    DataErrors, DataFacts, Doubts, Encoded, InputShape, Preprocessing, Sampler, Splits, prepare,
};
use polytask_information::InformationError;
use polytask_model::{ModelOptions, MultiTaskModel, ShapeErrors, TaskSpec, build, names};
use polytask_random::Seed;

pub use surveyed::surveyed;
pub use task::{PlannedTask, planned_tasks};

use decided::Open;

use crate::aggregation::{Aggregation, Balancing};
use crate::annealing::CodeStrength;
use crate::bottleneck::RatePrice;
use crate::device::Place;
use crate::experiment::{CheckpointOptions, EarlyStopping, Experiment, TrainOptions};
use crate::joint;
use crate::optimizer::Optimizer;
use crate::score::{Best, Term};
use crate::state::{Progress, TrainState};

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
    /// Why no labels are coupled though `multitask.joint` asks for it.
    pub uncoupled: Option<String>,
    /// Why no numbers are coupled beside the classes that are, though `multitask.joint` names some.
    pub numbers_apart: Option<&'static str>,
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
    /// What the config left open, as `--set` takes it.
    decided: Vec<String>,
}

/// Why there is no plan: all that was found.
#[derive(Debug, Default)]
pub struct PlanError {
    /// Where the config does not fit the data: each with its key.
    pub config: Problems,
    /// What is wrong with the data itself, or with what the config says of its files and columns.
    pub data: DataErrors,
}

impl From<Problems> for PlanError {
    fn from(config: Problems) -> Self {
        Self {
            config,
            data: DataErrors::default(),
        }
    }
}

impl Plan {
    /// Decides everything: reads the data, fits the preprocessing, works out shapes.
    ///
    /// # Errors
    /// Every problem of config and data that can be found.
    pub fn resolve(experiment: Experiment, place: Place) -> Result<(Self, Balancing), PlanError> {
        let seed = Seed(experiment.seed);
        let targets: Vec<_> = experiment
            .tasks
            .iter()
            .map(|task| (task.name.clone(), task.data.clone()))
            .collect();
        // What judges a task that is not learnt judges nothing.
        let inactive: Vec<String> = experiment
            .tasks
            .iter()
            .filter(|task| !task.data.active)
            .map(|task| task.name.clone())
            .collect();
        let is_judged = |key: &str| {
            let task = key.split('/').nth(1).unwrap_or_default();
            !inactive.iter().any(|name| name == task)
        };
        let open = Open::of(&experiment.tasks, &experiment.score);
        let mut prepared = match prepare(&experiment.data, &experiment.inputs, &targets, seed) {
            Ok(prepared) => prepared,
            Err(data) => {
                let PlanError { config, .. } = surveyed(&experiment, &Doubts::default());
                return Err(PlanError { config, data });
            }
        };
        let given = experiment.score;
        let given = given.into_iter().filter(|(key, _)| is_judged(key));
        let mut model = experiment.model;
        let input_shape = prepared.preprocessing.input_shape();
        let beside_encoder = |mut problems: Problems| {
            let shapes = std::slice::from_ref(&input_shape);
            let misfits = surveyed::misfits(&model.encoder, seed, shapes);
            problems.0.extend(misfits.0);
            problems
        };
        let listed = task::listed(&experiment.tasks);
        let tasks = planned_tasks(experiment.tasks, prepared.preprocessing.tasks())
            .map_err(beside_encoder)?;
        task::refuse_undefined(&tasks, &listed).map_err(beside_encoder)?;
        let (score, notes) = score::terms(
            given.collect(),
            &tasks,
            &prepared.encoded,
            &prepared.splits.val,
        )
        .map_err(beside_encoder)?;
        prepared.facts.notes.extend(notes);
        let train = experiment.train;
        let (encoded, train_rows) = (&prepared.encoded, &prepared.splits.train);
        let immeasurable = |key: &str, error: InformationError| {
            let problem = Problem::new("P0312", key.to_owned(), error.to_string());
            PlanError::from(Problems(vec![problem]))
        };
        let (mut uncoupled, mut numbers_apart) = (None, None);
        if let Some(options) = &experiment.joint {
            let coupled = joint::coupled(options, &inactive, &tasks, encoded, train_rows, seed.0)
                .map_err(|error| immeasurable("multitask.joint", error))?;
            (model.coupled, model.numbers) = (coupled.edges, coupled.numbers);
            uncoupled = coupled.why_none;
            let is_apart = uncoupled.is_none() && model.numbers.is_empty();
            numbers_apart = unused::apart(options.named_numbers(), &tasks).filter(|_| is_apart);
        }
        if let Some(relation) = &model.relation
            && let Some(asks) = relation.asks()
        {
            let tied = &relation.tied().tasks;
            model.related = joint::related(asks, tied, &tasks, encoded, train_rows, seed.0)
                .map_err(|error| immeasurable("multitask.relation", error))?;
        }
        let sampler = Sampler::new(
            prepared.splits.train.clone(),
            train.batch_size,
            seed,
            train.shuffle,
            train.drop_last,
        );
        let steps_per_epoch = sampler.batches_per_epoch().div_ceil(train.accumulate) as u64;
        if steps_per_epoch == 0 {
            return Err(PlanError::from(Problems(vec![Problem::new(
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
        let facts: Vec<_> = tasks.iter().map(task::facts).collect();
        weighting.start(&facts);
        let mut aggregator = experiment.aggregator;
        if let Some(options) = &mut aggregator {
            options.method.start(&facts);
        }
        let plan = Self {
            seed,
            input_shape,
            preprocessing: prepared.preprocessing,
            encoded: prepared.encoded,
            splits: prepared.splits,
            facts: prepared.facts,
            model,
            uncoupled,
            numbers_apart,
            train,
            checkpoint: experiment.checkpoint,
            early_stopping: experiment.early_stopping,
            device: place.device.clone().autodiff(),
            place,
            sampler,
            steps_per_epoch,
            decided: open.filled(&tasks, &score, prepared.shares),
            score,
            tasks,
        };
        let balancing = Balancing {
            weighting,
            aggregator,
        };
        Ok((plan, balancing))
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
    pub fn start(&self, balancing: Balancing) -> Result<TrainState, Problems> {
        let model = self.build(&self.device)?;
        let average = self.train.ema.map(|_| burn::module::Module::valid(&model));
        let parameters = names::parameters(&model);
        Ok(TrainState {
            optimizer: Optimizer::new(
                self.train.optimizer.value.clone(),
                &parameters,
                &self.device,
            ),
            aggregation: balancing
                .aggregator
                .map(|options| Aggregation::new(options, self, &model)),
            model,
            average,
            weighting: balancing.weighting,
            rate_price: self.model.encoder.bottleneck.clone().map(RatePrice::new),
            code_strength: self.model.sharing.annealing().map(CodeStrength::new),
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
    pub(crate) fn weigh(&self, weighting: &mut dyn Weighting, losses: &Losses) -> Weights {
        let weights = weighting.weights(losses);
        self.with_own(weights, weighting.uses_task_weights(), losses)
    }

    /// The same of the weights that a look ahead starts from.
    pub(crate) fn weigh_ahead(&self, weighting: &mut dyn Weighting, losses: &Losses) -> Weights {
        let weights = weighting.ahead(losses);
        self.with_own(weights, weighting.uses_task_weights(), losses)
    }

    fn with_own(&self, mut weights: Weights, uses_own: bool, losses: &Losses) -> Weights {
        let own = |task: usize| match self.tasks.get(task) {
            Some(task) if uses_own => task.weight,
            _ => 1.0,
        };
        for (alpha, &task) in weights.alpha.iter_mut().zip(&losses.present) {
            *alpha *= own(task);
        }
        weights
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
