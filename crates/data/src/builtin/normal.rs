//! What the planted tables share: rows of independent standard normal inputs, each with the stream that its labels are drawn
//! from.
//!
//! Row i of a part is drawn from the stream `GENERATOR/PART`, i: first x ~ N(0, I), rounded to the f32 that the table holds,
//! then whatever the labels need.

use polytask_random::{Seed, Stream};

use super::parts::{PARTS, Rows, part_name};
use crate::column::Values;
use crate::error::{DataError, DataErrors};
use crate::source::Reading;
use crate::split::Part;
use crate::table::Table;

/// Rows of normal inputs.
pub(super) struct Normal {
    pub(super) name: &'static str,
    pub(super) features: usize,
    /// Label columns that will follow.
    pub(super) targets: usize,
    pub(super) rows: Rows,
    pub(super) seed: Seed,
}

/// The inputs, drawn.
pub(super) struct Drawn {
    name: &'static str,
    features: Vec<Vec<f32>>,
    parts: Vec<Part>,
}

impl Normal {
    /// Draws row by row; `label` is given the row's number in its part, its rounded inputs, and its stream after them.
    pub(super) fn draw(
        &self,
        reading: &Reading,
        mut label: impl FnMut(usize, &[f64], &mut Stream),
    ) -> Result<Drawn, DataErrors> {
        self.draw_changed(reading, |row, x, stream| {
            let exact: Vec<f64> = x.iter().map(|&value| value.into()).collect();
            label(row, &exact, stream);
        })
    }

    /// As [`Self::draw`], but `change` may also move the inputs before they are kept: to where the row's class is.
    pub(super) fn draw_changed(
        &self,
        reading: &Reading,
        mut change: impl FnMut(usize, &mut [f32], &mut Stream),
    ) -> Result<Drawn, DataErrors> {
        let total = self.rows.total();
        check_size(self.name, total, self.features, self.targets, reading)?;
        let mut features = vec![Vec::with_capacity(total); self.features];
        let mut parts = Vec::with_capacity(total);
        for part in PARTS {
            let name = format!("{}/{}", self.name, part_name(part));
            for row in 0..self.rows.of(part) {
                let mut stream = self.seed.stream(&name, row as u64);
                let mut x: Vec<f32> = features.iter().map(|_| stream.normal() as f32).collect();
                change(row, &mut x, &mut stream);
                for (column, value) in features.iter_mut().zip(x) {
                    column.push(value);
                }
                parts.push(part);
            }
        }
        Ok(Drawn {
            name: self.name,
            features,
            parts,
        })
    }
}

impl Drawn {
    /// The columns `x_0` …, then the labels `STEM_0` ….
    pub(super) fn table(
        self,
        stem: &str,
        labels: impl IntoIterator<Item = Values>,
    ) -> Result<Table, DataErrors> {
        let mut table = Table::new(self.name, self.parts.len());
        for (index, column) in self.features.into_iter().enumerate() {
            table.push(format!("x_{index}"), Values::F32(column))?;
        }
        for (index, column) in labels.into_iter().enumerate() {
            table.push(format!("{stem}_{index}"), column)?;
        }
        table.set_split(self.parts)?;
        Ok(table)
    }
}

/// Refuses what would not fit: four bytes a feature, eight a target.
fn check_size(
    name: &str,
    rows: usize,
    features: usize,
    targets: usize,
    reading: &Reading,
) -> Result<(), DataError> {
    let size = features
        .saturating_mul(4)
        .saturating_add(targets.saturating_mul(8))
        .saturating_mul(rows);
    let limit = reading.limits.total_bytes;
    if size <= limit {
        return Ok(());
    }
    Err(DataError::Limit {
        file: name.to_owned(),
        line: None,
        what: "the table's size in bytes".to_owned(),
        found: size as u64,
        limit: limit as u64,
        option: "total_bytes",
    })
}
