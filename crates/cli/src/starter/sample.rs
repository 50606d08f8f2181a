//! Rows from all over a file: enough for a guess, and few enough to take no time.

use polytask_data::{DataErrors, RowReader, Values, Want};

use super::column::{Look, Seen};

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
