//! Text cells become typed columns: each cell is read once, as what its column is wanted for.

use serde::{Deserialize, Serialize};

use crate::column::{Values, Words};
use crate::error::{DataError, DataErrors};
use crate::row_lines::RowLines;
use crate::table::{Kept, Table, Unparsable};

/// What one column is wanted as. Several may hold: a target can be a number for one task and a class for another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Want {
    /// A feature, in single precision.
    pub number: bool,
    /// A regression target, in double precision.
    pub exact: bool,
    /// Categories, labels, groups.
    pub text: bool,
    /// The cell as it stands, to be passed through to an output.
    pub raw: bool,
    /// As text, an empty cell is a text like any other, and not a missing one.
    pub blank: bool,
}

impl Want {
    /// Whether cells are wanted as inputs, targets or to divide the rows by, and not only to be passed through.
    pub(crate) fn is_used(&self) -> bool {
        self.number || self.exact || self.text
    }

    /// Whether the column is not wanted at all.
    pub(crate) fn is_nothing(&self) -> bool {
        !self.is_used() && !self.raw
    }
}

/// What counts as missing in cells of text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRules {
    /// Texts that mean "no value", besides an empty cell.
    pub missing: Vec<String>,
    /// A text where a feature's number is wanted is a missing value too.
    pub unparsable_is_missing: bool,
    /// A text where a target's number is wanted is a missing label too; older checkpoints do not say.
    #[serde(default)]
    pub unparsable_label_is_missing: bool,
}

impl CellRules {
    /// A column that is typed by nature, without what these rules call missing: texts that are such a word, and numbers
    /// that such a word reads as.
    pub(super) fn blank(&self, values: Values) -> Values {
        if self.missing.is_empty() {
            return values;
        }
        let numbers: Vec<f64> = self
            .missing
            .iter()
            .filter_map(|text| text.parse().ok())
            .collect();
        match values {
            Values::F32(mut values) => {
                for value in &mut values {
                    if numbers.iter().any(|number| *number as f32 == *value) {
                        *value = f32::NAN;
                    }
                }
                Values::F32(values)
            }
            Values::F64(mut values) => {
                for value in &mut values {
                    if numbers.contains(value) {
                        *value = f64::NAN;
                    }
                }
                Values::F64(values)
            }
            Values::Text(words) => {
                let mut kept = Words::default();
                for row in 0..words.len() {
                    kept.push(words.get(row).filter(|word| !self.is_missing(word)));
                }
                Values::Text(kept)
            }
        }
    }

    /// Whether a cell holds no value.
    ///
    /// ```
    /// use polytask_data::CellRules;
    ///
    /// let rules = CellRules { missing: vec!["NA".into(), "-999".into()], ..CellRules::default() };
    /// assert!(rules.is_missing("") && rules.is_missing("-999") && !rules.is_missing("0"));
    /// ```
    #[must_use]
    pub fn is_missing(&self, cell: &str) -> bool {
        cell.is_empty() || self.missing.iter().any(|word| word == cell)
    }
}

/// Builds a [`Table`] from cells of text.
pub(crate) struct Cells {
    file: String,
    rules: CellRules,
    columns: Vec<Building>,
    lines: RowLines,
    /// Rows of this file before this table, when it is read in chunks.
    rows_before: u64,
    unparsable: Unparsable,
    errors: DataErrors,
}

struct Building {
    name: String,
    /// Cells that do not fit: the first several, and how many there are.
    misfits: Vec<DataError>,
    misfit: u64,
    /// Cells that hold a value.
    filled: u64,
    number: Option<Vec<f32>>,
    exact: Option<Vec<f64>>,
    text: Option<Words>,
    raw: Option<Vec<Kept>>,
    blank: bool,
    /// The first number, and whether another one follows: in single precision they may be the same.
    first: Option<f64>,
    varies: bool,
}

impl Cells {
    pub(crate) fn new(file: String, names: &[String], wants: &[Want], rules: CellRules) -> Self {
        let columns = names
            .iter()
            .zip(wants)
            .map(|(name, want)| Building {
                name: name.clone(),
                misfits: Vec::new(),
                misfit: 0,
                filled: 0,
                number: want.number.then(Vec::new),
                exact: want.exact.then(Vec::new),
                text: want.text.then(Words::default),
                raw: want.raw.then(Vec::new),
                blank: want.blank,
                first: None,
                varies: false,
            })
            .collect();
        Self {
            file,
            rules,
            columns,
            lines: RowLines::default(),
            rows_before: 0,
            unparsable: Unparsable::default(),
            errors: DataErrors::default(),
        }
    }

    pub(crate) fn after(mut self, rows: u64) -> Self {
        self.rows_before = rows;
        self
    }

    /// Makes room for so many more rows at once. Columns that grow by doubling leave as much behind as they hold, and an
    /// allocator that keeps pages keeps that too.
    pub(crate) fn reserve(&mut self, rows: usize) {
        for column in &mut self.columns {
            if let Some(values) = &mut column.number {
                values.reserve_exact(rows);
            }
            if let Some(values) = &mut column.exact {
                values.reserve_exact(rows);
            }
            if let Some(words) = &mut column.text {
                words.reserve(rows);
            }
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.lines.len()
    }

    /// Whether there was neither a row nor an error.
    pub(crate) fn is_untouched(&self) -> bool {
        self.lines.is_empty() && self.errors.is_empty()
    }

    /// Adds a row: one cell for each column that was named. A cell that is not there is `None`.
    pub(crate) fn push<'a>(&mut self, line: u64, cells: impl Iterator<Item = Option<&'a [u8]>>) {
        self.lines.push(line);
        let row = self.rows_before + self.lines.len() as u64;
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            let Some((value, wanted)) = column.push(cell, &self.rules, &mut self.unparsable) else {
                continue;
            };
            column.misfit += 1;
            if column.misfits.len() < DataErrors::SHOWN {
                column.misfits.push(DataError::Cell {
                    file: self.file.clone(),
                    row,
                    line: Some(line),
                    column: column.name.clone(),
                    help: column.help(&value, wanted),
                    value,
                    wanted: wanted.to_owned(),
                });
            }
        }
    }

    /// Says of each cell of the last row whether it is no string in its source.
    pub(crate) fn mark_bare(&mut self, flags: impl Iterator<Item = bool>) {
        for (column, is_bare) in self.columns.iter_mut().zip(flags) {
            if let Some(kept) = column.raw.as_mut().and_then(|raw| raw.last_mut()) {
                kept.is_bare = is_bare;
            }
        }
    }

    pub(crate) fn fail(&mut self, error: DataError) {
        self.errors.push(error);
    }

    /// The table, or everything that was wrong with its cells.
    pub(crate) fn finish(mut self) -> Result<Table, DataErrors> {
        let mut table = Table::new(self.file, self.lines.len());
        // Broken records first: what follows them may be their doing.
        let mut errors = self.errors;
        errors.extend(misfits(table.file(), &mut self.columns));
        table.count_unparsable(self.unparsable);
        table.set_rows_before(self.rows_before);
        for column in self.columns {
            if column.is_flattened() {
                table.set_flattened(&column.name);
            }
            let values = [
                column.number.map(Values::F32),
                column.exact.map(Values::F64),
                column.text.map(Values::Text),
            ];
            for values in values.into_iter().flatten() {
                if let Err(error) = table.push(&column.name, values) {
                    errors.push(error);
                }
            }
            if let Some(raw) = column.raw {
                table.keep(column.name, raw);
            }
        }
        if let Err(error) = table.set_lines(self.lines) {
            errors.push(error);
        }
        errors.into_result(table)
    }
}

impl Building {
    /// Adds a cell; gives its text and what was wanted if it does not fit.
    fn push(
        &mut self,
        cell: Option<&[u8]>,
        rules: &CellRules,
        unparsable: &mut Unparsable,
    ) -> Option<(String, &'static str)> {
        if self.number.is_none()
            && self.exact.is_none()
            && self.text.is_none()
            && self.raw.is_none()
        {
            return None;
        }
        let mut problem = None;
        let is_blank = self.blank && cell.is_some_and(<[u8]>::is_empty);
        let bytes = cell.unwrap_or_default();
        let cell = match std::str::from_utf8(bytes) {
            Ok(cell) => cell,
            Err(_) => {
                problem = Some("text in UTF-8");
                ""
            }
        };
        let is_missing = rules.is_missing(cell);
        self.filled += u64::from(!is_missing);
        if let Some(values) = &mut self.number {
            values.push(match single(cell) {
                _ if is_missing => f32::NAN,
                Ok(number) => {
                    if !self.varies {
                        let exact = cell.parse().unwrap_or(f64::from(number));
                        self.varies = *self.first.get_or_insert(exact) != exact;
                    }
                    number
                }
                Err(_) if rules.unparsable_is_missing => {
                    unparsable.features += 1;
                    f32::NAN
                }
                Err(wanted) => {
                    problem = Some(wanted);
                    f32::NAN
                }
            });
        }
        if let Some(values) = &mut self.exact {
            values.push(match double(cell) {
                _ if is_missing => f64::NAN,
                Ok(number) => number,
                Err(_) if rules.unparsable_label_is_missing => {
                    unparsable.labels += 1;
                    f64::NAN
                }
                Err(wanted) => {
                    problem = Some(wanted);
                    f64::NAN
                }
            });
        }
        if let Some(words) = &mut self.text {
            words.push((is_blank || !is_missing).then_some(cell));
        }
        if let Some(raw) = &mut self.raw {
            raw.push(Kept {
                text: cell.to_owned(),
                is_bare: false,
            });
        }
        problem.map(|wanted| (String::from_utf8_lossy(bytes).into_owned(), wanted))
    }
}

impl Building {
    /// What to do about a cell that does not fit.
    fn help(&self, value: &str, wanted: &str) -> Option<String> {
        let as_missing = || match &self.number {
            Some(_) => {
                "`data.unparsable = \"missing\"` in training takes text as a missing number, which `data.missing` then fills or leaves out"
            }
            None => "`data.unparsable = \"missing\"` in training takes text as a missing label",
        };
        with_point(value).or_else(|| (wanted == NUMBER).then(|| as_missing().to_owned()))
    }

    /// Whether its numbers differ, but not in single precision.
    fn is_flattened(&self) -> bool {
        let numbers = || self.number.iter().flatten().filter(|cell| !cell.is_nan());
        self.varies && numbers().all(|number| numbers().next() == Some(number))
    }
}

/// The cells that do not fit, in the order of the file. A column of which most cells are no numbers is one error.
fn misfits(file: &str, columns: &mut [Building]) -> DataErrors {
    let mut errors = DataErrors::default();
    let mut cells = Vec::new();
    for column in columns.iter_mut().filter(|column| column.misfit > 0) {
        let is_text = 2 * column.misfit > column.filled;
        match column.misfits.first() {
            Some(DataError::Cell {
                line,
                value,
                wanted,
                ..
            }) if is_text && *wanted == NUMBER => {
                errors.push(DataError::NotNumeric {
                    key: None,
                    file: file.to_owned(),
                    line: *line,
                    column: column.name.clone(),
                    value: value.clone(),
                    cells: column.misfit,
                    of: column.filled,
                    // Where most cells are text, text is not what is missing.
                    help: with_point(value),
                });
            }
            _ => {
                errors.more += column.misfit - column.misfits.len() as u64;
                cells.append(&mut column.misfits);
            }
        }
    }
    cells.sort_by_key(|error| match error {
        DataError::Cell { row, .. } => *row,
        _ => 0,
    });
    for error in cells {
        errors.push(error);
    }
    errors
}

/// What to do about a number that is written with a decimal comma.
fn with_point(value: &str) -> Option<String> {
    let mut pieces = value.split(',');
    let (Some(whole), Some(decimals), None) = (pieces.next(), pieces.next(), pieces.next()) else {
        return None;
    };
    // In such files points part thousands: 1.234,5.
    let pointed = format!("{}.{decimals}", whole.replace('.', ""));
    double(&pointed).is_ok().then(|| {
        format!("decimals are written with a point and thousands are not parted: `{pointed}` for `{value}`")
    })
}

const NUMBER: &str = "a number";
const FINITE: &str = "a finite number (list it in `data.missing_values` if it means a missing one)";
const SINGLE: &str = "a number that a 32-bit float can hold";

fn single(cell: &str) -> Result<f32, &'static str> {
    match cell.parse::<f32>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) if double(cell).is_ok() => Err(SINGLE),
        Ok(_) => Err(FINITE),
        Err(_) => Err(NUMBER),
    }
}

fn double(cell: &str) -> Result<f64, &'static str> {
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(FINITE),
        Err(_) => Err(NUMBER),
    }
}

#[cfg(test)]
mod tests {
    use super::with_point;

    #[test]
    fn a_decimal_comma_is_known_and_nothing_else_is_taken_for_one() {
        for (value, pointed) in [
            ("1,5", "`1.5`"),
            ("-0,25", "`-0.25`"),
            ("1.234,5", "`1234.5`"),
        ] {
            let help = with_point(value).unwrap();
            assert!(help.contains(pointed), "{value}: {help}");
        }
        for value in ["1.5", "1,2,3", "GP", ",", "a,5", "1,b", ""] {
            assert_eq!(with_point(value), None, "{value}");
        }
    }
}
