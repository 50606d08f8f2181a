//! Columns made ready for tables: rare classes merged, numbers cut into bins of equal frequency.

use super::input::{Column, Values};
use crate::discrete::merge_rare;

/// Bins a real column is cut into: fine enough to see a bend, coarse enough that a few hundred rows fill them.
const BINS: usize = 8;

/// A column as a table sees it.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub(super) name: String,
    pub(super) labels: Vec<Option<u32>>,
    pub(super) classes: usize,
    /// Old classes merged into the last one.
    pub(super) rare: usize,
    /// The numbers themselves, of a real column.
    pub(super) real: Option<Vec<Option<f64>>>,
}

impl Prepared {
    pub(super) fn of(column: &Column) -> Self {
        match &column.values {
            Values::Classes { labels, names } => {
                let merged = merge_rare(labels, names.len());
                Self {
                    name: column.name.clone(),
                    labels: merged.labels,
                    classes: merged.classes,
                    rare: merged.rare,
                    real: None,
                }
            }
            Values::Real(values) => {
                let (labels, classes) = binned(values);
                Self {
                    name: column.name.clone(),
                    labels,
                    classes,
                    rare: 0,
                    real: Some(values.clone()),
                }
            }
        }
    }

    /// Whether a row has a value, as a label of its own.
    pub(super) fn mask(column: &Column) -> Self {
        Self {
            name: column.name.clone(),
            labels: column
                .present()
                .iter()
                .map(|&is| Some(u32::from(is)))
                .collect(),
            classes: 2,
            rare: 0,
            real: None,
        }
    }
}

/// Bins of nearly equal frequency; equal values share a bin.
fn binned(values: &[Option<f64>]) -> (Vec<Option<u32>>, usize) {
    let mut sorted: Vec<f64> = values.iter().copied().flatten().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut cuts: Vec<f64> = (1..BINS)
        .filter_map(|cut| sorted.get(sorted.len() * cut / BINS).copied())
        .filter(|cut| sorted.first().is_some_and(|least| cut > least))
        .collect();
    cuts.dedup();
    let bin = |value: f64| cuts.partition_point(|cut| *cut <= value) as u32;
    (
        values.iter().map(|value| value.map(bin)).collect(),
        cuts.len() + 1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_equal_shares_and_keep_ties_together() {
        let values: Vec<Option<f64>> = (0..800).map(|i| Some(f64::from(i % 400))).collect();
        let (labels, bins) = binned(&values);
        assert_eq!(bins, 8);
        for bin in 0..8 {
            assert_eq!(
                labels.iter().filter(|label| **label == Some(bin)).count(),
                100
            );
        }
        // Mostly one value: it stays whole.
        let values: Vec<Option<f64>> = (0..100)
            .map(|i| Some(if i < 90 { 0.0 } else { f64::from(i) }))
            .collect();
        let (labels, bins) = binned(&values);
        assert!(bins <= 2);
        assert!(labels.iter().take(90).all(|label| *label == Some(0)));
    }
}
