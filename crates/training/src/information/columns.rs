//! Labels and features of some rows as the columns of a report.
//!
//! A label with classes is one column, and so is a number. A multilabel task is a column of absent and present per label, a regression
//! task with several outputs a column per output: each is a label of its own, and their names are `TASK/LABEL`. An ordinal label
//! is taken as classes: what it tells does not depend on their order.

use std::borrow::Cow;

use polytask_data::{Encoded, Preprocessing, TaskFit, TaskKind};
use polytask_information::report::{Column, Features, Values};

/// Pictures that are read at a time.
const AT_ONCE: usize = 256;

/// Most blocks along a side of a picture.
const BLOCKS: usize = 8;

/// The labels of every task on `rows`, in the order of the tasks.
#[must_use]
pub fn label_columns(fits: &[TaskFit], encoded: &Encoded, rows: &[u32]) -> Vec<Column> {
    fits.iter()
        .enumerate()
        .flat_map(|(task, fit)| columns_of(task, fit, encoded, rows))
        .collect()
}

fn columns_of(task: usize, fit: &TaskFit, encoded: &Encoded, rows: &[u32]) -> Vec<Column> {
    match fit.kind {
        TaskKind::Binary | TaskKind::Multiclass { .. } | TaskKind::Ordinal { .. } => {
            vec![Column {
                name: fit.name.clone(),
                values: Values::Classes {
                    labels: numbers(task, 0, encoded, rows, |value| value as u32),
                    names: fit.classes.clone(),
                },
            }]
        }
        TaskKind::Multilabel { .. } => fit
            .classes
            .iter()
            .enumerate()
            .map(|(place, label)| Column {
                name: format!("{}/{label}", fit.name),
                values: Values::Classes {
                    labels: numbers(task, place, encoded, rows, |flag| u32::from(flag > 0.5)),
                    // Of this label only: equal names would say that two labels are of one kind.
                    names: vec![format!("not {label}"), label.clone()],
                },
            })
            .collect(),
        TaskKind::Regression { outputs } => fit
            .classes
            .iter()
            .enumerate()
            .map(|(place, output)| Column {
                name: if outputs == 1 {
                    fit.name.clone()
                } else {
                    format!("{}/{output}", fit.name)
                },
                values: Values::Real(
                    rows.iter()
                        .map(|&row| encoded.value(task, row as usize, place))
                        .collect(),
                ),
            })
            .collect(),
    }
}

/// One number of each row's label.
fn numbers<T>(
    task: usize,
    place: usize,
    encoded: &Encoded,
    rows: &[u32],
    meaning: impl Fn(f32) -> T,
) -> Vec<Option<T>> {
    let labels = encoded.labels(task, rows);
    let width = labels.values.len() / rows.len().max(1);
    labels
        .values
        .chunks_exact(width.max(1))
        .zip(&labels.mask)
        .map(|(values, mask)| {
            let value = values.get(place).copied().filter(|_| *mask > 0.0)?;
            Some(meaning(value))
        })
        .collect()
}

/// The features of some rows as a model is given them, read from the data set one at a time: numbers (a missing one has become the
/// mean), a picture as the mean brightness of at most 8 x 8 blocks, and categories.
pub struct FeatureColumns<'a> {
    encoded: &'a Encoded,
    rows: &'a [u32],
    numbers: Vec<String>,
    /// Every picture would have to be looked at for a block alone: they are held, `[rows]` each.
    blocks: Vec<(String, Vec<f64>)>,
    categories: Vec<(String, Vec<String>)>,
}

impl<'a> FeatureColumns<'a> {
    /// Those of `rows`.
    #[must_use]
    pub fn new(preprocessing: &Preprocessing, encoded: &'a Encoded, rows: &'a [u32]) -> Self {
        let grid = preprocessing.input_shape().image.map(Grid::over);
        Self {
            encoded,
            rows,
            numbers: preprocessing.numeric_names(),
            blocks: grid.map_or_else(Vec::new, |grid| grid.blocks_of(encoded, rows)),
            categories: preprocessing.categories(),
        }
    }
}

impl Features for FeatureColumns<'_> {
    fn count(&self) -> usize {
        self.numbers.len() + self.blocks.len() + self.categories.len()
    }

    fn feature(&self, place: usize) -> Option<Cow<'_, Column>> {
        let real = |name: &String, values: Vec<Option<f64>>| Column {
            name: name.clone(),
            values: Values::Real(values),
        };
        let block = place.saturating_sub(self.numbers.len());
        let category = block.saturating_sub(self.blocks.len());
        let column = if let Some(name) = self.numbers.get(place) {
            let values = self.encoded.number(place, self.rows).into_iter();
            real(name, values.map(|value| Some(f64::from(value))).collect())
        } else if let Some((name, means)) = self.blocks.get(block) {
            real(name, means.iter().copied().map(Some).collect())
        } else {
            let (name, names) = self.categories.get(category)?;
            let codes = self.encoded.category(category, self.rows).into_iter();
            Column {
                name: name.clone(),
                values: Values::Classes {
                    labels: codes.map(Some).collect(),
                    names: names.clone(),
                },
            }
        };
        Some(Cow::Owned(column))
    }
}

/// A picture cut into blocks of nearly one size.
struct Grid {
    channels: usize,
    height: usize,
    width: usize,
}

impl Grid {
    fn over([channels, height, width]: [usize; 3]) -> Self {
        Self {
            channels,
            height,
            width,
        }
    }

    fn pixels(&self) -> usize {
        self.channels * self.height * self.width
    }

    fn lines(&self) -> usize {
        self.height.min(BLOCKS)
    }

    fn columns(&self) -> usize {
        self.width.min(BLOCKS)
    }

    fn blocks(&self) -> usize {
        self.lines() * self.columns()
    }

    fn names(&self) -> Vec<String> {
        let columns = self.columns();
        (0..self.blocks())
            .map(|block| {
                format!(
                    "picture block {},{}",
                    block / columns + 1,
                    block % columns + 1
                )
            })
            .collect()
    }

    /// Every block with its mean in each of `rows`.
    fn blocks_of(&self, encoded: &Encoded, rows: &[u32]) -> Vec<(String, Vec<f64>)> {
        let named = self.names().into_iter();
        let mut blocks: Vec<(String, Vec<f64>)> = named
            .map(|name| (name, Vec::with_capacity(rows.len())))
            .collect();
        for rows in rows.chunks(AT_ONCE) {
            let batch = encoded.batch(rows);
            for picture in batch.image.chunks_exact(self.pixels().max(1)) {
                for ((_, means), mean) in blocks.iter_mut().zip(self.means(picture)) {
                    means.push(mean);
                }
            }
        }
        blocks
    }

    /// The mean of every block, line by line.
    fn means(&self, picture: &[f32]) -> Vec<f64> {
        let (lines, columns) = (self.lines().max(1), self.columns().max(1));
        let mut sums = vec![(0.0, 0.0); self.blocks()];
        for (place, &shade) in picture.iter().enumerate() {
            let pixel = place % (self.height * self.width).max(1);
            let line = pixel / self.width.max(1) * lines / self.height.max(1);
            let column = pixel % self.width.max(1) * columns / self.width.max(1);
            if let Some((sum, count)) = sums.get_mut(line * columns + column) {
                *sum += f64::from(shade);
                *count += 1.0;
            }
        }
        sums.into_iter().map(|(sum, count)| sum / count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_its_blocks() {
        let grid = Grid::over([2, 16, 4]);
        assert_eq!(grid.blocks(), 32);
        assert_eq!(
            grid.names().last().map(String::as_str),
            Some("picture block 8,4")
        );
        // Two lines of one column of both channels are a block.
        let picture: Vec<f32> = (0..grid.pixels())
            .map(|place| {
                if place % 64 / 4 < 2 && place % 4 == 1 {
                    1.0
                } else {
                    0.0
                }
            })
            .collect();
        let means = grid.means(&picture);
        assert_eq!(means.iter().position(|mean| *mean > 0.0), Some(1));
        assert_eq!(means.get(1), Some(&1.0));
        assert!((means.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
