//! Labels that tell about each other: what a batch says of the coupled ones, and the trees and graphs that those of
//! training make.

use polytask_data::{Batch, Encoded, TaskKind};
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

/// The labels that a config's `multitask.joint` couples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coupled {
    /// Pairs of labels; none, and there is no joint head.
    pub(crate) edges: Vec<Edge>,
    /// Why there are none, in words.
    pub(crate) why_none: Option<String>,
}

impl Coupled {
    fn none(why: String) -> Self {
        Self {
            edges: Vec::new(),
            why_none: Some(why),
        }
    }
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
) -> Result<Coupled, InformationError> {
    match options {
        TreeOptions::Given { edges } => {
            let is_learnt = |name: &String| {
                let task = name.split('/').next().unwrap_or_default();
                inactive.iter().all(|inactive| inactive != task)
            };
            let edges = edges.iter().filter(|edge| edge.iter().all(is_learnt));
            let edges: Vec<Edge> = edges.cloned().collect();
            let why_none = edges
                .is_empty()
                .then(|| "no edge has both of its tasks learnt".to_owned());
            Ok(Coupled { edges, why_none })
        }
        TreeOptions::ChowLiu { rate, permutations } => {
            let columns = columns(tasks, encoded, train, |task, column| {
                matches!(column.values, Values::Classes { .. })
                    && task.options.loss(&task.kind).is_law()
            });
            if let Some(why) = uncoupled(tasks, &columns) {
                return Ok(Coupled::none(why));
            }
            let options = report(*rate, *permutations, seed);
            let edges = found(&columns, &options, Asks::Tree)?.into_iter();
            let edges: Vec<Edge> = edges.map(|(edge, _)| edge).collect();
            let why_none = edges.is_empty().then(|| {
                format!("no pair of labels shares information that is significant at fdr {rate}")
            });
            Ok(Coupled { edges, why_none })
        }
    }
}

/// What keeps every pair of labels apart whatever they share: too few that can be coupled, or no row with two of them.
fn uncoupled(tasks: &[PlannedTask], columns: &[Column]) -> Option<String> {
    if columns.len() < 2 {
        let of = |names: Vec<&PlannedTask>| {
            let names: Vec<String> = names
                .iter()
                .map(|task| format!("`{}`", task.name))
                .collect();
            names.join(", ")
        };
        let is_number = |task: &&PlannedTask| matches!(task.kind, TaskKind::Regression { .. });
        let (numbers, classes): (Vec<_>, Vec<_>) = tasks.iter().partition(is_number);
        let is_other = |task: &&PlannedTask| !task.options.loss(&task.kind).is_law();
        let others: Vec<_> = classes.into_iter().filter(is_other).collect();
        let mut why = "fewer than two labels can be coupled".to_owned();
        if !numbers.is_empty() {
            why.push_str(&format!("; numbers cannot: {}", of(numbers)));
        }
        if !others.is_empty() {
            why.push_str(&format!(
                "; nor classes whose loss is not the likelihood of the labels: {}",
                of(others)
            ));
        }
        return Some(why);
    }
    let mut known = columns.iter().map(|column| match &column.values {
        Values::Classes { labels, .. } => labels.iter().map(Option::is_some).collect(),
        Values::Real(values) => values.iter().map(Option::is_some).collect::<Vec<bool>>(),
    });
    let mut seen: Vec<bool> = known.next()?;
    for more in known {
        for (seen, is_known) in seen.iter_mut().zip(more) {
            if *seen && is_known {
                return None;
            }
            *seen |= is_known;
        }
    }
    Some("no training row has labels of two tasks".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, known: &[bool]) -> Column {
        let labels = known.iter().map(|known| known.then_some(0));
        Column {
            name: name.to_owned(),
            values: Values::Classes {
                labels: labels.collect(),
                names: vec!["no".to_owned(), "yes".to_owned()],
            },
        }
    }

    #[test]
    fn labels_that_no_row_has_both_of_stay_apart() {
        let digit = column("digit", &[true, true, false, false]);
        let letter = column("letter", &[false, false, true, false]);
        let why = uncoupled(&[], &[digit.clone(), letter.clone()]).unwrap();
        assert_eq!(why, "no training row has labels of two tasks");
        let bold = column("bold", &[false, false, true, true]);
        assert_eq!(uncoupled(&[], &[digit, letter, bold]), None);
    }
}
