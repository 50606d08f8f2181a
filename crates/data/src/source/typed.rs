//! Columns that are typed by nature, brought to the types that the configuration wants.

use super::cells::Want;
use crate::column::{Column, Values, Words};
use crate::error::{DataError, DataErrors};
use crate::table::{Kept, Table};

/// A column whose cells come block by block. Doubles that are wanted as features alone are narrowed as they come, so that
/// they are never all held in double precision.
pub(super) struct Growing {
    values: Option<Values>,
    is_feature: bool,
    rows: usize,
    /// The first number, and whether another one follows: in single precision they may be the same.
    first: Option<f64>,
    varies: bool,
    /// Numbers that single precision cannot hold.
    too_large: Vec<(usize, f64)>,
}

impl Growing {
    pub(super) fn new(want: Want, rows: usize) -> Self {
        Self {
            values: None,
            is_feature: want.number && !want.exact && !want.text && !want.raw,
            rows,
            first: None,
            varies: false,
            too_large: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, more: Values) {
        let rows = self.rows;
        let is_narrowed = self.is_feature && matches!(more, Values::F64(_));
        let values = self.values.get_or_insert_with(|| match &more {
            Values::Text(_) => Values::Text(Words::default()),
            Values::F64(_) if !is_narrowed => Values::F64(Vec::with_capacity(rows)),
            _ => Values::F32(Vec::with_capacity(rows)),
        });
        match (values, more) {
            (Values::F32(cells), Values::F64(more)) => {
                for number in more {
                    if !number.is_nan() {
                        self.varies |= *self.first.get_or_insert(number) != number;
                    }
                    let single = number as f32;
                    if single.is_infinite() {
                        self.too_large.push((cells.len(), number));
                    }
                    cells.push(if single.is_infinite() {
                        f32::NAN
                    } else {
                        single
                    });
                }
            }
            (Values::F32(cells), Values::F32(more)) => cells.extend(more),
            (Values::F64(cells), Values::F64(more)) => cells.extend(more),
            (Values::Text(cells), Values::Text(more)) => cells.append(&more),
            _ => {}
        }
    }

    /// Adds the column to the table.
    pub(super) fn finish(self, name: &str, table: &mut Table) -> Result<(), DataErrors> {
        let mut errors = DataErrors::default();
        for (row, number) in self.too_large {
            errors.push(not_finite(table, row, name, &number.to_string()));
        }
        let values = self.values.unwrap_or_else(|| Values::F32(Vec::new()));
        if let Values::F32(cells) = &values {
            let mut present = cells.iter().filter(|cell| !cell.is_nan());
            if let Some(first) = present.next()
                && self.varies
                && present.all(|cell| cell == first)
            {
                table.set_flattened(name);
            }
        }
        if let Err(error) = table.push(name, values) {
            errors.push(error);
        }
        errors.into_result(())
    }
}

/// Keeps of each column what is wanted of it, as which it is wanted.
pub(crate) fn as_wanted(table: &mut Table, want: impl Fn(&str) -> Want) -> Result<(), DataErrors> {
    let mut errors = DataErrors::default();
    let mut columns = Vec::new();
    for Column { name, values } in std::mem::take(table.columns_mut()) {
        let want = want(&name);
        if want.raw {
            table.keep(
                name.clone(),
                (0..table.rows()).map(|row| kept(&values, row)).collect(),
            );
        }
        if want.text && !matches!(values, Values::Text(_)) {
            let mut words = Words::default();
            for row in 0..values.len() {
                words.push(text(&values, row).as_deref());
            }
            columns.push(Column {
                name: name.clone(),
                values: Values::Text(words),
            });
        }
        let is_number = want.number || want.exact;
        match values {
            Values::Text(words) if is_number => errors.push(not_numeric(table, name, &words)),
            Values::Text(words) if want.text => columns.push(Column {
                name,
                values: Values::Text(words),
            }),
            Values::Text(_) => {}
            numbers => {
                check_finite(table, &name, &numbers, is_number, &mut errors);
                if want.exact {
                    columns.push(Column {
                        name: name.clone(),
                        values: Values::F64(doubles(&numbers)),
                    });
                }
                if want.number {
                    if let Values::F64(values) = &numbers
                        && is_flattened(values)
                    {
                        table.set_flattened(&name);
                    }
                    columns.push(Column {
                        name,
                        values: Values::F32(singles(numbers)),
                    });
                }
            }
        }
    }
    *table.columns_mut() = columns;
    errors.into_result(())
}

fn not_numeric(table: &Table, name: String, words: &Words) -> DataError {
    DataError::NotNumeric {
        key: None,
        file: table.file().to_owned(),
        line: None,
        column: name,
        value: words
            .dictionary()
            .first()
            .map(ToString::to_string)
            .unwrap_or_default(),
        cells: words.len() as u64,
        of: words.len() as u64,
        help: None,
    }
}

fn check_finite(
    table: &Table,
    name: &str,
    values: &Values,
    is_wanted: bool,
    errors: &mut DataErrors,
) {
    if !is_wanted {
        return;
    }
    let infinite: Vec<usize> = match values {
        Values::F32(values) => rows(values.iter().map(|value| value.is_infinite())),
        // Also what single precision cannot hold.
        Values::F64(values) => rows(
            values
                .iter()
                .map(|value| value.is_infinite() || (*value as f32).is_infinite()),
        ),
        Values::Text(_) => Vec::new(),
    };
    for row in infinite {
        let value = text(values, row).unwrap_or_default();
        errors.push(not_finite(table, row, name, &value));
    }
}

fn not_finite(table: &Table, row: usize, column: &str, value: &str) -> DataError {
    let wanted = "a finite number that a 32-bit float can hold";
    table.bad_cell(row, column, value, wanted, None)
}

/// Whether numbers differ, but not in single precision.
fn is_flattened(values: &[f64]) -> bool {
    let present = || values.iter().filter(|value| !value.is_nan());
    let Some(first) = present().next() else {
        return false;
    };
    present().any(|value| value != first) && present().all(|value| *value as f32 == *first as f32)
}

fn rows(flags: impl Iterator<Item = bool>) -> Vec<usize> {
    flags
        .enumerate()
        .filter(|(_, flag)| *flag)
        .map(|(row, _)| row)
        .collect()
}

fn singles(values: Values) -> Vec<f32> {
    match values {
        Values::F32(values) => values,
        // Features are held in single precision.
        Values::F64(values) => values.into_iter().map(|value| value as f32).collect(),
        Values::Text(_) => Vec::new(),
    }
}

fn doubles(values: &Values) -> Vec<f64> {
    match values {
        Values::F32(values) => values.iter().copied().map(f64::from).collect(),
        Values::F64(values) => values.clone(),
        Values::Text(_) => Vec::new(),
    }
}

/// A cell as it is passed through; an infinite number is a text, since JSON has no other word for it.
fn kept(values: &Values, row: usize) -> Kept {
    let text = text(values, row).unwrap_or_default();
    let is_number = || text.parse().is_ok_and(f64::is_finite);
    Kept {
        is_bare: !matches!(values, Values::Text(_)) && (text.is_empty() || is_number()),
        text,
    }
}

/// A cell's text; `None` if it is missing.
fn text(values: &Values, row: usize) -> Option<String> {
    match values {
        Values::F32(values) => values
            .get(row)
            .filter(|value| !value.is_nan())
            .map(ToString::to_string),
        Values::F64(values) => values
            .get(row)
            .filter(|value| !value.is_nan())
            .map(ToString::to_string),
        Values::Text(words) => words.get(row).map(str::to_owned),
    }
}
