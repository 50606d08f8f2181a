//! The data set held once: standardised numbers, category codes, image bytes, labels.

use crate::batch::{Batch, Labels};
use crate::image::Images;
use crate::label::{LabelColumn, LabelValues};

/// All rows, ready to be made into batches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    pub(crate) rows: usize,
    /// `[rows, numeric]`.
    pub(crate) numeric: Vec<f32>,
    pub(crate) numeric_width: usize,
    /// `[rows, categorical]`.
    pub(crate) categorical: Vec<u32>,
    pub(crate) categorical_width: usize,
    pub(crate) images: Option<Images>,
    /// `[channels, 256]`: what each byte of a channel becomes.
    pub(crate) shades: Vec<f32>,
    /// One per task.
    pub(crate) labels: Vec<LabelColumn>,
    /// `[rows]`: rows that the split keeps together have one number.
    pub(crate) groups: Option<Vec<u32>>,
    /// `[rows]`: the strata of permutation tests.
    pub(crate) strata: Option<Vec<u32>>,
}

impl Encoded {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The batch of these rows, in this order. A row that does not exist is all zeros and has no labels.
    #[must_use]
    pub fn batch(&self, rows: &[u32]) -> Batch {
        let mut batch = Batch {
            rows: rows.to_vec(),
            numeric: Vec::with_capacity(rows.len() * self.numeric_width),
            categorical: Vec::with_capacity(rows.len() * self.categorical_width),
            image: Vec::new(),
            targets: self
                .labels
                .iter()
                .map(|labels| labels.batch(rows))
                .collect(),
        };
        if let Some(images) = &self.images {
            batch.image.reserve(rows.len() * images.size());
        }
        for &row in rows {
            let row = row as usize;
            self.push_numeric(row, &mut batch.numeric);
            self.push_categorical(row, &mut batch.categorical);
            if let Some(images) = &self.images {
                self.push_image(images, row, &mut batch.image);
            }
        }
        batch
    }

    fn push_numeric(&self, row: usize, numeric: &mut Vec<f32>) {
        let width = self.numeric_width;
        let end = numeric.len() + width;
        numeric.extend_from_slice(
            self.numeric
                .get(row * width..(row + 1) * width)
                .unwrap_or_default(),
        );
        numeric.resize(end, 0.0);
    }

    fn push_categorical(&self, row: usize, categorical: &mut Vec<i32>) {
        let width = self.categorical_width;
        let end = categorical.len() + width;
        let codes = self
            .categorical
            .get(row * width..(row + 1) * width)
            .unwrap_or_default();
        // A vocabulary is far smaller than two billion words.
        categorical.extend(
            codes
                .iter()
                .map(|&code| i32::try_from(code).unwrap_or_default()),
        );
        categorical.resize(end, 0);
    }

    fn push_image(&self, images: &Images, row: usize, image: &mut Vec<f32>) {
        let end = image.len() + images.size();
        let [channels, height, width] = images.shape();
        let planes = images.get(row).chunks_exact((height * width).max(1));
        for (plane, shades) in planes.zip(self.shades.chunks_exact(256)).take(channels) {
            image.extend(
                plane
                    .iter()
                    .map(|&byte| shades.get(usize::from(byte)).copied().unwrap_or_default()),
            );
        }
        image.resize(end, 0.0);
    }

    /// Whether a row has a label of a task.
    #[must_use]
    pub fn has_label(&self, task: usize, row: usize) -> bool {
        self.labels
            .get(task)
            .is_some_and(|labels| labels.present.get(row))
    }

    /// How many of the rows have a label of a task.
    #[must_use]
    pub fn label_count(&self, task: usize, rows: &[u32]) -> usize {
        rows.iter()
            .filter(|&&row| self.has_label(task, row as usize))
            .count()
    }

    /// The labels of a task for some rows, without the inputs.
    #[must_use]
    pub fn labels(&self, task: usize, rows: &[u32]) -> Labels {
        self.labels
            .get(task)
            .map(|labels| labels.batch(rows))
            .unwrap_or_default()
    }

    /// A row's targets in the original unit; `None` if the task is no regression or the row has no label.
    #[must_use]
    pub fn values(&self, task: usize, row: usize) -> Option<&[f64]> {
        let labels = self
            .labels
            .get(task)
            .filter(|labels| labels.present.get(row))?;
        match &labels.values {
            LabelValues::Values(values) => {
                let width = labels.width();
                values.get(row * width..(row + 1) * width)
            }
            _ => None,
        }
    }

    /// The groups of these rows that the split keeps together (users, sites), as numbers; none if it keeps none together.
    #[must_use]
    pub fn groups(&self, rows: &[u32]) -> Option<Vec<u32>> {
        self.groups.as_deref().map(|groups| at(groups, rows))
    }

    /// The strata of these rows, as numbers: a permutation test pairs labels anew within each only. None if none were asked for.
    #[must_use]
    pub fn strata(&self, rows: &[u32]) -> Option<Vec<u32>> {
        self.strata.as_deref().map(|strata| at(strata, rows))
    }

    /// A digest of every input and label.
    pub(crate) fn digest(&self, hasher: &mut blake3::Hasher) {
        hasher.update(&(self.rows as u64).to_le_bytes());
        feed(hasher, self.numeric.iter().map(|value| value.to_le_bytes()));
        feed(
            hasher,
            self.categorical.iter().map(|code| code.to_le_bytes()),
        );
        if let Some(images) = &self.images {
            for row in 0..images.len() {
                hasher.update(images.get(row));
            }
        }
        for labels in &self.labels {
            labels.digest(hasher);
        }
    }

    /// A digest of one row's inputs, for finding equal rows.
    pub(crate) fn input_digest(&self, row: usize) -> u64 {
        let mut hasher = blake3::Hasher::new();
        let numeric = self
            .numeric
            .get(row * self.numeric_width..(row + 1) * self.numeric_width);
        let categorical = self
            .categorical
            .get(row * self.categorical_width..(row + 1) * self.categorical_width);
        let mut bytes = Vec::with_capacity(4 * (self.numeric_width + self.categorical_width));
        numeric
            .unwrap_or_default()
            .iter()
            .for_each(|value| bytes.extend(value.to_le_bytes()));
        categorical
            .unwrap_or_default()
            .iter()
            .for_each(|code| bytes.extend(code.to_le_bytes()));
        hasher.update(&bytes);
        if let Some(images) = &self.images {
            hasher.update(images.get(row));
        }
        hasher
            .finalize()
            .as_bytes()
            .iter()
            .take(8)
            .fold(0, |digest, byte| digest << 8 | u64::from(*byte))
    }
}

fn at(codes: &[u32], rows: &[u32]) -> Vec<u32> {
    let code = |&row: &u32| codes.get(row as usize).copied().unwrap_or_default();
    rows.iter().map(code).collect()
}

/// Hashes numbers many at a time: one call each would cost more than the hashing.
pub(crate) fn feed<const N: usize>(
    hasher: &mut blake3::Hasher,
    numbers: impl Iterator<Item = [u8; N]>,
) {
    const BUFFER: usize = 64 << 10;
    let mut bytes = Vec::with_capacity(BUFFER + N);
    for number in numbers {
        bytes.extend(number);
        if bytes.len() >= BUFFER {
            hasher.update(&bytes);
            bytes.clear();
        }
    }
    hasher.update(&bytes);
}
