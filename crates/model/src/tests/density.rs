//! A Gaussian density by its definition, with inverse and determinant, in f64.

use super::batch::Labelled;
use super::fixtures::normals;
use super::reference::{Rows, Values};
use crate::{CoupledLabel, Known, MultiTaskModel};

/// Means of some rows and the covariance of what they leave.
pub(super) struct Density {
    /// `[rows][numbers]`.
    means: Rows,
    covariance: Rows,
}

impl Density {
    pub(super) fn of(model: &MultiTaskModel, predictions: &[Rows]) -> Self {
        let labels = model.coupled();
        let factor = Values::of(model).vector("joint.numbers.factor");
        let count = labels.len();
        let factor = |row: usize, column: usize| match column {
            column if column <= row => factor[row * (row + 1) / 2 + column],
            _ => 0.0,
        };
        let entry = |a: usize, b: usize| (0..count).map(|k| factor(a, k) * factor(b, k)).sum();
        let means = |row: usize| {
            let mean = |label: &CoupledLabel| predictions[label.task][row][label.place];
            labels.iter().map(mean).collect()
        };
        Self {
            means: (0..predictions[0].len()).map(means).collect(),
            covariance: (0..count)
                .map(|a| (0..count).map(|b| entry(a, b)).collect())
                .collect(),
        }
    }

    /// -ln p of the known numbers.
    pub(super) fn of_known(&self, row: usize, known: &[Option<f64>]) -> f64 {
        let (places, errors) = self.errors(row, known);
        let (inverse, log_det) = inverted(&self.part(&places, &places));
        let mut sum = places.len() as f64 * std::f64::consts::TAU.ln() + log_det;
        for (a, row) in errors.iter().zip(&inverse) {
            sum += a * row.iter().zip(&errors).map(|(x, b)| x * b).sum::<f64>();
        }
        0.5 * sum
    }

    /// Mean and variance of a number given the known ones.
    pub(super) fn given(&self, row: usize, known: &[Option<f64>], place: usize) -> (f64, f64) {
        if let Some(value) = known[place] {
            return (value, 0.0);
        }
        let (places, errors) = self.errors(row, known);
        let (inverse, _) = inverted(&self.part(&places, &places));
        let cross = &self.part(&[place], &places)[0];
        let gains: Vec<f64> = (0..places.len())
            .map(|to| {
                (0..places.len())
                    .map(|from| cross[from] * inverse[from][to])
                    .sum()
            })
            .collect();
        let dot = |with: &[f64]| gains.iter().zip(with).map(|(a, b)| a * b).sum::<f64>();
        (
            self.means[row][place] + dot(&errors),
            self.covariance[place][place] - dot(cross),
        )
    }

    fn errors(&self, row: usize, known: &[Option<f64>]) -> (Vec<usize>, Vec<f64>) {
        let each = known.iter().enumerate();
        each.filter_map(|(place, value)| Some((place, (*value)? - self.means[row][place])))
            .unzip()
    }

    fn part(&self, rows: &[usize], columns: &[usize]) -> Rows {
        let row = |&row: &usize| columns.iter().map(|&c| self.covariance[row][c]).collect();
        rows.iter().map(row).collect()
    }
}

/// Inverse and ln of the determinant by Gauss-Jordan elimination with pivots.
fn inverted(matrix: &Rows) -> (Rows, f64) {
    let count = matrix.len();
    let mut both: Rows = matrix.clone();
    for (place, row) in both.iter_mut().enumerate() {
        row.extend((0..count).map(|column| f64::from(u8::from(column == place))));
    }
    let mut log_det = 0.0;
    for at in 0..count {
        let best = (at..count)
            .max_by(|&a, &b| both[a][at].abs().total_cmp(&both[b][at].abs()))
            .unwrap();
        both.swap(at, best);
        let pivot = both[at][at];
        log_det += pivot.abs().ln();
        both[at].iter_mut().for_each(|value| *value /= pivot);
        let own = both[at].clone();
        for (row, values) in both.iter_mut().enumerate() {
            let factor = values[at];
            if row != at {
                values
                    .iter_mut()
                    .zip(&own)
                    .for_each(|(value, own)| *value -= factor * own);
            }
        }
    }
    (
        both.into_iter().map(|row| row[count..].to_vec()).collect(),
        log_det,
    )
}

/// Made-up numbers, known where the bit of their place in the pattern of the row is set; as the model takes them and in plain.
pub(super) fn of_pattern(
    count: usize,
    rows: usize,
    pattern: impl Fn(usize) -> u32,
) -> (Known, Vec<Vec<Option<f64>>>) {
    let values = normals("labels", rows, count);
    let is_known = |row: usize, place: usize| pattern(row) >> place & 1 == 1;
    from(count, rows, |row, place| {
        is_known(row, place).then_some(values[row][place])
    })
}

/// The labels of a batch.
pub(super) fn known(
    labels: &[CoupledLabel],
    labelled: &Labelled,
) -> (Known, Vec<Vec<Option<f64>>>) {
    from(labels.len(), labelled.masks[0].len(), |row, place| {
        let label = &labels[place];
        let is_known = labelled.masks[label.task][row] > 0.0;
        is_known.then(|| labelled.targets[label.task][row][label.place])
    })
}

fn from(
    count: usize,
    rows: usize,
    value: impl Fn(usize, usize) -> Option<f64>,
) -> (Known, Vec<Vec<Option<f64>>>) {
    let plain: Vec<Vec<Option<f64>>> = (0..rows)
        .map(|row| (0..count).map(|place| value(row, place)).collect())
        .collect();
    let all = || plain.iter().flatten();
    let known = Known {
        labels: count,
        values: all().map(|value| value.unwrap_or(0.0) as f32).collect(),
        mask: all()
            .map(|value| f32::from(u8::from(value.is_some())))
            .collect(),
    };
    (known, plain)
}
