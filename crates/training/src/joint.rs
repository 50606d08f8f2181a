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
        labels: coupled.len(),
        values: Vec::with_capacity(batch.rows.len() * coupled.len()),
        mask: Vec::with_capacity(batch.rows.len() * coupled.len()),
    };
    for row in 0..batch.rows.len() {
        for label in coupled {
            let value = batch.targets.get(label.task).and_then(|labels| {
                labels.mask.get(row).filter(|mask| **mask > 0.0)?;
                let width = labels.values.len() / labels.mask.len().max(1);
                labels.values.get(row * width + label.place)
            });
            known.values.push(value.copied().unwrap_or(0.0));
            known.mask.push(f32::from(u8::from(value.is_some())));
        }
    }
    known
}

/// The labels that a config's `multitask.joint` couples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coupled {
    /// Pairs of classes.
    pub(crate) edges: Vec<Edge>,
    /// The regressions whose numbers are coupled; without them and without edges there is no joint head.
    pub(crate) numbers: Vec<String>,
    /// Why there is nothing, in words.
    pub(crate) why_none: Option<String>,
}

/// What the config asks for: the edges and numbers it gives of tasks that are learnt, or the tree of the labels of `train` and all
/// numbers that can be coupled.
///
/// # Errors
/// Labels that cannot be measured.
pub(crate) fn coupled(
    options: &TreeOptions,
    inactive: &[String],
    tasks: &[PlannedTask],
    encoded: &Encoded,
    train: &[u32],
    seed: u64,
) -> Result<Coupled, InformationError> {
    let is_learnt = |name: &String| {
        let task = name.split('/').next().unwrap_or_default();
        inactive.iter().all(|inactive| inactive != task)
    };
    match options {
        TreeOptions::Given { edges, numbers } => {
            let edges = edges.iter().filter(|edge| edge.iter().all(is_learnt));
            let edges: Vec<Edge> = edges.cloned().collect();
            let numbers: Vec<String> = numbers
                .iter()
                .filter(|name| is_learnt(name))
                .cloned()
                .collect();
            let (numbers, why) = coupled_numbers(numbers, tasks, encoded, train);
            let why = why.unwrap_or_else(|| "no edge has both of its tasks learnt".to_owned());
            let is_none = edges.is_empty() && numbers.is_empty();
            Ok(Coupled {
                edges,
                numbers,
                why_none: is_none.then_some(why),
            })
        }
        TreeOptions::ChowLiu {
            rate,
            permutations,
            numbers,
        } => {
            let numbers = match numbers {
                Some(names) => names
                    .iter()
                    .filter(|name| is_learnt(name))
                    .cloned()
                    .collect(),
                None => all_numbers(tasks),
            };
            let (numbers, apart) = coupled_numbers(numbers, tasks, encoded, train);
            let columns = columns(tasks, encoded, train, |task, column| {
                matches!(column.values, Values::Classes { .. })
                    && task.options.loss(&task.kind).is_law()
            });
            let (edges, why) = match uncoupled(tasks, &columns) {
                Some(_) if columns.len() < 2 && apart.as_deref() == Some(APART) => {
                    (Vec::new(), APART.to_owned())
                }
                Some(why) => (Vec::new(), why),
                None => {
                    let options = report(*rate, *permutations, seed);
                    let edges = found(&columns, &options, Asks::Tree)?.into_iter();
                    let why = format!(
                        "no pair of labels shares information that is significant at fdr {rate}"
                    );
                    (edges.map(|(edge, _)| edge).collect(), why)
                }
            };
            let is_none = edges.is_empty() && numbers.is_empty();
            Ok(Coupled {
                edges,
                numbers,
                why_none: is_none.then_some(why),
            })
        }
    }
}

/// The regressions that a Gaussian law can be of, by name: the order of the tasks in the config decides nothing.
fn all_numbers(tasks: &[PlannedTask]) -> Vec<String> {
    let is_number = |task: &&PlannedTask| {
        matches!(task.kind, TaskKind::Regression { .. })
            && task.options.loss(&task.kind).is_of_residuals()
    };
    let mut names: Vec<String> = tasks
        .iter()
        .filter(is_number)
        .map(|task| task.name.clone())
        .collect();
    names.sort();
    names
}

/// These regressions if there is anything to couple; else none, and why if any were asked for.
fn coupled_numbers(
    names: Vec<String>,
    tasks: &[PlannedTask],
    encoded: &Encoded,
    train: &[u32],
) -> (Vec<String>, Option<String>) {
    if names.is_empty() {
        return (names, None);
    }
    let columns = columns(tasks, encoded, train, |task, _| names.contains(&task.name));
    let why = if columns.len() < 2 {
        Some("fewer than two numbers are learnt".to_owned())
    } else {
        is_apart(&columns).then(|| APART.to_owned())
    };
    match why {
        Some(why) => (Vec::new(), Some(why)),
        None => (names, None),
    }
}

/// Why labels that no row has two of are not coupled.
const APART: &str = "no training row has labels of two tasks";

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
        let is_other = |task: &&PlannedTask| {
            let loss = task.options.loss(&task.kind);
            !loss.is_law() && !loss.is_of_residuals()
        };
        let others: Vec<_> = tasks.iter().filter(is_other).collect();
        let mut why =
            "there are neither two classes nor two numbers that can be coupled".to_owned();
        if !others.is_empty() {
            why.push_str(&format!(
                "; what cannot, as its loss is no plain likelihood of classes or is `gaussian_nll`: {}",
                of(others)
            ));
        }
        return Some(why);
    }
    is_apart(columns).then(|| APART.to_owned())
}

/// Whether no row has two of these labels.
fn is_apart(columns: &[Column]) -> bool {
    let known = columns.iter().map(|column| match &column.values {
        Values::Classes { labels, .. } => labels.iter().map(Option::is_some).collect(),
        Values::Real(values) => values.iter().map(Option::is_some).collect::<Vec<bool>>(),
    });
    let mut seen: Vec<bool> = Vec::new();
    for more in known {
        seen.resize(more.len(), false);
        for (seen, is_known) in seen.iter_mut().zip(more) {
            if *seen && is_known {
                return false;
            }
            *seen |= is_known;
        }
    }
    true
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
