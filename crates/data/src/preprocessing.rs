//! How rows become numbers: fitted on the training rows, kept in the checkpoint, enough to read another file alike.

use serde::{Deserialize, Serialize};

use crate::column::Words;
use crate::encoded::Encoded;
use crate::error::{DataError, DataErrors};
use crate::image::Images;
use crate::label::LabelColumn;
use crate::limits::Limits;
use crate::normalize::NumericFit;
use crate::options::{ImageScaling, MissingPolicy};
use crate::shape::{CategoricalShape, InputShape};
use crate::source::{CellRules, Layout};
use crate::table::Table;
use crate::target::Target;
use crate::task::TaskFit;
use crate::vocabulary::Vocabulary;

/// Everything fitted on the training rows, and how their source was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    pub(crate) numeric: Vec<NumericFit>,
    pub(crate) categorical: Vec<Vocabulary>,
    pub(crate) image: Option<ImageFit>,
    pub(crate) targets: Vec<Target>,
    pub(crate) tasks: Vec<TaskFit>,
    pub(crate) missing: MissingPolicy,
    pub(crate) cells: CellRules,
    pub(crate) limits: Limits,
    pub(crate) layout: Layout,
    pub(crate) ids: Vec<String>,
}

/// How images become numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ImageFit {
    /// Channels, height, width.
    pub(crate) shape: [usize; 3],
    /// Per channel, of bytes over 255.
    mean: Vec<f64>,
    std: Vec<f64>,
}

impl ImageFit {
    /// Fits the training rows' images.
    pub(crate) fn new(images: &Images, train: &[u32], scaling: ImageScaling) -> Self {
        let [channels, height, width] = images.shape();
        let plane = (height * width).max(1);
        let mut counts = vec![[0u64; 256]; channels];
        if scaling == ImageScaling::Standard {
            for &row in train {
                for (plane, counts) in images
                    .get(row as usize)
                    .chunks_exact(plane)
                    .zip(&mut counts)
                {
                    for &byte in plane {
                        if let Some(count) = counts.get_mut(usize::from(byte)) {
                            *count += 1;
                        }
                    }
                }
            }
        }
        let (mean, std) = match scaling {
            ImageScaling::Unit => (vec![0.0; channels], vec![1.0; channels]),
            ImageScaling::Standard => counts.iter().map(histogram_moments).unzip(),
        };
        Self {
            shape: images.shape(),
            mean,
            std,
        }
    }

    /// `[channels, 256]`: what each byte becomes.
    fn shades(&self) -> Vec<f32> {
        let channels = self.mean.iter().zip(&self.std);
        channels
            .flat_map(|(mean, std)| {
                (0..=255u8).map(move |byte| ((f64::from(byte) / 255.0 - mean) / std) as f32)
            })
            .collect()
    }
}

/// Mean and standard deviation of bytes over 255 from their counts; a deviation of 1 if all are equal.
fn histogram_moments(counts: &[u64; 256]) -> (f64, f64) {
    let total = counts.iter().sum::<u64>().max(1) as f64;
    let shades = || {
        (0..=255u8)
            .map(|byte| f64::from(byte) / 255.0)
            .zip(counts.iter().map(|&count| count as f64 / total))
    };
    let mean: f64 = shades().map(|(shade, share)| shade * share).sum();
    let variance: f64 = shades()
        .map(|(shade, share)| (shade - mean).powi(2) * share)
        .sum();
    let is_constant = counts.iter().filter(|count| **count > 0).count() < 2;
    (mean, if is_constant { 1.0 } else { variance.sqrt() })
}

/// Inputs and labels of a table, and what could not be coded as it stands.
pub(crate) struct Coded {
    pub(crate) encoded: Encoded,
    /// Rows whose label training never saw, per task.
    pub(crate) masked: Vec<u64>,
}

impl Preprocessing {
    /// What a model is given.
    #[must_use]
    pub fn input_shape(&self) -> InputShape {
        InputShape {
            numeric: self.numeric_width(),
            categorical: self
                .categorical
                .iter()
                .map(|vocabulary| CategoricalShape {
                    name: vocabulary.name.clone(),
                    categories: vocabulary.categories(),
                    counts: vocabulary.counts.clone(),
                })
                .collect(),
            image: self.image.as_ref().map(|image| image.shape),
        }
    }

    /// The tasks, in the order of the configuration.
    #[must_use]
    pub fn tasks(&self) -> &[TaskFit] {
        &self.tasks
    }

    /// The columns that identify rows.
    #[must_use]
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// The numeric inputs in the order of a batch; indicators of missing values come last.
    #[must_use]
    pub fn numeric_names(&self) -> Vec<String> {
        let numbers = self.numeric.iter().map(|fit| fit.name.clone());
        let indicators = self
            .indicators()
            .map(|fit| format!("{} is missing", fit.name));
        numbers.chain(indicators).collect()
    }

    /// The categorical inputs in the order of a batch, each with the name of every code.
    #[must_use]
    pub fn categories(&self) -> Vec<(String, Vec<String>)> {
        self.categorical
            .iter()
            .map(|vocabulary| (vocabulary.name.clone(), vocabulary.names()))
            .collect()
    }

    fn indicators(&self) -> impl Iterator<Item = &NumericFit> {
        self.numeric.iter().filter(|fit| fit.indicator)
    }

    fn numeric_width(&self) -> usize {
        self.numeric.len() + self.indicators().count()
    }

    /// Codes a table, column by column; each is let go once it is coded.
    pub(crate) fn encode(&self, mut table: Table, want_labels: bool) -> Result<Coded, DataErrors> {
        let rows = table.rows();
        let mut errors = DataErrors::default();
        let mut labels = Vec::new();
        let mut masked = Vec::new();
        for (target, fit) in self.targets.iter().zip(&self.tasks) {
            let coded = if want_labels {
                target.encode(fit, &table)
            } else {
                Ok((LabelColumn::absent(fit, rows), 0))
            };
            match coded {
                Ok((column, count)) => {
                    labels.push(column);
                    masked.push(count);
                }
                Err(more) => errors.extend(more),
            }
        }
        let images = self
            .images(&mut table)
            .map_err(|error| errors.push(error))
            .unwrap_or_default();
        errors.into_result(())?;
        Ok(Coded {
            encoded: Encoded {
                rows,
                categorical: self.categorical_codes(&table),
                categorical_width: self.categorical.len(),
                numeric: self.numbers(&mut table),
                numeric_width: self.numeric_width(),
                images,
                shades: self
                    .image
                    .as_ref()
                    .map(ImageFit::shades)
                    .unwrap_or_default(),
                labels,
                groups: None,
                strata: None,
            },
            masked,
        })
    }

    /// `[rows, numeric]`.
    fn numbers(&self, table: &mut Table) -> Vec<f32> {
        let width = self.numeric_width();
        let mut numbers = vec![0.0; table.rows() * width];
        let mut indicator = self.numeric.len();
        for (column, fit) in self.numeric.iter().enumerate() {
            let cells = table.take_numbers(&fit.name).unwrap_or_default();
            for (row, &cell) in numbers.chunks_exact_mut(width.max(1)).zip(&cells) {
                if let Some(slot) = row.get_mut(column) {
                    *slot = fit.encode(cell);
                }
            }
            if fit.indicator {
                for (row, cell) in numbers.chunks_exact_mut(width.max(1)).zip(&cells) {
                    if let Some(slot) = row.get_mut(indicator) {
                        *slot = f32::from(u8::from(cell.is_nan()));
                    }
                }
                indicator += 1;
            }
        }
        numbers
    }

    /// `[rows, categorical]`.
    fn categorical_codes(&self, table: &Table) -> Vec<u32> {
        let width = self.categorical.len();
        let mut categories = vec![Vocabulary::MISSING; table.rows() * width];
        for (column, vocabulary) in self.categorical.iter().enumerate() {
            let codes = table
                .words(&vocabulary.name)
                .map(|words| vocabulary.encode(words))
                .unwrap_or_default();
            for (row, code) in categories.chunks_exact_mut(width.max(1)).zip(codes) {
                if let Some(slot) = row.get_mut(column) {
                    *slot = code;
                }
            }
        }
        categories
    }

    fn images(&self, table: &mut Table) -> Result<Option<Images>, DataError> {
        let Some(fit) = &self.image else {
            return Ok(None);
        };
        let images = table.take_images();
        let found = images.as_ref().map(Images::shape);
        if found == Some(fit.shape) {
            return Ok(images);
        }
        let problem = match found {
            Some(found) => format!(
                "the images are of shape {found:?}, the model takes {:?} (channels, height, width)",
                fit.shape
            ),
            None => "there are no images".to_owned(),
        };
        Err(DataError::Format {
            file: table.file().to_owned(),
            line: None,
            problem,
            help: None,
        })
    }

    /// What a missing feature does here: the rows that may stay. Under `"error"` every such cell is an error.
    pub(crate) fn complete_rows(
        table: &Table,
        (numeric, categorical): (&[&str], &[&str]),
        missing: MissingPolicy,
    ) -> Result<Vec<bool>, DataErrors> {
        let mut is_complete = vec![true; table.rows()];
        if missing == MissingPolicy::Impute {
            return Ok(is_complete);
        }
        let numbers: Vec<(&str, &[f32])> = numeric
            .iter()
            .filter_map(|name| Some((*name, table.numbers(name)?)))
            .collect();
        let texts: Vec<(&str, &[u32])> = categorical
            .iter()
            .filter_map(|name| Some((*name, table.words(name)?.codes())))
            .collect();
        let is_hole = |code: &u32| *code == Words::MISSING;
        for (_, cells) in &numbers {
            is_complete
                .iter_mut()
                .zip(*cells)
                .for_each(|(flag, cell)| *flag &= !cell.is_nan());
        }
        for (_, codes) in &texts {
            is_complete
                .iter_mut()
                .zip(*codes)
                .for_each(|(flag, code)| *flag &= !is_hole(code));
        }
        if missing == MissingPolicy::DropRow || is_complete.iter().all(|flag| *flag) {
            return Ok(is_complete);
        }
        let mut errors = DataErrors::default();
        for (row, _) in is_complete.iter().enumerate().filter(|(_, flag)| !**flag) {
            let gaps = numbers
                .iter()
                .filter(|(_, cells)| cells.get(row).is_some_and(|cell| cell.is_nan()));
            let holes = texts
                .iter()
                .filter(|(_, codes)| codes.get(row).is_some_and(is_hole));
            for name in gaps
                .map(|(name, _)| name)
                .chain(holes.map(|(name, _)| name))
            {
                let place = table.place(row);
                errors.push(DataError::Missing {
                    file: place.file,
                    row: place.row,
                    line: place.line,
                    column: (*name).to_owned(),
                });
            }
        }
        Err(errors)
    }
}
