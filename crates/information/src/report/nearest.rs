//! The least error that any rule from the features can have, after the error of the nearest neighbour (Cover, Hart 1967).
//!
//! The only floor from features that the labels themselves allow: a model's loss bounds H(Y|X) from above, and gives none. It is
//! asymptotic. On finite rows the nearest neighbour errs more than with endless ones, the more so the more features there are, so that
//! the floor may lie above what a good model errs.

use rayon::prelude::*;
use serde::Serialize;

use super::input::{Column, Features, Values, read};
use super::prepared::Prepared;
use crate::bounds::cover_hart_floor;
use crate::discrete::{Merged, merge_rare};
use crate::special::mean_and_variance;
use crate::{Flag, InformationError, Measure, Unit};

/// Rows that are compared with each other at most.
const ROWS: usize = 4000;
/// Differences of coordinates that may be taken: seconds.
const WORK: usize = 1_000_000_000;
/// Rows below which nothing is said.
const LEAST: usize = 50;

/// The floor of one task with classes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NearestFloor {
    /// The place of the task.
    pub task: usize,
    /// The error of the nearest other row, leave-one-out.
    pub neighbour: Measure,
    /// The error of always saying the most frequent class, on the same rows: attained.
    pub majority: Measure,
    /// The floor that follows with endless rows; flagged where it is above an error that is attained.
    pub floor: Measure,
}

/// For each task with classes and enough labelled rows.
pub(super) fn floors(
    features: &dyn Features,
    rows: usize,
    tasks: &[(usize, &Prepared)],
) -> Result<Vec<NearestFloor>, InformationError> {
    let places = (0..features.count()).into_par_iter();
    let axes = places.map(|place| Ok(Axis::all(&Source::of(&*read(features, place, rows)?), rows)));
    let axes = axes.collect::<Result<Vec<Vec<Axis>>, InformationError>>()?;
    let dimensions: usize = axes.iter().map(Vec::len).sum();
    if dimensions == 0 || tasks.is_empty() {
        return Ok(Vec::new());
    }
    let affordable = (WORK as f64 / dimensions as f64).sqrt() as usize;
    let most = ROWS.min(affordable).max(1);
    // Evenly over the rows, which may be in some order.
    let chosen: Vec<usize> = (0..rows.min(most))
        .map(|place| place * rows / rows.min(most))
        .collect();
    // Read once more, now that it is known which rows are wanted.
    let coordinates = axes.par_iter().enumerate().map(|(place, axes)| {
        let column = read(features, place, rows)?;
        let source = Source::of(&column);
        Ok(axes.iter().map(|axis| axis.at(&source, &chosen)).collect())
    });
    let coordinates = coordinates.collect::<Result<Vec<Vec<Vec<f64>>>, InformationError>>()?;
    let at = |place: usize| -> Vec<f64> {
        let values = coordinates.iter().flatten();
        values.filter_map(|axis| axis.get(place).copied()).collect()
    };
    let points: Vec<Vec<f64>> = (0..chosen.len()).map(at).collect();
    let labels: Vec<Vec<Option<u32>>> = tasks
        .iter()
        .map(|(_, task)| {
            let chosen = chosen.iter();
            chosen
                .map(|&row| task.labels.get(row).copied().flatten())
                .collect()
        })
        .collect();
    // Of every row, task by task: whether the nearest other row with a label has another one.
    let wrong: Vec<Vec<Option<bool>>> = (0..points.len())
        .into_par_iter()
        .map(|row| judged(row, &points, &labels))
        .collect();
    let mut found = Vec::new();
    for (place, (task, prepared)) in tasks.iter().enumerate() {
        let judged = wrong.iter().filter_map(|row| row.get(place).copied()?);
        let judged: Vec<bool> = judged.collect();
        let n = judged.len();
        if n < LEAST || prepared.classes < 2 {
            continue;
        }
        let error = judged.iter().filter(|wrong| **wrong).count() as f64 / n as f64;
        let measure = |value: f64, estimator: &'static str| {
            let measure = Measure::of(value, Unit::One, estimator, n).flagged(Flag::Asymptotic);
            if n < rows {
                measure.flagged(Flag::Subsampled)
            } else {
                measure
            }
        };
        // Rounding may lift a floor by a bit.
        let majority = 1.0 - most_frequent(labels.get(place)) as f64 / n as f64;
        let floor = measure(
            cover_hart_floor(error, prepared.classes)?,
            "Cover-Hart from the nearest neighbour's error",
        );
        let is_possible = |floor: f64| floor <= error.min(majority) + 1e-12;
        found.push(NearestFloor {
            task: *task,
            neighbour: measure(error, "nearest other row, features of one variance")
                .with_se((error * (1.0 - error) / n as f64).sqrt()),
            majority: measure(majority, "error of the most frequent class"),
            floor: if floor.value.is_some_and(is_possible) {
                floor
            } else {
                floor.flagged(Flag::AboveAttained)
            },
        });
    }
    Ok(found)
}

/// Rows with the class that has most of them.
fn most_frequent(labels: Option<&Vec<Option<u32>>>) -> usize {
    let mut known: Vec<u32> = labels.into_iter().flatten().copied().flatten().collect();
    known.sort_unstable();
    let runs = known.chunk_by(|one, other| one == other);
    runs.map(<[u32]>::len).max().unwrap_or(0)
}

/// What a feature's coordinates are made from: of a number there is one, of classes one for each that is left once rare ones are merged.
enum Source<'a> {
    Number(&'a [Option<f64>]),
    Classes(Merged),
}

impl<'a> Source<'a> {
    fn of(column: &'a Column) -> Self {
        match &column.values {
            Values::Real(values) => Self::Number(values),
            Values::Classes { labels, names } => Self::Classes(merge_rare(labels, names.len())),
        }
    }

    fn coordinates(&self) -> usize {
        match self {
            Self::Number(_) => 1,
            Self::Classes(merged) => merged.classes,
        }
    }

    fn value(&self, coordinate: usize, row: usize) -> Option<f64> {
        match self {
            Self::Number(values) => values.get(row).copied().flatten(),
            Self::Classes(merged) => {
                let label = merged.labels.get(row).copied().flatten()?;
                Some(f64::from(u8::from(label as usize == coordinate)))
            }
        }
    }
}

/// What brings a coordinate of a feature to mean 0 and variance 1.
struct Axis {
    coordinate: usize,
    mean: f64,
    deviation: f64,
}

impl Axis {
    /// Those of a feature that are not constant.
    fn all(source: &Source<'_>, rows: usize) -> Vec<Self> {
        let axis = |coordinate: usize| {
            let known: Vec<f64> = (0..rows)
                .filter_map(|row| source.value(coordinate, row))
                .collect();
            let (mean, variance) = mean_and_variance(&known);
            (variance > 0.0).then(|| Self {
                coordinate,
                mean,
                deviation: variance.sqrt(),
            })
        };
        (0..source.coordinates()).filter_map(axis).collect()
    }

    /// Of these rows; what is missing is in the middle.
    fn at(&self, source: &Source<'_>, rows: &[usize]) -> Vec<f64> {
        let scaled = |value: f64| (value - self.mean) / self.deviation;
        rows.iter()
            .map(|&row| source.value(self.coordinate, row).map_or(0.0, scaled))
            .collect()
    }
}

fn judged(row: usize, points: &[Vec<f64>], labels: &[Vec<Option<u32>>]) -> Vec<Option<bool>> {
    let mut nearest: Vec<(f64, Option<u32>)> = vec![(f64::INFINITY, None); labels.len()];
    let own = points.get(row).map_or(&[][..], Vec::as_slice);
    for (other, point) in points.iter().enumerate().filter(|(other, _)| *other != row) {
        let squares = own
            .iter()
            .zip(point)
            .map(|(one, other)| (one - other).powi(2));
        let distance: f64 = squares.sum();
        for (best, labels) in nearest.iter_mut().zip(labels) {
            let label = labels.get(other).copied().flatten();
            if label.is_some() && distance < best.0 {
                *best = (distance, label);
            }
        }
    }
    let of_row = labels
        .iter()
        .map(|labels| labels.get(row).copied().flatten());
    let pairs = nearest.into_iter().zip(of_row);
    pairs
        .map(|((_, nearest), own)| Some(nearest? != own?))
        .collect()
}
