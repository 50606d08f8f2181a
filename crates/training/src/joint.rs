//! The joint head at work: what a batch says of the coupled labels, and the tree that its labels make.

use polytask_data::{Batch, Encoded};
use polytask_information::InformationError;
use polytask_information::report::{Column, ReportOptions, Values, label_tree};
use polytask_model::{Edge, Known, MultiTaskModel};

use crate::experiment::TreeOptions;
use crate::information::label_columns;
use crate::plan::PlannedTask;

/// The labels of the batch that `model` couples.
#[must_use]
pub(crate) fn known(model: &MultiTaskModel, batch: &Batch) -> Known {
    let coupled = model.coupled();
    let mut known = Known {
        classes: Vec::with_capacity(batch.rows.len() * coupled.len()),
        mask: Vec::with_capacity(batch.rows.len() * coupled.len()),
    };
    for row in 0..batch.rows.len() {
        for label in coupled {
            let class = batch.targets.get(label.task).and_then(|labels| {
                labels.mask.get(row).filter(|mask| **mask > 0.0)?;
                let width = labels.values.len() / labels.mask.len().max(1);
                labels.values.get(row * width + label.place)
            });
            known.classes.push(class.copied().unwrap_or(0.0));
            known.mask.push(f32::from(u8::from(class.is_some())));
        }
    }
    known
}

/// The edges that the config asks for: those it gives between tasks that are learnt, or the tree of the labels of `train`.
///
/// # Errors
/// Labels that cannot be measured.
pub(crate) fn edges(
    options: &TreeOptions,
    inactive: &[String],
    tasks: &[PlannedTask],
    encoded: &Encoded,
    train: &[u32],
    seed: u64,
) -> Result<Vec<Edge>, InformationError> {
    match options {
        TreeOptions::Given { edges } => {
            let is_learnt = |name: &String| {
                let task = name.split('/').next().unwrap_or_default();
                inactive.iter().all(|inactive| inactive != task)
            };
            let edges = edges.iter().filter(|edge| edge.iter().all(is_learnt));
            Ok(edges.cloned().collect())
        }
        TreeOptions::ChowLiu { rate, permutations } => {
            let fits: Vec<_> = tasks.iter().map(|task| task.fit.clone()).collect();
            let mut columns: Vec<Column> = label_columns(&fits, encoded, train)
                .into_iter()
                .filter(|column| {
                    let own = column.name.split('/').next().unwrap_or_default();
                    let task = tasks.iter().find(|task| task.name == own);
                    matches!(column.values, Values::Classes { .. })
                        && task.is_some_and(|task| task.options.loss(&task.kind).is_law())
                })
                .collect();
            // By name: the order of the tasks in the config decides nothing.
            columns.sort_by(|left, right| left.name.cmp(&right.name));
            if columns.len() < 2 {
                return Ok(Vec::new());
            }
            let options = ReportOptions {
                permutations: *permutations,
                resamples: 0,
                rate: *rate,
                seed,
                ..ReportOptions::default()
            };
            let name = |place: usize| columns.get(place).map(|column| column.name.clone());
            let tree = label_tree(&columns, &options)?;
            let edges = tree.edges.iter();
            Ok(edges
                .filter_map(|edge| Some([name(edge.left)?, name(edge.right)?]))
                .collect())
        }
    }
}
