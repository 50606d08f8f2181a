//! The experiment: what a config file says, typed, before any data is seen.
//!
//! [`Experiment::options`] lists the whole file by calling the listings of its parts. Read with a document it gives
//! values and problems; without one it gives the schema.

use std::time::Duration;

use polytask_balance::{WEIGHTINGS, Weighting};
use polytask_config::{Choice, Chosen, Fields};
use polytask_data::{DataOptions, InputOptions, TaskOptions};
use polytask_model::{LossOptions, ModelOptions};

use crate::device::Backend;
use crate::optimizer::{OPTIMIZERS, Recipe};
use crate::schedule::{SCHEDULES, Schedule};

/// A whole config file.
pub struct Experiment {
    /// The name of the run's folder under `runs/`.
    pub name: String,
    /// The one seed.
    pub seed: u64,
    /// `[data]`.
    pub data: DataOptions,
    /// `[inputs.NAME]`.
    pub inputs: Vec<(String, InputOptions)>,
    /// `encoder`, `sharing`, `heads`.
    pub model: ModelOptions,
    /// `[tasks.NAME]`.
    pub tasks: Vec<TaskTable>,
    /// `multitask.weighting`.
    pub weighting: Chosen<Box<dyn Weighting>>,
    /// `[train]`.
    pub train: TrainOptions,
    /// `[score]`: metric keys and their weights.
    pub score: Vec<(String, f64)>,
    /// `[early_stopping]`.
    pub early_stopping: Option<EarlyStopping>,
    /// `[checkpoint]`.
    pub checkpoint: CheckpointOptions,
    /// `[device]`.
    pub device: DeviceOptions,
    /// `logging.every_steps`: optimizer steps between two entries in metrics.jsonl; 0 for none.
    pub log_every_steps: u64,
}

/// One `[tasks.NAME]`.
pub struct TaskTable {
    /// Its name.
    pub name: String,
    /// Kind, target columns, normalisation.
    pub data: TaskOptions,
    /// The loss.
    pub loss: LossOptions,
    /// Multiplies the weighting's weight.
    pub weight: f64,
    /// Metric names; the kind's defaults if none are given.
    pub metrics: Vec<String>,
}

/// `[train]`.
pub struct TrainOptions {
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows of one forward and backward pass.
    pub batch_size: usize,
    /// Batches whose gradients make one optimizer step.
    pub accumulate: usize,
    /// Leave out the last batch of an epoch if it is not full.
    pub drop_last: bool,
    /// Another order of rows each epoch.
    pub shuffle: bool,
    /// The rule that moves the weights.
    pub optimizer: Chosen<Recipe>,
    /// The learning rate over time.
    pub schedule: Chosen<Schedule>,
    /// The largest global gradient norm.
    pub gradient_clip_norm: Option<f64>,
    /// What a loss or gradient that is not finite does.
    pub on_nan: OnNan,
    /// Steps in a row that `skip_step` may skip.
    pub max_skips: usize,
    /// Decay of the moving average of the weights.
    pub ema: Option<f64>,
    /// Batches prepared ahead of the step.
    pub prefetch: usize,
}

/// What a loss or gradient that is not finite does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnNan {
    /// Ends the run with exit code 7.
    Stop,
    /// Leaves weights and optimizer as they were and goes on.
    SkipStep,
}

impl Choice for OnNan {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "stop",
            OnNan::Stop,
            "end the run, naming task, step and rows",
        ),
        (
            "skip_step",
            OnNan::SkipStep,
            "leave weights and optimizer untouched and go on, at most max_skips times in a row",
        ),
    ];
}

/// `[early_stopping]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EarlyStopping {
    /// Epochs without a better score after which the run ends.
    pub patience: u64,
    /// How much better counts.
    pub min_delta: f64,
}

/// `[checkpoint]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CheckpointOptions {
    /// Newest checkpoints that are kept.
    pub keep_last: usize,
    /// Best checkpoints that are kept.
    pub keep_best: usize,
    /// When one is written.
    pub every: Every,
}

/// When a checkpoint is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Every {
    /// At the end of every so many epochs.
    Epochs(u64),
    /// After every so many optimizer steps.
    Steps(u64),
    /// When so much time has passed since the last one.
    Time(Duration),
}

/// `[device]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeviceOptions {
    /// Which backend.
    pub backend: Backend,
    /// Which device of it.
    pub index: Option<usize>,
}

impl Experiment {
    /// Lists the whole config file.
    pub fn options(fields: &mut Fields<'_>) -> Self {
        fields
            .integer(
                "version",
                "version of the config format; this build reads 1",
            )
            .within(1..=1)
            .or(1);
        let name = fields
            .text("name", "name of the run's folder under runs/")
            .or("run");
        let seed = fields
            .integer(
                "seed",
                "the one seed; every random stream is derived from it by name",
            )
            .or(42);
        let tasks = tasks(fields);
        Self {
            name,
            seed: seed as u64,
            data: fields.table("data", "where the rows come from and how they are split", DataOptions::options),
            inputs: fields.tables("inputs", "groups of input columns", InputOptions::options),
            model: ModelOptions::options(fields),
            weighting: weighting(fields, &tasks),
            tasks,
            train: fields.table("train", "the optimizer loop", TrainOptions::options),
            score: fields.weights("score", "metrics (SPLIT/TASK/METRIC) and their weights in the score that picks the best checkpoint"),
            early_stopping: fields.optional_table("early_stopping", "when to stop before the last epoch", EarlyStopping::options),
            checkpoint: fields.table("checkpoint", "when checkpoints are written and which are kept", CheckpointOptions::options),
            device: fields.table("device", "where the run takes place", DeviceOptions::options),
            log_every_steps: fields.table("logging", "what is written to metrics.jsonl", |fields| {
                fields.integer("every_steps", "optimizer steps between two entries of the step's losses; 0 for none").or(10) as u64
            }),
        }
    }
}

fn tasks(fields: &mut Fields<'_>) -> Vec<TaskTable> {
    let tasks: Vec<TaskTable> = fields
        .tables("tasks", "the tasks, one table each", |name, fields| {
            TaskTable {
                name: name.to_owned(),
                data: TaskOptions::options(name, fields),
                loss: LossOptions::options(fields),
                weight: fields
                    .number("weight", "multiplies what the weighting gives")
                    .at_least(0.0)
                    .or(1.0),
                metrics: fields
                    .texts("metrics", "metrics to report; the kind's own if empty")
                    .or(Vec::new()),
            }
        })
        .into_iter()
        .map(|(_, task)| task)
        .collect();
    if tasks.is_empty() {
        fields.problem(
            "tasks",
            "P0302",
            "there is no task".to_owned(),
            Some("add a table such as [tasks.digit] with type and target".to_owned()),
        );
    }
    tasks
}

fn weighting(fields: &mut Fields<'_>, tasks: &[TaskTable]) -> Chosen<Box<dyn Weighting>> {
    fields.table(
        "multitask",
        "how the tasks' losses become one step",
        |fields| {
            let weighting = fields
                .entry("weighting", "how losses become weights", WEIGHTINGS)
                .or("fixed");
            if !weighting.value.uses_task_weights()
                && let Some(task) = tasks.iter().find(|task| task.weight != 1.0)
            {
                fields.problem(
                    "weighting",
                    "P0309",
                    format!(
                        "\"{}\" ignores the weight of task '{}'",
                        weighting.name, task.name
                    ),
                    Some("take weighting = \"fixed\", or leave the task's weight out".to_owned()),
                );
            }
            weighting
        },
    )
}

impl TrainOptions {
    fn options(fields: &mut Fields<'_>) -> Self {
        Self {
            epochs: fields
                .integer("epochs", "passes over the training rows")
                .at_least(1)
                .or(10),
            batch_size: fields
                .integer("batch_size", "rows of one forward and backward pass")
                .at_least(1)
                .or(128),
            accumulate: fields
                .integer(
                    "accumulate",
                    "batches whose gradients make one optimizer step",
                )
                .at_least(1)
                .or(1),
            drop_last: fields
                .flag(
                    "drop_last",
                    "leave out the last batch of an epoch if it is not full",
                )
                .or(false),
            shuffle: fields
                .flag("shuffle", "another order of the rows each epoch")
                .or(true),
            optimizer: fields
                .entry("optimizer", "the rule that moves the weights", OPTIMIZERS)
                .or("adamw"),
            schedule: fields
                .entry("schedule", "the learning rate over time", SCHEDULES)
                .or("constant"),
            gradient_clip_norm: fields
                .number("gradient_clip_norm", "largest global norm of the gradient")
                .above(0.0)
                .optional(),
            on_nan: fields
                .choice("on_nan", "what a loss or gradient that is not finite does")
                .or(OnNan::Stop),
            max_skips: fields
                .integer("max_skips", "steps in a row that skip_step may skip")
                .at_least(1)
                .or(10),
            ema: fields
                .number(
                    "ema",
                    "decay of a moving average of the weights, which is then what is evaluated",
                )
                .within(0.0..=0.999_999)
                .optional(),
            prefetch: fields
                .integer("prefetch", "batches prepared ahead of the step")
                .within(0..=64)
                .or(2),
        }
    }
}

impl EarlyStopping {
    fn options(fields: &mut Fields<'_>) -> Self {
        Self {
            patience: fields
                .integer("patience", "epochs without a better score")
                .at_least(1)
                .or(10) as u64,
            min_delta: fields
                .number("min_delta", "how much better counts")
                .at_least(0.0)
                .or(0.0),
        }
    }
}

impl CheckpointOptions {
    fn options(fields: &mut Fields<'_>) -> Self {
        let every = fields
            .text("every", "\"1 epoch\", \"500 steps\" or \"10 min\"")
            .or("1 epoch");
        let every = Every::parse(&every).unwrap_or_else(|| {
            fields.problem(
                "every",
                "P0303",
                format!("\"{every}\" is no interval"),
                Some("write a count and a unit: \"1 epoch\", \"500 steps\", \"30 s\", \"10 min\" or \"2 h\"".to_owned()),
            );
            Every::Epochs(1)
        });
        Self {
            keep_last: fields
                .integer("keep_last", "newest checkpoints that are kept")
                .at_least(1)
                .or(2),
            keep_best: fields
                .integer("keep_best", "best checkpoints that are kept")
                .or(1),
            every,
        }
    }
}

impl Every {
    /// Reads `"500 steps"`.
    ///
    /// ```
    /// use polytask_training::experiment::Every;
    ///
    /// assert_eq!(Every::parse("500 steps"), Some(Every::Steps(500)));
    /// assert_eq!(Every::parse("fortnight"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (count, unit) = text.trim().split_once(char::is_whitespace)?;
        let count: u64 = count.parse().ok().filter(|&count| count > 0)?;
        Some(match unit.trim() {
            "epoch" | "epochs" => Self::Epochs(count),
            "step" | "steps" => Self::Steps(count),
            "s" | "sec" | "seconds" => Self::Time(Duration::from_secs(count)),
            "min" | "minutes" => Self::Time(Duration::from_secs(count.checked_mul(60)?)),
            "h" | "hours" => Self::Time(Duration::from_secs(count.checked_mul(3600)?)),
            _ => return None,
        })
    }
}

impl DeviceOptions {
    fn options(fields: &mut Fields<'_>) -> Self {
        Self {
            backend: fields.choice("backend", "what computes").or(Backend::Auto),
            index: fields
                .integer("index", "which device of the backend, from 0")
                .optional(),
        }
    }
}
