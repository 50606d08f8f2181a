//! Columns of a table as the estimators take them.

use polytask_data::{Part, Table, Values};
use polytask_information::report::{Column, Values as Labels};

use crate::linear::Matrix;

/// The rows of one part.
pub(crate) fn rows_of(table: &Table, part: Part) -> Vec<usize> {
    let parts = table.split().unwrap_or_default();
    let rows = parts.iter().enumerate();
    rows.filter(|(_, other)| **other == part)
        .map(|(row, _)| row)
        .collect()
}

/// The text columns on some rows, as labels with classes.
pub(crate) fn labels(table: &Table, rows: &[usize]) -> Vec<Column> {
    let columns = table.columns().iter();
    columns
        .filter_map(|column| {
            let Values::Text(words) = &column.values else {
                return None;
            };
            let names: Vec<String> = words
                .dictionary()
                .iter()
                .map(|word| word.to_string())
                .collect();
            let place = |word: &str| names.iter().position(|name| name == word);
            let labels = rows
                .iter()
                .map(|&row| Some(place(words.get(row)?)? as u32))
                .collect();
            Some(Column {
                name: column.name.clone(),
                values: Labels::Classes { labels, names },
            })
        })
        .collect()
}

/// The classes of such a column, and how many there are.
pub(crate) fn classes(column: &Column) -> (&[Option<u32>], usize) {
    match &column.values {
        Labels::Classes { labels, names } => (labels, names.len()),
        Labels::Real(_) => (&[], 0),
    }
}

/// Inputs (f32 columns) and targets (f64 columns) on some rows: `[rows, inputs]` and `[rows, targets]`.
pub(crate) fn numbers(table: &Table, rows: &[usize]) -> (Matrix, Matrix) {
    let inputs = rows.iter().map(|&row| {
        let columns = table.columns().iter();
        columns
            .filter_map(|column| match &column.values {
                Values::F32(values) => values.get(row).map(|&value| f64::from(value)),
                Values::F64(_) | Values::Text(_) => None,
            })
            .collect()
    });
    let targets = rows.iter().map(|&row| {
        let columns = table.columns().iter();
        columns
            .filter_map(|column| match &column.values {
                Values::F64(values) => values.get(row).copied(),
                Values::F32(_) | Values::Text(_) => None,
            })
            .collect()
    });
    (inputs.collect(), targets.collect())
}
