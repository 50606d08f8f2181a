//! From a model's numbers to the cells of a row.

use polytask_data::TaskKind;
use polytask_training::plan::PlannedTask;
use polytask_training::predict::PredictedRows;

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Text(&'a str),
    /// A JSON value that is no string, as it stood in the input; null if empty.
    Bare(&'a str),
    /// Nothing: a row that has no prediction.
    Empty,
    Number(f64),
    Flag(bool),
}

/// The columns of the output: what is kept of the input, then the tasks'.
pub(crate) struct Columns {
    /// Their heads.
    pub(crate) heads: Vec<String>,
    with_probabilities: bool,
}

/// The head of a column that says how far the truth may be.
const DEVIATION: &str = "deviation";

/// Above this probability a label of a multilabel task is given, as in its metrics.
const THRESHOLD: f64 = 0.5;

impl Columns {
    /// The columns for rows like these.
    pub(crate) fn new(rows: &PredictedRows<'_>, with_probabilities: bool) -> Self {
        let mut heads = rows.columns.to_vec();
        for (task, deviating) in rows.tasks.iter().zip(rows.deviating()) {
            let heads_of = |name: &str| {
                let mut own = heads_of(task, name, with_probabilities);
                if with_probabilities && deviating > 0 {
                    let deviations = own.iter().map(|head| format!("{head}:{DEVIATION}"));
                    own.extend(deviations.collect::<Vec<String>>());
                }
                own
            };
            // A kept column may be called like an output; the input's names stay.
            let mut name = task.name.clone();
            let mut own = heads_of(&name);
            while own.iter().any(|head| heads.contains(head)) {
                name.push_str(":predicted");
                own = heads_of(&name);
            }
            heads.extend(own);
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
        cells.extend(kept.iter().map(|kept| match kept.is_bare {
            true => Cell::Bare(&kept.text),
            false => Cell::Text(&kept.text),
        }));
        let (Some(answer), Some(deviations)) = (rows.answer(row), rows.deviations(row)) else {
            cells.resize(self.heads.len(), Cell::Empty);
            return;
        };
        for ((task, values), deviations) in rows.tasks.iter().zip(answer).zip(deviations) {
            // A probability may come out as -0.
            let numbers = values
                .iter()
                .map(|value| Cell::Number(unsigned_zero(*value)));
            match task.kind {
                TaskKind::Regression { .. } => {
                    cells.extend(numbers);
                    if self.with_probabilities {
                        cells.extend(deviations.iter().map(|own| Cell::Number(*own)));
                    }
                }
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

/// The heads of a task's outputs under this name.
fn heads_of(task: &PlannedTask, name: &str, with_probabilities: bool) -> Vec<String> {
    let classes = task.fit.classes.iter();
    let classes = classes.map(|class| format!("{name}:{class}"));
    match task.kind {
        TaskKind::Regression { outputs: 1 } => vec![name.to_owned()],
        TaskKind::Regression { .. } | TaskKind::Multilabel { .. } => classes.collect(),
        TaskKind::Binary | TaskKind::Multiclass { .. } | TaskKind::Ordinal { .. } => {
            let own = std::iter::once(name.to_owned());
            if with_probabilities {
                own.chain(classes).collect()
            } else {
                own.collect()
            }
        }
    }
}

/// The number, 0 for -0.
fn unsigned_zero(value: f64) -> f64 {
    value + 0.0
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
    fn no_zero_has_a_sign() {
        assert!(unsigned_zero(-0.0).is_sign_positive());
        assert_eq!(unsigned_zero(-0.25), -0.25);
    }

    #[test]
    fn of_a_tie_the_first_class_is_taken() {
        assert_eq!(most_probable(&[0.2, 0.4, 0.4]), 1);
        assert_eq!(most_probable(&[f64::NAN, 0.1]), 1);
        assert_eq!(most_probable(&[]), 0);
    }
}
