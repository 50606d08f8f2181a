//! Small square matrices in f64, row by row.

use super::conditional::LEAST;

pub(super) fn diagonal(values: impl Iterator<Item = f64>) -> Vec<Vec<f64>> {
    let values: Vec<f64> = values.collect();
    let row = |(place, value): (usize, &f64)| {
        let mut row = vec![0.0; values.len()];
        if let Some(slot) = row.get_mut(place) {
            *slot = *value;
        }
        row
    };
    values.iter().enumerate().map(row).collect()
}

/// This part of the way from one matrix to another.
pub(super) fn between(from: &[Vec<f64>], to: &[Vec<f64>], way: f64) -> Vec<Vec<f64>> {
    let rows = from.iter().zip(to);
    rows.map(|(from, to)| {
        let each = from.iter().zip(to);
        each.map(|(from, to)| (1.0 - way) * from + way * to)
            .collect()
    })
    .collect()
}

/// An entry of the diagonal.
pub(super) fn at(matrix: &[Vec<f64>], place: usize) -> f64 {
    let row = matrix.get(place);
    row.and_then(|row| row.get(place)).copied().unwrap_or(0.0)
}

/// L with L Lᵀ = Σ, where the numbers before it leave each number at least a small part of its variance.
pub(super) fn cholesky(covariance: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut factor: Vec<Vec<f64>> = Vec::with_capacity(covariance.len());
    for (own, row) in covariance.iter().enumerate() {
        let mut entries: Vec<f64> = Vec::with_capacity(row.len());
        for (above, value) in factor.iter().zip(row) {
            let dot: f64 = above.iter().zip(&entries).map(|(a, b)| a * b).sum();
            let pivot = above.get(entries.len()).copied().unwrap_or(0.0);
            entries.push((value - dot) / pivot);
        }
        let variance = row.get(own).copied().unwrap_or(0.0);
        let left = variance - entries.iter().map(|entry| entry * entry).sum::<f64>();
        entries.push(left.max(LEAST * variance).sqrt());
        factor.push(entries);
    }
    factor
}
