//! From a model's numbers to the cells of a row.

use polytask_data::TaskKind;
use polytask_training::plan::PlannedTask;
use polytask_training::predict::PredictedRows;

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Text(&'a str),
    Number(f64),
    Flag(bool),
}

/// The columns of the output: what is kept of the input, then the tasks'.
pub(crate) struct Columns {
    /// Their heads.
    pub(crate) heads: Vec<String>,
    with_probabilities: bool,
}

/// Above this probability a label of a multilabel task is given, as in its metrics.
const THRESHOLD: f64 = 0.5;

impl Columns {
    /// The columns for these tasks.
    pub(crate) fn new(kept: &[String], tasks: &[PlannedTask], with_probabilities: bool) -> Self {
        let mut heads = kept.to_vec();
        for task in tasks {
            // A kept column may have a task's name; the input's names stay.
            let name = if kept.contains(&task.name) {
                format!("{}:predicted", task.name)
            } else {
                task.name.clone()
            };
            let classes = task
                .fit
                .classes
                .iter()
                .map(|class| format!("{name}:{class}"));
            match task.kind {
                TaskKind::Regression { outputs: 1 } => heads.push(name),
                TaskKind::Regression { .. } | TaskKind::Multilabel { .. } => heads.extend(classes),
                TaskKind::Binary | TaskKind::Multiclass { .. } | TaskKind::Ordinal { .. } => {
                    heads.push(name.clone());
                    if with_probabilities {
                        heads.extend(classes);
                    }
                }
            }
        }
        Self {
            heads,
            with_probabilities,
        }
    }

    /// The cells of one row, as many as there are heads.
    pub(crate) fn row<'r>(&self, rows: &PredictedRows<'r>, row: usize, cells: &mut Vec<Cell<'r>>) {
        cells.clear();
        let kept = rows.kept.get(row).map(Vec::as_slice).unwrap_or_default();
        cells.extend(kept.iter().map(|text| Cell::Text(text)));
        for (task, values) in rows.tasks.iter().zip(rows.values) {
            let width = values.len().checked_div(rows.rows).unwrap_or(0);
            let values = values
                .get(row * width..(row + 1) * width)
                .unwrap_or_default();
            let numbers = values.iter().map(|value| Cell::Number(*value));
            match task.kind {
                TaskKind::Regression { .. } => cells.extend(numbers),
                TaskKind::Multilabel { .. } if self.with_probabilities => cells.extend(numbers),
                TaskKind::Multilabel { .. } => {
                    cells.extend(
                        values
                            .iter()
                            .map(|probability| Cell::Flag(*probability > THRESHOLD)),
                    );
                }
                TaskKind::Binary | TaskKind::Multiclass { .. } | TaskKind::Ordinal { .. } => {
                    let class = task
                        .fit
                        .classes
                        .get(most_probable(values))
                        .map_or("", String::as_str);
                    cells.push(Cell::Text(class));
                    if self.with_probabilities {
                        cells.extend(numbers);
                    }
                }
            }
        }
    }
}

/// The index of the largest; of a tie the first, as in the metrics.
fn most_probable(probabilities: &[f64]) -> usize {
    let mut best = (0, f64::NEG_INFINITY);
    for (index, &probability) in probabilities.iter().enumerate() {
        if probability > best.1 {
            best = (index, probability);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_tie_the_first_class_is_taken() {
        assert_eq!(most_probable(&[0.2, 0.4, 0.4]), 1);
        assert_eq!(most_probable(&[f64::NAN, 0.1]), 1);
        assert_eq!(most_probable(&[]), 0);
    }
}
