//! The tasks of a plan: each with its loss, its metrics and what the training rows said of it.

use polytask_balance::{Family, TaskFacts};
use polytask_config::{Problem, Problems};
use polytask_data::{TaskFit, TaskKind};
use polytask_model::{LossError, LossOptions, TaskLoss, TaskSpec};

use super::definable::is_never_defined;
use crate::evaluate::shape_of;
use crate::experiment::TaskTable;

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
    /// The tasks whose predictions its head reads.
    pub after: Vec<String>,
}

impl PlannedTask {
    /// What the model is built for.
    #[must_use]
    pub fn spec(&self) -> TaskSpec {
        specification(&self.name, self.options.clone(), &self.fit, &self.after)
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

/// The active tasks: `fits` are theirs.
///
/// # Errors
/// Losses that do not fit their task.
pub fn planned_tasks(
    tables: Vec<TaskTable>,
    fits: &[TaskFit],
) -> Result<Vec<PlannedTask>, Problems> {
    let mut problems = Vec::new();
    let mut tasks = Vec::new();
    let active: Vec<TaskTable> = tables
        .into_iter()
        .filter(|table| table.data.active)
        .collect();
    let names: Vec<String> = active.iter().map(|table| table.name.clone()).collect();
    for (mut table, fit) in active.into_iter().zip(fits) {
        // A task that is not learnt predicts nothing.
        table.after.retain(|after| names.contains(after));
        let shape = shape_of(&fit.kind);
        let metrics = if table.metrics.is_empty() {
            polytask_metrics::defaults(shape)
                .iter()
                .map(|&name| name.to_owned())
                .collect()
        } else {
            table.metrics
        };
        let spec = specification(&table.name, table.loss.clone(), fit, &table.after);
        match TaskLoss::new(&spec) {
            Ok(loss) => tasks.push(PlannedTask {
                name: table.name,
                kind: fit.kind.clone(),
                options: table.loss,
                loss,
                weight: table.weight,
                metrics,
                fit: fit.clone(),
                after: table.after,
            }),
            Err(error) => {
                let at = match &error {
                    LossError::Length { option, .. } => format!(".{option}"),
                    LossError::Kind { .. } | LossError::Options { .. } => String::new(),
                };
                problems.push(Problem::new(
                    "P0305",
                    format!("tasks.{}.loss{at}", table.name),
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

/// The names of the tasks whose config lists metrics.
pub(super) fn listed(tables: &[TaskTable]) -> Vec<String> {
    let listing = tables.iter().filter(|table| !table.metrics.is_empty());
    listing.map(|table| table.name.clone()).collect()
}

/// # Errors
/// Metrics of these tasks that have no value for as many classes as the data have: top-k where k takes in all of them.
pub(super) fn refuse_undefined(tasks: &[PlannedTask], listed: &[String]) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for task in tasks.iter().filter(|task| listed.contains(&task.name)) {
        for (index, name) in task.metrics.iter().enumerate() {
            if task.fit.classes.len() > 1 && is_never_defined(&task.kind, name) {
                problems.push(Problem::new(
                    "P0304",
                    format!("tasks.{}.metrics[{index}]", task.name),
                    format!(
                        "{name} has no value for a task of {} classes",
                        task.fit.classes.len()
                    ),
                ));
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Problems(problems))
    }
}

/// What the model is told of a task.
fn specification(name: &str, loss: LossOptions, fit: &TaskFit, after: &[String]) -> TaskSpec {
    TaskSpec {
        name: name.to_owned(),
        kind: fit.kind.clone(),
        loss,
        fit: fit.clone(),
        after: after.to_vec(),
    }
}

pub(super) fn facts(task: &PlannedTask) -> TaskFacts {
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
