//! Rows from all over a file: enough for a guess, and few enough to take no time.

use polytask_data::{DataErrors, RowReader, Values, Want, Words};

use super::column::{Look, Seen, number};

/// Rows that are looked at, or passed over, at a time.
const BLOCK: usize = 256;
/// Blocks that are looked at before the next one is passed over, and again before the steps double.
const BLOCKS: usize = 20;

/// What was seen of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Sample {
    /// All its rows.
    pub(crate) rows: usize,
    pub(crate) columns: Vec<Seen>,
}

impl Sample {
    /// Looks at the first [`BLOCK`]·[`BLOCKS`] rows, then at half as many of the next rows, a quarter, and so on: labels may
    /// be sorted, so the whole file is read, but most of its cells are left alone.
    ///
    /// # Errors
    /// A file that cannot be read, or a broken record anywhere in it.
    pub(crate) fn of(reader: &mut dyn RowReader) -> Result<Self, DataErrors> {
        let names = reader.columns().to_vec();
        let text = Want {
            text: true,
            ..Want::default()
        };
        let (wanted, unwanted) = (vec![text; names.len()], vec![Want::default(); names.len()]);
        let mut looks: Vec<Look> = names.iter().map(|name| Look::new(name)).collect();
        let (mut rows, mut seen) = (0, 0);
        let (mut step, mut looked, mut block) = (1_usize, 0, 0_usize);
        loop {
            let is_looked_at = block.is_multiple_of(step);
            let wants = if is_looked_at { &wanted } else { &unwanted };
            let Some(table) = reader.chunk(wants, BLOCK)? else {
                break;
            };
            rows += table.rows();
            block += 1;
            if !is_looked_at {
                continue;
            }
            seen += table.rows();
            for column in table.columns() {
                if let Values::Text(words) = &column.values
                    && let Some(index) = names.iter().position(|name| *name == column.name)
                    && let Some(look) = looks.get_mut(index)
                {
                    look.take(words);
                }
            }
            looked += 1;
            if looked == BLOCKS {
                (step, looked, block) = (2 * step, 0, 1);
            }
        }
        Ok(Self {
            rows,
            columns: looks
                .into_iter()
                .map(|look| look.done(rows - seen))
                .collect(),
        })
    }
}

/// The first record of a file that may have no header, and what stands below it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Beginning {
    columns: Vec<Top>,
}

/// One column of it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Top {
    first: Option<String>,
    /// The first cell stands there again.
    recurs: bool,
}

impl Beginning {
    /// Looks at the first [`BLOCK`] records.
    ///
    /// # Errors
    /// As [`Sample::of`].
    pub(crate) fn of(reader: &mut dyn RowReader) -> Result<Self, DataErrors> {
        let text = Want {
            text: true,
            ..Want::default()
        };
        let wants = vec![text; reader.columns().len()];
        let table = reader.chunk(&wants, BLOCK)?.unwrap_or_default();
        let top = |words: &Words| Top {
            first: words.get(0).map(str::to_owned),
            recurs: (1..words.len()).any(|row| words.get(row) == words.get(0)),
        };
        let columns = table.columns().iter();
        Ok(Self {
            columns: columns
                .filter_map(|column| match &column.values {
                    Values::Text(words) => Some(top(words)),
                    _ => None,
                })
                .collect(),
        })
    }

    /// The first cell, if it is the only one of its record.
    pub(crate) fn only_cell(&self) -> Option<&str> {
        match self.columns.as_slice() {
            [only] => only.first.as_deref(),
            _ => None,
        }
    }

    /// Whether no cell of the first record is a name: each is a number, empty, or stands in its column again.
    pub(crate) fn is_like_the_rest(&self) -> bool {
        let is_cell = |top: &Top| {
            let is_number = |cell: &String| number(cell).is_some();
            top.recurs || top.first.as_ref().is_none_or(is_number)
        };
        self.columns.iter().all(is_cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn beginning(columns: &[(&str, bool)]) -> Beginning {
        let tops = columns.iter().map(|&(first, recurs)| Top {
            first: Some(first.to_owned()).filter(|first| !first.is_empty()),
            recurs,
        });
        Beginning {
            columns: tops.collect(),
        }
    }

    #[test]
    fn a_header_has_a_name_that_is_no_cell() {
        // Iris as it is published, and with a header; a header of years; a row of words.
        assert!(
            beginning(&[("5.1", false), ("3.5", true), ("Iris-setosa", true)]).is_like_the_rest()
        );
        assert!(
            !beginning(&[("length", false), ("3.5", true), ("kind", false)]).is_like_the_rest()
        );
        assert!(
            !beginning(&[("country", false), ("2019", false), ("2020", false)]).is_like_the_rest()
        );
        assert!(beginning(&[("a", true), ("b", true), ("", false)]).is_like_the_rest());
    }
}
