//! What a hint gains per test row, against the same hints exchanged among rows of nearly one prediction.

use polytask_random::Stream;

use super::row_measure;
use crate::error::InformationError;
use crate::gates::softmax;
use crate::{Measure, special};

/// The gain of the hint as it is, against hints exchanged within bins.
pub(super) fn tested_gain(
    before: &[f64],
    bins: &[Vec<usize>],
    costs: impl Fn(&[usize]) -> Vec<f64>,
    permutations: usize,
    stream: &mut Stream,
    estimator: &'static str,
) -> Result<Measure, InformationError> {
    let gains = |order: &[usize]| -> Vec<f64> {
        before
            .iter()
            .zip(costs(order))
            .map(|(before, after)| before - after)
            .collect()
    };
    let mut order: Vec<usize> = (0..before.len()).collect();
    let own = gains(&order);
    let mean = |values: &[f64]| special::sum(values.iter().copied()) / values.len() as f64;
    let observed = mean(&own);
    let (mut reached, mut total) = (0usize, 0.0);
    for _ in 0..permutations {
        for bin in bins {
            let mut shuffled = bin.clone();
            stream.shuffle(&mut shuffled);
            for (&row, &other) in bin.iter().zip(&shuffled) {
                if let Some(place) = order.get_mut(row) {
                    *place = other;
                }
            }
        }
        let value = mean(&gains(&order));
        total += value;
        reached += usize::from(value >= observed - 1e-12);
    }
    let mut measure = row_measure(&own, None, estimator)?;
    let p = (1.0 + reached as f64) / (permutations as f64 + 1.0);
    measure = measure.with_null(
        total / permutations as f64 / std::f64::consts::LN_2,
        Some(p),
    );
    Ok(measure)
}

/// Test rows of one predicted class and nearly one probability of it.
pub(super) fn bins_of_classes(logits: &[f64], classes: usize) -> Vec<Vec<usize>> {
    let keys = logits
        .chunks_exact(classes.max(1))
        .enumerate()
        .map(|(row, logits)| {
            let shares = softmax(logits);
            let best = shares
                .iter()
                .copied()
                .enumerate()
                .max_by(|left, right| left.1.total_cmp(&right.1));
            let (class, share) = best.unwrap_or((0, 0.0));
            (class, share, row)
        });
    cut(keys.collect())
}

/// Test rows of nearly one predicted value.
pub(super) fn bins_of_values(prediction: &[f64]) -> Vec<Vec<usize>> {
    cut(prediction
        .iter()
        .zip(0..)
        .map(|(&value, row)| (0, value, row))
        .collect())
}

/// Rows of one class, sorted by value, in bins of 20 to 39.
fn cut(mut keys: Vec<(usize, f64, usize)>) -> Vec<Vec<usize>> {
    keys.sort_by(|left, right| {
        left.0
            .cmp(&right.0)
            .then(left.1.total_cmp(&right.1))
            .then(left.2.cmp(&right.2))
    });
    let mut bins = Vec::new();
    for class in keys.chunk_by(|left, right| left.0 == right.0) {
        let count = (class.len() / 20).max(1);
        let mut rest = class;
        for left in (1..=count).rev() {
            let (bin, tail) = rest.split_at(rest.len() / left);
            bins.push(bin.iter().map(|(_, _, row)| *row).collect());
            rest = tail;
        }
    }
    bins
}
