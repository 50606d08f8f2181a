//! The terms of the score: which metrics pick the best checkpoint.
//!
//! By default each task has one term of weight 1: the first of its metrics; for a regression among several tasks the
//! first of R², nMSE and Spearman that it reports, or its loss, so that no task counts more for its unit.

use polytask_config::{Problem, Problems, nearest};
use polytask_data::TaskKind;
use polytask_metrics::{Better, metric};

use super::PlannedTask;
use crate::evaluate::shape_of;
use crate::score::Term;

pub(super) fn terms(
    given: Vec<(String, f64)>,
    tasks: &[PlannedTask],
    has_val: bool,
) -> Result<Vec<Term>, Problems> {
    let split = if has_val { "val" } else { "train" };
    let given: Vec<(String, f64)> = if given.is_empty() {
        tasks
            .iter()
            .map(|task| {
                // Of the training rows only the loss is computed.
                let metric = if has_val { usual(task, tasks) } else { "loss" };
                (format!("{split}/{}/{metric}", task.name), 1.0)
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
            Err(Wrong { message, hint }) => {
                let mut problem = Problem::new("P0306", format!("score.\"{key}\""), message);
                problem.help = hint.map(|near| format!("did you mean `{near}`?"));
                problems.push(problem);
            }
        }
    }
    if problems.is_empty() {
        Ok(terms)
    } else {
        Err(Problems(problems))
    }
}

/// The metric that speaks for a task if the config names none: the first of its metrics, but one without a unit where
/// several tasks are averaged, for errors in euros and in degrees have no mean.
fn usual<'a>(task: &'a PlannedTask, tasks: &[PlannedTask]) -> &'a str {
    const WITHOUT_UNIT: [&str; 3] = ["r2", "nmse", "spearman"];
    let first = task.metrics.first().map_or("loss", String::as_str);
    let has_unit =
        matches!(task.kind, TaskKind::Regression { .. }) && !WITHOUT_UNIT.contains(&first);
    if tasks.len() == 1 || !has_unit {
        return first;
    }
    let without = task
        .metrics
        .iter()
        .find(|metric| WITHOUT_UNIT.contains(&metric.as_str()));
    // The loss is of standardized targets.
    without.map_or("loss", String::as_str)
}

/// What is wrong with a key of the score, and what may have been meant.
struct Wrong {
    message: String,
    hint: Option<String>,
}

impl From<String> for Wrong {
    fn from(message: String) -> Self {
        Self {
            message,
            hint: None,
        }
    }
}

impl From<&str> for Wrong {
    fn from(message: &str) -> Self {
        message.to_owned().into()
    }
}

fn sign(key: &str, tasks: &[PlannedTask], has_val: bool) -> Result<f64, Wrong> {
    if !matches!(key.split('/').next(), Some("val" | "train")) {
        let near = key.split_once('/').and_then(|(split, rest)| {
            nearest(split, ["val", "train"]).map(|split| format!("{split}/{rest}"))
        });
        return Err(Wrong {
            message: "the score is computed on val (or train): write val/TASK/METRIC".to_owned(),
            hint: near,
        });
    }
    if key.starts_with("val/") && !has_val {
        return Err("there are no validation rows".into());
    }
    let split = if key.starts_with("val/") {
        "val"
    } else {
        "train"
    };
    let mut parts = key.split('/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("loss"), None, None) => Ok(-1.0),
        (Some(name), Some(metric_name), None) => {
            let task = tasks
                .iter()
                .find(|task| task.name == name)
                .ok_or_else(|| Wrong {
                    message: format!("there is no task '{name}'"),
                    hint: nearest(name, tasks.iter().map(|task| task.name.as_str()))
                        .map(|near| format!("{split}/{near}/{metric_name}")),
                })?;
            if metric_name == "loss" {
                return Ok(-1.0);
            }
            if key.starts_with("train/") {
                return Err(format!(
                    "of the training rows only the loss is computed: write train/{name}/loss"
                )
                .into());
            }
            if !task.metrics.iter().any(|known| known == metric_name) {
                return Err(Wrong {
                    message: format!(
                        "task '{name}' does not report '{metric_name}'; it reports {}",
                        task.metrics.join(", ")
                    ),
                    hint: nearest(metric_name, task.metrics.iter().map(String::as_str))
                        .map(|near| format!("{split}/{name}/{near}")),
                });
            }
            let metric =
                metric(metric_name, shape_of(&task.kind)).map_err(|error| error.to_string())?;
            Ok(if metric.better() == Better::Higher {
                1.0
            } else {
                -1.0
            })
        }
        _ => Err("write SPLIT/TASK/METRIC or SPLIT/loss".into()),
    }
}
