//! Labels that tell about each other: what a batch says of the coupled ones, and the trees and graphs that those of
//! training make.

use polytask_data::{Batch, Encoded};
use polytask_information::InformationError;
use polytask_information::report::{Column, ReportOptions, Values, label_graph, label_tree};
use polytask_model::{Asks, Edge, Known, MultiTaskModel, Related};

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
            let columns = columns(tasks, encoded, train, |task, column| {
                matches!(column.values, Values::Classes { .. })
                    && task.options.loss(&task.kind).is_law()
            });
            let options = report(*rate, *permutations, seed);
            let edges = found(&columns, &options, Asks::Tree)?.into_iter();
            Ok(edges.map(|(edge, _)| edge).collect())
        }
    }
}

/// What a relation asks of the labels of `train`: of tasks with one label each.
///
/// # Errors
/// Labels that cannot be measured.
pub(crate) fn related(
    asks: Asks,
    tied: &[String],
    tasks: &[PlannedTask],
    encoded: &Encoded,
    train: &[u32],
    seed: u64,
) -> Result<Vec<Related>, InformationError> {
    let columns = columns(tasks, encoded, train, |task, column| {
        task.name == column.name && (tied.is_empty() || tied.contains(&task.name))
    });
    found(&columns, &report(0.05, 999, seed), asks)
}

/// The labels that are wanted, by name: the order of the tasks in the config decides nothing.
fn columns(
    tasks: &[PlannedTask],
    encoded: &Encoded,
    train: &[u32],
    is_wanted: impl Fn(&PlannedTask, &Column) -> bool,
) -> Vec<Column> {
    let fits: Vec<_> = tasks.iter().map(|task| task.fit.clone()).collect();
    let mut columns: Vec<Column> = label_columns(&fits, encoded, train)
        .into_iter()
        .filter(|column| {
            let own = column.name.split('/').next().unwrap_or_default();
            let task = tasks.iter().find(|task| task.name == own);
            task.is_some_and(|task| is_wanted(task, column))
        })
        .collect();
    columns.sort_by(|left, right| left.name.cmp(&right.name));
    columns
}

fn report(rate: f64, permutations: usize, seed: u64) -> ReportOptions {
    ReportOptions {
        permutations,
        resamples: 0,
        rate,
        seed,
        ..ReportOptions::default()
    }
}

fn found(
    columns: &[Column],
    options: &ReportOptions,
    asks: Asks,
) -> Result<Vec<Related>, InformationError> {
    if columns.len() < 2 {
        return Ok(Vec::new());
    }
    let edges = match asks {
        Asks::Pairs => label_graph(columns, options)?,
        Asks::Tree => label_tree(columns, options)?.edges,
    };
    let name = |place: usize| columns.get(place).map(|column| column.name.clone());
    let named = edges
        .iter()
        .filter_map(|edge| Some(([name(edge.left)?, name(edge.right)?], edge.weight)));
    Ok(named.collect())
}
