//! How rows become numbers: fitted on the training rows, kept in the checkpoint, enough to read another file alike.

use serde::{Deserialize, Serialize};

use crate::column::Words;
use crate::encoded::Encoded;
use crate::error::{DataError, DataErrors};
use crate::image::Images;
use crate::label::{Bitmap, LabelColumn};
use crate::limits::Limits;
use crate::normalize::{NumericFit, moments};
use crate::options::{ImageScaling, MissingPolicy};
use crate::shape::{CategoricalShape, InputShape};
use crate::source::{CellRules, Layout};
use crate::table::Table;
use crate::target::{Masked, Target};
use crate::task::TaskFit;
use crate::tiles::Tiles;
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
    /// Per channel, of bytes over 255, or of floats as they stand.
    mean: Vec<f64>,
    std: Vec<f64>,
    /// Pixels are floats.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    are_numbers: bool,
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
        let moments_of = |channel: usize| {
            let pixels = train.iter().flat_map(|&row| {
                let planes = images.numbers(row as usize).chunks_exact(plane);
                planes.skip(channel).take(1).flatten()
            });
            // A channel that is constant is centred, and left at its scale.
            match moments(pixels.copied().map(f64::from)) {
                (mean, std) if std > 0.0 => (mean, std),
                (mean, _) => (mean, 1.0),
            }
        };
        let (mean, std) = match scaling {
            ImageScaling::Standard if images.are_numbers() => (0..channels).map(moments_of).unzip(),
            ImageScaling::Unit => (vec![0.0; channels], vec![1.0; channels]),
            ImageScaling::Standard => counts.iter().map(histogram_moments).unzip(),
        };
        Self {
            shape: images.shape(),
            mean,
            std,
            are_numbers: images.are_numbers(),
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

    /// `[channels]`: mean and standard deviation.
    fn scales(&self) -> Vec<(f64, f64)> {
        self.mean
            .iter()
            .copied()
            .zip(self.std.iter().copied())
            .collect()
    }

    fn kind(&self) -> &'static str {
        if self.are_numbers { "floats" } else { "bytes" }
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
    /// Rows whose label is not taken, per task.
    pub(crate) masked: Vec<Masked>,
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

    /// Codes a table, column by column, each in its place.
    pub(crate) fn encode(&self, mut table: Table, want_labels: bool) -> Result<Coded, DataErrors> {
        let rows = table.rows();
        let mut errors = DataErrors::default();
        let mut labels = Vec::new();
        let mut masked = Vec::new();
        for (index, (target, fit)) in self.targets.iter().zip(&self.tasks).enumerate() {
            let later = self.targets.get(index + 1..).unwrap_or_default();
            let coded = if want_labels {
                target.take(fit, &mut table, later)
            } else {
                Ok((LabelColumn::absent(fit, rows), Masked::default()))
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
        let (numeric, indicators) = self.numbers(&mut table);
        Ok(Coded {
            encoded: Encoded {
                rows,
                categorical: self.categorical_codes(&mut table),
                numeric,
                indicators,
                images,
                shades: self
                    .image
                    .as_ref()
                    .map(ImageFit::shades)
                    .unwrap_or_default(),
                scales: self
                    .image
                    .as_ref()
                    .map(ImageFit::scales)
                    .unwrap_or_default(),
                labels,
                groups: None,
                strata: None,
            },
            masked,
        })
    }

    /// The numeric inputs, and the rows where those with an indicator are missing.
    fn numbers(&self, table: &mut Table) -> (Tiles<f32>, Vec<Bitmap>) {
        let rows = table.rows();
        let mut indicators = Vec::new();
        let numbers = self.numeric.iter().map(|fit| {
            let mut cells = table
                .take_numbers(&fit.name)
                .unwrap_or_else(|| vec![f32::NAN; rows]);
            if fit.indicator {
                let mut indicator = Bitmap::new(rows);
                let gaps = cells.iter().enumerate().filter(|(_, cell)| cell.is_nan());
                gaps.for_each(|(row, _)| indicator.set(row));
                indicators.push(indicator);
            }
            cells.iter_mut().for_each(|cell| *cell = fit.encode(*cell));
            cells
        });
        (Tiles::of(rows, self.numeric.len(), numbers), indicators)
    }

    /// The categorical inputs.
    fn categorical_codes(&self, table: &mut Table) -> Tiles<u32> {
        let rows = table.rows();
        let columns = self.categorical.iter();
        let coded = columns.map(|vocabulary| match table.take_words(&vocabulary.name) {
            Some(words) => vocabulary.encode_in_place(words),
            None => vec![Vocabulary::MISSING; rows],
        });
        Tiles::of(rows, self.categorical.len(), coded)
    }

    fn images(&self, table: &mut Table) -> Result<Option<Images>, DataError> {
        let Some(fit) = &self.image else {
            return Ok(None);
        };
        let images = table.take_images();
        let problem = match &images {
            Some(found) if found.shape() != fit.shape => format!(
                "the images are of shape {:?}, the model takes {:?} (channels, height, width)",
                found.shape(),
                fit.shape
            ),
            Some(found) if found.are_numbers() != fit.are_numbers => format!(
                "the images are {}, the model was trained on {}",
                found.kind(),
                fit.kind()
            ),
            Some(_) => return Ok(images),
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
