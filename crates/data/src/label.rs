//! The labels of one task, held compactly: classes in two bytes, flags in one, values in full, and one bit a row that
//! says whether there is a label at all.

use crate::batch::Labels;
use crate::encoded::feed;
use crate::target::Masked;
use crate::task::{TaskFit, TaskKind};

/// One bit a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bitmap(Vec<u64>);

impl Bitmap {
    pub(crate) fn new(rows: usize) -> Self {
        Self(vec![0; rows.div_ceil(64)])
    }

    pub(crate) fn set(&mut self, row: usize) {
        if let Some(word) = self.0.get_mut(row / 64) {
            *word |= 1 << (row % 64);
        }
    }

    pub(crate) fn get(&self, row: usize) -> bool {
        self.0
            .get(row / 64)
            .is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// 1 where it is set, else 0.
    pub(crate) fn number(&self, row: usize) -> f32 {
        f32::from(u8::from(self.get(row)))
    }
}

/// The labels of one task, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LabelColumn {
    pub(crate) values: LabelValues,
    pub(crate) present: Bitmap,
    width: usize,
    /// Of regression: what is subtracted and divided by when a batch is made.
    scales: Vec<(f64, f64)>,
}

/// The labels themselves; what stands where there is no label means nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LabelValues {
    /// `[rows]`.
    Classes(Vec<u16>),
    /// `[rows, labels]`.
    Flags(Vec<bool>),
    /// One list of `rows` numbers for each output, in the original unit.
    Values(Vec<Vec<f64>>),
}

impl LabelColumn {
    /// `rows` rows without a label.
    pub(crate) fn absent(fit: &TaskFit, rows: usize) -> Self {
        let width = fit.kind.width();
        Self {
            values: match fit.kind {
                TaskKind::Binary | TaskKind::Multiclass { .. } | TaskKind::Ordinal { .. } => {
                    LabelValues::Classes(vec![0; rows])
                }
                TaskKind::Multilabel { .. } => LabelValues::Flags(vec![false; rows * width]),
                TaskKind::Regression { outputs } => LabelValues::Values(vec![Vec::new(); outputs]),
            },
            present: Bitmap::new(rows),
            width,
            scales: fit
                .mean
                .iter()
                .copied()
                .zip(fit.std.iter().copied())
                .collect(),
        }
    }

    /// Regression's labels from their columns, where NaN is missing: a row that lacks one output has none, and is counted if it
    /// has another.
    pub(crate) fn of_values(fit: &TaskFit, mut columns: Vec<Vec<f64>>) -> (Self, Masked) {
        let mut masked = Masked::default();
        let rows = columns.first().map_or(0, Vec::len);
        let mut label = Self::absent(fit, rows);
        for row in 0..rows {
            let is_gap = |column: &Vec<f64>| column.get(row).is_none_or(|cell| cell.is_nan());
            let gaps = columns.iter().filter(|column| is_gap(column)).count();
            if gaps == 0 {
                label.present.set(row);
                continue;
            }
            masked.partial += u64::from(gaps < columns.len());
            for cell in columns.iter_mut().filter_map(|column| column.get_mut(row)) {
                *cell = 0.0;
            }
        }
        label.values = LabelValues::Values(columns);
        (label, masked)
    }

    /// One output of a row's label, in the original unit; `None` if there is no label or this is no regression.
    pub(crate) fn value(&self, row: usize, output: usize) -> Option<f64> {
        match &self.values {
            LabelValues::Values(columns) if self.present.get(row) => {
                columns.get(output)?.get(row).copied()
            }
            _ => None,
        }
    }

    pub(crate) fn digest(&self, hasher: &mut blake3::Hasher) {
        match &self.values {
            LabelValues::Classes(classes) => {
                feed(hasher, classes.iter().map(|class| class.to_le_bytes()))
            }
            LabelValues::Flags(flags) => feed(hasher, flags.iter().map(|&flag| [u8::from(flag)])),
            LabelValues::Values(columns) => {
                let rows = columns.first().map_or(0, Vec::len);
                let values = (0..rows).flat_map(|row| {
                    let cells = columns.iter().filter_map(move |column| column.get(row));
                    cells.map(|value| value.to_le_bytes())
                });
                feed(hasher, values)
            }
        }
        feed(hasher, self.present.0.iter().map(|word| word.to_le_bytes()));
    }

    /// The labels of some rows, as a batch holds them.
    pub(crate) fn batch(&self, rows: &[u32]) -> Labels {
        let mut labels = Labels {
            values: vec![0.0; rows.len() * self.width],
            mask: vec![0.0; rows.len()],
            labelled: 0,
        };
        let slots = labels
            .values
            .chunks_exact_mut(self.width.max(1))
            .zip(&mut labels.mask);
        for (&row, (values, mask)) in rows.iter().zip(slots) {
            let row = row as usize;
            if !self.present.get(row) {
                continue;
            }
            *mask = 1.0;
            labels.labelled += 1;
            let span = row * self.width..(row + 1) * self.width;
            match &self.values {
                LabelValues::Classes(classes) => {
                    let class = classes.get(row).copied().unwrap_or_default();
                    values
                        .iter_mut()
                        .for_each(|value| *value = f32::from(class));
                }
                LabelValues::Flags(flags) => {
                    for (value, &flag) in values.iter_mut().zip(flags.get(span).unwrap_or_default())
                    {
                        *value = f32::from(u8::from(flag));
                    }
                }
                LabelValues::Values(columns) => {
                    let exact = columns.iter().filter_map(|column| column.get(row));
                    for ((value, exact), (mean, std)) in
                        values.iter_mut().zip(exact).zip(&self.scales)
                    {
                        // f32 is what the loss is computed in.
                        *value = ((exact - mean) / std) as f32;
                    }
                }
            }
        }
        labels
    }
}
