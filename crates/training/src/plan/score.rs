//! The terms of the score: which metrics pick the best checkpoint.
//!
//! By default each task has one term of weight 1: the first of its metrics; for a regression among several tasks the
//! first of R², nMSE and Spearman that it reports, or its loss, so that no task counts more for its unit.

use polytask_config::{Problem, Problems};
use polytask_data::TaskKind;

use super::PlannedTask;
use crate::evaluate::shape_of;
use crate::experiment::{Judged, sign};
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
        let at = format!("score.\"{key}\"");
        if key.starts_with("val/") && !has_val {
            problems.push(Problem::new(
                "P0306",
                at,
                "there are no validation rows".to_owned(),
            ));
            continue;
        }
        match sign(&key, &judged) {
            Ok(sign) => terms.push(Term { key, weight, sign }),
            Err(wrong) => problems.push(Problem::new("P0306", at, wrong.message)),
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
