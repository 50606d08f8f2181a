//! What tasks are judged by: whether their losses, their metrics and the score go with their kinds. All of it can be told
//! before any data is seen.

use std::collections::BTreeMap;

use polytask_config::{Choice as _, Fields, Listed, name_in, nearest, with_article};
use polytask_data::TaskType;
use polytask_metrics::{Better, METRICS, Shape, defaults, metric};

use super::TaskTable;

/// What the score may ask of one task.
#[derive(Clone, Copy)]
pub(crate) struct Judged<'a> {
    pub(crate) name: &'a str,
    pub(crate) metrics: &'a [String],
    pub(crate) shape: Shape,
    /// Whether that is what the config says; else its type or its metrics could not be read.
    pub(crate) is_known: bool,
}

/// A loss and metrics that are not for the kind of the task whose table `fields` is.
pub(super) fn check_task(fields: &mut Fields<'_>, task: &TaskTable, metrics: &[Listed]) {
    if !fields.is_sound("type") {
        // What the task is, nobody knows.
        return;
    }
    let shape = shape_of(task.data.kind);
    let mut seen = BTreeMap::new();
    for Listed { index, text, whole } in metrics {
        let at = format!("{}[{index}]", fields.key_path("metrics"));
        if let Err(error) = metric(text, shape) {
            fields.problem_at(at, "P0304", error.to_string(), Some(fitting(shape)));
            continue;
        }
        let before = *seen.entry(whole).or_insert(text);
        if !std::ptr::eq(before, text) {
            let (message, help) = if before == text {
                (format!("`{text}` is listed twice"), None)
            } else {
                let help = format!("both are {whole}");
                (
                    format!("`{text}` is `{before}`, which is listed"),
                    Some(help),
                )
            };
            fields.problem_at(at, "P0304", message, help);
        }
    }
    if let Err(error) = task.loss.serves(&task.name, task.data.kind.word()) {
        fields.problem("loss", "P0305", error.to_string(), None);
    }
}

/// The metrics of a shape, for the help of an error.
fn fitting(shape: Shape) -> String {
    let names: Vec<&str> = METRICS
        .iter()
        .filter(|entry| entry.facts.shapes.contains(&shape))
        .map(|entry| entry.name)
        .collect();
    format!(
        "for {} task: {}",
        with_article(shape.name()),
        names.join(", ")
    )
}

/// Keys of the score that name no metric which is computed.
pub(super) fn check_score(fields: &mut Fields<'_>, tasks: &[TaskTable], score: &[(String, f64)]) {
    if tasks.is_empty() {
        return;
    }
    let usual: Vec<Vec<String>> = tasks.iter().map(reported).collect();
    let judged: Vec<Judged<'_>> = tasks
        .iter()
        .zip(&usual)
        .map(|(task, metrics)| Judged {
            name: &task.name,
            metrics,
            shape: shape_of(task.data.kind),
            is_known: ["type", "metrics"]
                .iter()
                .all(|key| fields.is_faultless(&format!("tasks.{}.{key}", task.name))),
        })
        .collect();
    for (key, _) in score {
        if let Err(wrong) = sign(key, &judged) {
            let help = wrong.help();
            fields.problem_at(format!("score.\"{key}\""), "P0306", wrong.message, help);
        }
    }
}

/// The metrics that a task reports.
fn reported(task: &TaskTable) -> Vec<String> {
    if !task.metrics.is_empty() {
        return task.metrics.clone();
    }
    let usual = defaults(shape_of(task.data.kind)).iter();
    usual.map(|&name| name.to_owned()).collect()
}

/// How the predictions of a kind of task look to a metric.
#[must_use]
pub fn shape_of(kind: TaskType) -> Shape {
    match kind {
        TaskType::Binary => Shape::Binary,
        TaskType::Multiclass => Shape::Classes,
        TaskType::Multilabel => Shape::Flags,
        TaskType::Regression => Shape::Values,
        TaskType::Ordinal => Shape::Ordinal,
    }
}

/// What is wrong with a key of the score, and what may have been meant.
pub(crate) struct Wrong {
    pub(crate) message: String,
    near: Option<String>,
    allowed: Option<String>,
}

impl Wrong {
    fn plain(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            near: None,
            allowed: None,
        }
    }

    /// What may have been meant, else what there is.
    pub(crate) fn help(&self) -> Option<String> {
        let near = self.near.as_ref();
        near.map(|near| format!("did you mean `{near}`?"))
            .or_else(|| self.allowed.clone())
    }
}

/// 1 if a higher value of this key is better, else -1.
pub(crate) fn sign(key: &str, tasks: &[Judged<'_>]) -> Result<f64, Wrong> {
    let (split, rest) = key.split_once('/').unwrap_or((key, ""));
    if !matches!(split, "val" | "train") {
        return Err(Wrong {
            near: nearest(split, ["val", "train"])
                .filter(|_| !rest.is_empty())
                .map(|split| format!("{split}/{rest}")),
            ..Wrong::plain("the score is computed on val (or train): write val/TASK/METRIC")
        });
    }
    let mut parts = rest.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("loss"), None, None) => Ok(-1.0),
        (Some(name), Some(metric_name), None) => {
            let Some(task) = tasks.iter().find(|task| task.name == name) else {
                let names = || tasks.iter().map(|task| task.name);
                return Err(Wrong {
                    near: nearest(name, names())
                        .map(|near| format!("{split}/{near}/{metric_name}")),
                    allowed: Some(format!("tasks: {}", names().collect::<Vec<_>>().join(", "))),
                    ..Wrong::plain(format!("there is no task '{name}'"))
                });
            };
            if metric_name == "loss" {
                return Ok(-1.0);
            }
            if split == "train" {
                return Err(Wrong::plain(format!(
                    "of the training rows only the loss is computed: write train/{name}/loss"
                )));
            }
            if !task.is_known {
                // What the task reports, nobody knows; but a metric that there is not, no task reports.
                let names = || METRICS.iter().map(|entry| entry.name);
                let name_of_metric = name_in(metric_name);
                return match names().any(|known| known == name_of_metric) {
                    true => Ok(1.0),
                    false => Err(Wrong {
                        near: nearest(name_of_metric, names())
                            .map(|near| format!("{split}/{name}/{near}")),
                        ..Wrong::plain(format!("there is no metric '{metric_name}'"))
                    }),
                };
            }
            if !task.metrics.iter().any(|known| known == metric_name) {
                return Err(Wrong {
                    near: nearest(metric_name, task.metrics.iter().map(String::as_str))
                        .map(|near| format!("{split}/{name}/{near}")),
                    ..Wrong::plain(format!(
                        "task '{name}' does not report '{metric_name}'; it reports {}",
                        task.metrics.join(", ")
                    ))
                });
            }
            let metric =
                metric(metric_name, task.shape).map_err(|error| Wrong::plain(error.to_string()))?;
            Ok(match metric.better() {
                Better::Higher => 1.0,
                Better::Lower => -1.0,
            })
        }
        _ => Err(Wrong::plain("write SPLIT/TASK/METRIC or SPLIT/loss")),
    }
}
