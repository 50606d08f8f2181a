//! The terms of the score: which metrics pick the best checkpoint.

use polytask_config::{Problem, Problems};
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
            .filter_map(|task| {
                // Of the training rows only the loss is computed.
                let metric = if has_val {
                    task.metrics.first()?.as_str()
                } else {
                    "loss"
                };
                Some((format!("{split}/{}/{metric}", task.name), 1.0))
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
            if key.starts_with("train/") {
                return Err(format!(
                    "of the training rows only the loss is computed: write train/{name}/loss"
                ));
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
