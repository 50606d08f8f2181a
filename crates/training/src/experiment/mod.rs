//! The experiment: what a config file says, typed, before any data is seen.
//!
//! [`Experiment::options`] lists the whole file by calling the listings of its parts. Read with a document it gives
//! values and problems; without one it gives the schema.

mod cascade;
mod checkpoint;
mod grouping;
mod info;
mod judged;
mod train;
mod tree;
mod unused;

use std::sync::Arc;

use polytask_balance::{AggregatorOptions, WEIGHTINGS, Weighting};
use polytask_config::{Chosen, Fields};
use polytask_data::{DataOptions, InputOptions, TaskOptions};
use polytask_metrics::METRICS;
use polytask_model::{LossOptions, ModelOptions, Relation, relation};

pub use checkpoint::{CheckpointOptions, Every};
pub use grouping::{AffinitySource, Goal, GroupingOptions};
pub use info::InfoOptions;
pub use judged::shape_of;
pub(crate) use judged::{Judged, sign};
pub use train::{EarlyStopping, OnNan, TrainOptions};
pub use tree::{TREES, TreeOptions};

use crate::aggregation;
use crate::device::Backend;

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
    /// `multitask.aggregator`.
    pub aggregator: Option<AggregatorOptions>,
    /// `multitask.joint`: the tree that couples labels.
    pub joint: Option<TreeOptions>,
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
    /// `[info]`.
    pub info: InfoOptions,
    /// `[grouping]`.
    pub grouping: GroupingOptions,
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
    /// The tasks whose predictions its head reads.
    pub after: Vec<String>,
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
        // In the order in which a config is read.
        let data = fields.table(
            "data",
            "where the rows come from and how they are split",
            DataOptions::options,
        );
        let inputs = fields.tables("inputs", "groups of input columns", InputOptions::options);
        let model = ModelOptions::options(fields);
        let Multitask {
            weighting,
            aggregator,
            joint,
            relation,
        } = multitask(fields, &tasks);
        let model = ModelOptions { relation, ..model };
        let batches = aggregation::batches(aggregator.as_ref());
        let mut experiment = Self {
            name,
            seed: seed as u64,
            data,
            inputs,
            model,
            weighting,
            aggregator,
            joint,
            tasks,
            train: fields.table("train", "the optimizer loop", |fields| TrainOptions::options(fields, batches)),
            score: fields.weights("score", "metrics (SPLIT/TASK/METRIC) and their weights in the score that picks the best checkpoint; by default one metric of each task, without a unit where there are several tasks (R2 for a regression)"),
            early_stopping: fields.optional_table("early_stopping", "when to stop before the last epoch", EarlyStopping::options),
            checkpoint: fields.table("checkpoint", "when checkpoints are written and which are kept", CheckpointOptions::options),
            device: fields.table("device", "where the run takes place", DeviceOptions::options),
            log_every_steps: fields.table("logging", "what is written to metrics.jsonl", |fields| {
                fields.integer("every_steps", "optimizer steps between two entries of the step's losses; 0 for none").or(10) as u64
            }),
            info: fields.table("info", "what the information report tests and shows", InfoOptions::options),
            grouping: fields.table("grouping", "what `group` proposes from", GroupingOptions::options),
        };
        judged::check_score(fields, &experiment.tasks, &experiment.score);
        unused::warn(fields, &experiment);
        let strata = experiment.info.stratify.clone();
        experiment.data.strata = strata.map(|column| (column, "info.stratify".to_owned()));
        experiment
    }
}

fn tasks(fields: &mut Fields<'_>) -> Vec<TaskTable> {
    let tasks: Vec<TaskTable> = fields
        .tables("tasks", "the tasks, one table each", |name, fields| {
            let mut table = TaskTable {
                name: name.to_owned(),
                data: TaskOptions::options(name, fields),
                loss: LossOptions::options(fields),
                weight: fields
                    .number("weight", "multiplies what the weighting gives")
                    .at_least(0.0)
                    .or(1.0),
                metrics: Vec::new(),
                after: fields
                    .texts("after", "tasks whose predictions this one's head reads too")
                    .or(Vec::new()),
            };
            let metrics = fields
                .entries(
                    "metrics",
                    "metrics to report; the kind's own if empty",
                    METRICS,
                )
                .or_none();
            judged::check_task(fields, &table, &metrics);
            table.metrics = metrics.into_iter().map(|metric| metric.text).collect();
            table
        })
        .into_iter()
        .map(|(_, task)| task)
        .collect();
    // Tables that stand there and are not tasks have problems of their own.
    if tasks.is_empty() && !fields.is_given("tasks") && fields.is_whole() {
        fields.problem(
            "tasks",
            "P0302",
            "there is no task".to_owned(),
            Some("add a table such as [tasks.digit] with type and target".to_owned()),
        );
    } else if !tasks.is_empty() && tasks.iter().all(|task| !task.data.active) {
        fields.problem(
            "tasks",
            "P0302",
            "no task is active".to_owned(),
            Some("leave `active` out where a task is to be learnt".to_owned()),
        );
    }
    cascade::check(fields, &tasks);
    tasks
}

/// `[multitask]`.
struct Multitask {
    weighting: Chosen<Box<dyn Weighting>>,
    aggregator: Option<AggregatorOptions>,
    joint: Option<TreeOptions>,
    relation: Option<Arc<dyn Relation>>,
}

fn multitask(fields: &mut Fields<'_>, tasks: &[TaskTable]) -> Multitask {
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
            let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
            let named = weighting.value.named();
            refuse_unknown(fields, "weighting", named.into_iter(), &names);
            let aggregator = aggregation::options(fields);
            let named = aggregator.iter().flat_map(|options| options.method.named());
            refuse_unknown(fields, "aggregator", named, &names);
            let joint = tree::joint(fields, tasks, aggregator.as_ref());
            Multitask {
                weighting,
                aggregator,
                joint,
                relation: relation(fields, &names),
            }
        },
    )
}

/// A problem if one of these tasks is none.
fn refuse_unknown<'a>(
    fields: &mut Fields<'_>,
    key: &str,
    mut named: impl Iterator<Item = &'a str>,
    tasks: &[&str],
) {
    if let Some(name) = named.find(|name| !tasks.contains(name)) {
        fields.problem(
            key,
            "P0311",
            format!("there is no task `{name}`"),
            Some(format!("tasks: {}", tasks.join(", "))),
        );
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
