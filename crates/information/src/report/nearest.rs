//! The least error that any rule from the features can have, after the error of the nearest neighbour (Cover, Hart 1967).
//!
//! The only floor from features that the labels themselves allow: a model's loss bounds H(Y|X) from above, and gives none. It is
//! asymptotic. On finite rows the nearest neighbour errs more than with endless ones, the more so the more features there are, so that
//! the floor may lie above what a good model errs.

use rayon::prelude::*;
use serde::Serialize;

use super::prepared::Prepared;
use crate::bounds::cover_hart_floor;
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
    features: &[Prepared],
    tasks: &[(usize, &Prepared)],
) -> Result<Vec<NearestFloor>, InformationError> {
    let rows = tasks.first().map_or(0, |(_, task)| task.labels.len());
    let axes = axes(features);
    if axes.is_empty() {
        return Ok(Vec::new());
    }
    let affordable = (WORK as f64 / axes.len() as f64).sqrt() as usize;
    let most = ROWS.min(affordable).max(1);
    // Evenly over the rows, which may be in some order.
    let chosen: Vec<usize> = (0..rows.min(most))
        .map(|place| place * rows / rows.min(most))
        .collect();
    let at = |row: usize| -> Vec<f64> {
        let values = axes.iter().map(|axis| axis.get(row).copied());
        values.map(Option::unwrap_or_default).collect()
    };
    let points: Vec<Vec<f64>> = chosen.iter().map(|&row| at(row)).collect();
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

/// Coordinates: numbers of variance 1, and an axis for each class; what is missing is in the middle. Constant ones are left out.
fn axes(features: &[Prepared]) -> Vec<Vec<f64>> {
    let columns = features.iter().flat_map(|feature| match &feature.real {
        Some(values) => vec![values.clone()],
        None => (0..feature.classes as u32)
            .map(|class| {
                let labels = feature.labels.iter();
                let is_class = |label: u32| f64::from(u8::from(label == class));
                labels.map(|label| label.map(is_class)).collect()
            })
            .collect(),
    });
    let scaled = columns.filter_map(|column: Vec<Option<f64>>| {
        let known: Vec<f64> = column.iter().copied().flatten().collect();
        let (mean, variance) = mean_and_variance(&known);
        let scaled =
            |value: Option<f64>| value.map_or(0.0, |value| (value - mean) / variance.sqrt());
        (variance > 0.0).then(|| column.into_iter().map(scaled).collect())
    });
    scaled.collect()
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
