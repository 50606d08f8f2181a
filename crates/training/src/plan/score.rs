//! The terms of the score: which metrics pick the best checkpoint.
//!
//! By default each task has one term of weight 1: the first of its metrics; for a regression among several tasks the
//! first of R², nMSE and Spearman that it reports, or its loss, so that no task counts more for its unit. A task without a
//! validation label has no term; one whose metric has no value on the validation labels has its loss. Of a metric that the
//! config names and that can have no value, nothing would be best: that is a problem of the config.

use polytask_config::{Problem, Problems};
use polytask_data::{Encoded, TaskKind};

use super::PlannedTask;
use super::definable::{Undefined, undefined};
use crate::evaluate::shape_of;
use crate::experiment::{Judged, sign};
use crate::score::Term;

/// The terms, and what deserves to be said of those by default. `val` are the validation rows.
pub(super) fn terms(
    given: Vec<(String, f64)>,
    tasks: &[PlannedTask],
    encoded: &Encoded,
    val: &[u32],
) -> Result<(Vec<Term>, Vec<String>), Problems> {
    let (given, notes) = if given.is_empty() {
        by_default(tasks, encoded, val)
    } else {
        refuse_undefined(&given, tasks, encoded, val)?;
        (given, Vec::new())
    };
    let judged: Vec<Judged<'_>> = tasks
        .iter()
        .map(|task| Judged {
            name: &task.name,
            metrics: &task.metrics,
            shape: shape_of(&task.kind),
            is_known: true,
        })
        .collect();
    let mut problems = Vec::new();
    let mut terms = Vec::new();
    for (key, weight) in given {
        match sign(&key, &judged) {
            Ok(sign) => terms.push(Term { key, weight, sign }),
            Err(wrong) => problems.push(Problem::new("P0306", at(&key), wrong.message)),
        }
    }
    if problems.is_empty() {
        Ok((terms, notes))
    } else {
        Err(Problems(problems))
    }
}

fn at(key: &str) -> String {
    format!("score.\"{key}\"")
}

/// One term for each task that the validation rows can judge, and a note on each that they cannot.
fn by_default(
    tasks: &[PlannedTask],
    encoded: &Encoded,
    val: &[u32],
) -> (Vec<(String, f64)>, Vec<String>) {
    let mut terms = Vec::new();
    let mut notes = Vec::new();
    for (index, task) in tasks.iter().enumerate() {
        let name = &task.name;
        if val.is_empty() {
            // Of the training rows only the loss is computed.
            terms.push((format!("train/{name}/loss"), 1.0));
            continue;
        }
        let usual = usual(task, tasks);
        let metric = match undefined(task, index, usual, encoded, val) {
            None => usual,
            Some(Undefined::TheseLabels) => {
                notes.push(format!(
                    "task {name}: {usual} has no value on the labels of the validation rows, so its loss stands in the score"
                ));
                "loss"
            }
            Some(Undefined::NoLabel) => {
                notes.push(format!(
                    "task {name}: no validation row has a label, so it has no part in the score that picks the best checkpoint"
                ));
                continue;
            }
        };
        terms.push((format!("val/{name}/{metric}"), 1.0));
    }
    if terms.is_empty() {
        notes.push(
            "there is no score: no checkpoint is best, and early stopping stops nothing".to_owned(),
        );
    }
    (terms, notes)
}

/// # Errors
/// Keys whose metric has no value on the validation rows, whatever the model predicts.
fn refuse_undefined(
    given: &[(String, f64)],
    tasks: &[PlannedTask],
    encoded: &Encoded,
    val: &[u32],
) -> Result<(), Problems> {
    let mut problems = Vec::new();
    for (key, _) in given {
        let Some(rest) = key.strip_prefix("val/") else {
            continue;
        };
        let message = if val.is_empty() {
            Some("there are no validation rows".to_owned())
        } else {
            let (name, metric) = rest.split_once('/').unwrap_or((rest, "loss"));
            let mut tasks = tasks.iter().enumerate();
            tasks.find(|(_, task)| task.name == name).and_then(|(index, task)| {
                Some(match undefined(task, index, metric, encoded, val)? {
                    Undefined::NoLabel => format!("no validation row has a label of task {name}"),
                    Undefined::TheseLabels => format!(
                        "{metric} of task {name} has no value on the labels of the validation rows, whatever is predicted"
                    ),
                })
            })
        };
        problems.extend(message.map(|message| Problem::new("P0306", at(key), message)));
    }
    if problems.is_empty() {
        Ok(())
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
