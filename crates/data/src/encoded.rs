//! The data set held once: standardised numbers, category codes, pixels, labels.
//!
//! Inputs stay close to the columns that they were read as, so that coding needs little room beside them; a batch gathers its
//! rows.

use crate::batch::{Batch, Labels};
use crate::image::Images;
use crate::label::{Bitmap, LabelColumn};
use crate::tiles::Tiles;

/// All rows, ready to be made into batches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Encoded {
    pub(crate) rows: usize,
    /// `[rows, numeric]` without the indicators.
    pub(crate) numeric: Tiles<f32>,
    /// Rows where a number is missing, for the inputs of which that is an input too.
    pub(crate) indicators: Vec<Bitmap>,
    /// `[rows, categorical]`.
    pub(crate) categorical: Tiles<u32>,
    pub(crate) images: Option<Images>,
    /// `[channels, 256]`: what each byte of a channel becomes.
    pub(crate) shades: Vec<f32>,
    /// `[channels]`: what is subtracted from a float of a channel and what it is divided by.
    pub(crate) scales: Vec<(f64, f64)>,
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
            numeric: self.gathered(rows),
            categorical: self.codes(rows),
            image: Vec::new(),
            targets: self
                .labels
                .iter()
                .map(|labels| labels.batch(rows))
                .collect(),
        };
        if let Some(images) = &self.images {
            batch.image.reserve(rows.len() * images.size());
            for &row in rows {
                self.push_image(images, row as usize, &mut batch.image);
            }
        }
        batch
    }

    /// The numbers of some rows, `[rows, numeric]`, indicators last.
    fn gathered(&self, rows: &[u32]) -> Vec<f32> {
        let width = self.numeric.width() + self.indicators.len();
        let mut numeric = Vec::with_capacity(rows.len() * width);
        for &row in rows {
            self.numeric.push_row(row as usize, &mut numeric);
            numeric.extend(self.indicated(row as usize));
        }
        numeric
    }

    /// The categories of some rows, `[rows, categorical]`.
    fn codes(&self, rows: &[u32]) -> Vec<i32> {
        let mut codes = Vec::with_capacity(rows.len() * self.categorical.width());
        for &row in rows {
            self.categorical.push_row(row as usize, &mut codes);
        }
        // A vocabulary is far smaller than two billion words.
        let code = |code: u32| i32::try_from(code).unwrap_or_default();
        codes.into_iter().map(code).collect()
    }

    /// One of the numbers of a batch, of these rows: a column without its neighbours.
    #[must_use]
    pub fn number(&self, place: usize, rows: &[u32]) -> Vec<f32> {
        let indicator = place.checked_sub(self.numeric.width());
        match indicator.and_then(|place| self.indicators.get(place)) {
            Some(indicator) => {
                let number = |&row: &u32| indicator.number(row as usize);
                rows.iter().map(number).collect()
            }
            None => self.numeric.column(place, rows),
        }
    }

    /// The codes of one categorical input, of these rows.
    #[must_use]
    pub fn category(&self, place: usize, rows: &[u32]) -> Vec<u32> {
        self.categorical.column(place, rows)
    }

    /// Of a row, whether each of the inputs that say so is missing.
    fn indicated(&self, row: usize) -> impl Iterator<Item = f32> {
        self.indicators
            .iter()
            .map(move |indicator| indicator.number(row))
    }

    /// One row's numbers, indicators last.
    fn numbers(&self, row: usize) -> impl Iterator<Item = f32> {
        self.numeric.row(row).chain(self.indicated(row))
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
        let planes = images.numbers(row).chunks_exact((height * width).max(1));
        for (plane, (mean, std)) in planes.zip(&self.scales) {
            // f32 is what the model computes in.
            let scaled = |pixel: &f32| ((f64::from(*pixel) - mean) / std) as f32;
            image.extend(plane.iter().map(scaled));
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

    /// One output of a row's target in the original unit; `None` if the task is no regression or the row has no label.
    #[must_use]
    pub fn value(&self, task: usize, row: usize, output: usize) -> Option<f64> {
        self.labels.get(task)?.value(row, output)
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
        let numbers = (0..self.rows).flat_map(|row| self.numbers(row));
        feed(hasher, numbers.map(f32::to_le_bytes));
        let codes = (0..self.rows).flat_map(|row| self.categorical.row(row));
        feed(hasher, codes.map(u32::to_le_bytes));
        if let Some(images) = &self.images {
            for row in 0..images.len() {
                images.feed(row, hasher);
            }
        }
        for labels in &self.labels {
            labels.digest(hasher);
        }
    }

    /// A digest of one row's inputs, for finding equal rows.
    pub(crate) fn input_digest(&self, row: usize) -> u64 {
        let mut hasher = blake3::Hasher::new();
        let width = self.numeric.width() + self.indicators.len() + self.categorical.width();
        let mut bytes = Vec::with_capacity(4 * width);
        let numbers = self.numbers(row);
        numbers.for_each(|number| bytes.extend(number.to_le_bytes()));
        let codes = self.categorical.row(row);
        codes.for_each(|code| bytes.extend(code.to_le_bytes()));
        hasher.update(&bytes);
        if let Some(images) = &self.images {
            images.feed(row, &mut hasher);
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
