//! Whether a metric can have a value on the validation rows at all: told from their labels, before the first step.
//!
//! A metric is asked about two opposite predictions, all right and all wrong. What has no value for either has none for any:
//! AUROC where all labels are of one class, R² of a constant target. Nothing is known here of any one metric.

use polytask_data::{Encoded, Labels, TaskKind};
use polytask_metrics::{Metric, Predictions, metric};

use super::PlannedTask;
use crate::evaluate::shape_of;

/// Rows whose labels are looked at in one go.
const AT_ONCE: usize = 4096;

/// Why a metric of a task has no value on these rows, whatever is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Undefined {
    /// None of them has a label of the task.
    NoLabel,
    /// Their labels are not enough for this metric.
    TheseLabels,
}

/// Why `name` (or the loss) of the task at `index` has no value on `rows`; `None` if it has one.
pub(super) fn undefined(
    task: &PlannedTask,
    index: usize,
    name: &str,
    encoded: &Encoded,
    rows: &[u32],
) -> Option<Undefined> {
    if encoded.label_count(index, rows) == 0 {
        return Some(Undefined::NoLabel);
    }
    let shape = shape_of(&task.kind);
    let (Ok(mut right), Ok(mut wrong)) = (metric(name, shape), metric(name, shape)) else {
        return None;
    };
    for rows in rows.chunks(AT_ONCE) {
        let labels = encoded.labels(index, rows);
        show(&mut *right, &task.kind, &labels, true);
        show(&mut *wrong, &task.kind, &labels, false);
    }
    let is_undefined = right.value().is_none() && wrong.value().is_none();
    is_undefined.then_some(Undefined::TheseLabels)
}

/// Whether a metric has no value for a task of this kind whatever its labels are: even where each class stands once.
pub(super) fn is_never_defined(kind: &TaskKind, name: &str) -> bool {
    let (Some(classes), Ok(mut metric)) = (classes(kind), metric(name, shape_of(kind))) else {
        return false;
    };
    let labels = Labels {
        values: (0..classes).map(|class| class as f32).collect(),
        mask: vec![1.0; classes],
        labelled: classes,
    };
    show(&mut *metric, kind, &labels, true);
    metric.value().is_none()
}

/// Shows the rows that have a label, with predictions that are all right or all wrong.
fn show(metric: &mut dyn Metric, kind: &TaskKind, labels: &Labels, is_right: bool) {
    let width = labels.values.len() / labels.mask.len().max(1);
    let rows = labels.values.chunks_exact(width.max(1)).zip(&labels.mask);
    let values: Vec<f32> = rows
        .filter(|(_, mask)| **mask > 0.0)
        .flat_map(|(row, _)| row.iter().copied())
        .collect();
    match *kind {
        TaskKind::Multilabel { labels } => {
            let truth: Vec<bool> = values.iter().map(|&flag| flag > 0.5).collect();
            let predicted = truth
                .iter()
                .map(|&flag| f64::from(u8::from(flag == is_right)));
            metric.update(&Predictions::Flags {
                probabilities: &predicted.collect::<Vec<f64>>(),
                labels,
                truth: &truth,
            });
        }
        TaskKind::Regression { outputs } => {
            let truth: Vec<f64> = values.iter().map(|&value| f64::from(value)).collect();
            let sign = if is_right { 1.0 } else { -1.0 };
            let predicted: Vec<f64> = truth.iter().map(|value| sign * value).collect();
            metric.update(&Predictions::Values {
                predicted: &predicted,
                outputs,
                truth: &truth,
            });
        }
        TaskKind::Binary | TaskKind::Multiclass { .. } | TaskKind::Ordinal { .. } => {
            let classes = classes(kind).unwrap_or(2);
            let truth: Vec<u32> = values.iter().map(|&class| class as u32).collect();
            let predicted = |&class: &u32| match is_right {
                true => class as usize,
                false => (class as usize + 1) % classes.max(1),
            };
            let probabilities = truth.iter().map(predicted).flat_map(|predicted| {
                (0..classes).map(move |class| f64::from(u8::from(class == predicted)))
            });
            metric.update(&Predictions::Classes {
                probabilities: &probabilities.collect::<Vec<f64>>(),
                classes,
                truth: &truth,
            });
        }
    }
}

fn classes(kind: &TaskKind) -> Option<usize> {
    match *kind {
        TaskKind::Binary => Some(2),
        TaskKind::Multiclass { classes } => Some(classes),
        TaskKind::Ordinal { levels } => Some(levels),
        TaskKind::Multilabel { .. } | TaskKind::Regression { .. } => None,
    }
}
