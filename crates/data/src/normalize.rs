//! Numbers of mean 0 and standard deviation 1 over the training rows.
//!
//! z = (x − mean) / std, with the population's standard deviation, in f64. A missing number becomes the mean, that is
//! z = 0. A column that is constant in training says nothing, so it is 0 everywhere: scaled by anything else it would
//! throw weights that were never trained off balance as soon as it changed.

use serde::{Deserialize, Serialize};

/// How one numeric column is scaled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NumericFit {
    pub(crate) name: String,
    /// Also what a missing number is taken for.
    pub(crate) mean: f64,
    /// 0 if the column is constant in training.
    pub(crate) std: f64,
    /// A second column says 1 where this one is missing.
    pub(crate) indicator: bool,
}

impl NumericFit {
    /// Fits the training rows of a column; NaN is missing.
    pub(crate) fn new(name: &str, cells: &[f32], train: &[u32], indicator: bool) -> Self {
        let values = || {
            train
                .iter()
                .filter_map(|&row| cells.get(row as usize))
                .copied()
                .filter(|value| !value.is_nan())
        };
        let (mean, std) = moments(values().map(f64::from));
        let has_missing = values().count() < train.len();
        Self {
            name: name.to_owned(),
            mean,
            std,
            indicator: indicator && has_missing,
        }
    }

    pub(crate) fn encode(&self, value: f32) -> f32 {
        if value.is_nan() || self.std <= 0.0 {
            return 0.0;
        }
        // f32 is what the model computes in.
        ((f64::from(value) - self.mean) / self.std) as f32
    }

    /// Whether the column's spread is lost in the rounding of single precision.
    pub(crate) fn is_too_fine(&self) -> bool {
        self.std > 0.0 && self.std < self.mean.abs() * 1e-6
    }
}

/// Mean and standard deviation, the mean first; (0, 0) of nothing, and a deviation of exactly 0 for equal values.
pub(crate) fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count();
    let Some(first) = values.clone().next() else {
        return (0.0, 0.0);
    };
    if values
        .clone()
        .all(|value| value.to_bits() == first.to_bits())
    {
        // Not through a sum, whose rounding would leave a spread of 1e-17.
        return (first, 0.0);
    }
    let count = count as f64;
    let mean = values.clone().map(|value| value / count).sum::<f64>();
    // In units of the largest deviation, whose square might overflow.
    let largest = values
        .clone()
        .map(|value| (value - mean).abs())
        .fold(0.0, f64::max);
    let variance = values
        .map(|value| ((value - mean) / largest).powi(2))
        .sum::<f64>()
        / count;
    (mean, largest * variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_training_rows_count_and_missing_is_the_mean() {
        let cells = [1.0, 1e9, 3.0, f32::NAN, 5.0];
        let fit = NumericFit::new("x", &cells, &[0, 2, 3, 4], true);
        assert_eq!(fit.mean, 3.0);
        assert!((fit.std - (8.0f64 / 3.0).sqrt()).abs() < 1e-15);
        assert_eq!(fit.encode(f32::NAN), 0.0);
        assert!((f64::from(fit.encode(5.0)) - 2.0 / (8.0f64 / 3.0).sqrt()).abs() < 1e-7);
        assert!(fit.indicator);
        assert!(!NumericFit::new("x", &cells, &[0, 2], true).indicator);
    }

    #[test]
    fn a_constant_column_is_zero_everywhere() {
        let fit = NumericFit::new("x", &[0.1; 1000], &(0..1000).collect::<Vec<_>>(), false);
        assert_eq!((fit.std, fit.encode(0.1), fit.encode(1e6)), (0.0, 0.0, 0.0));
        assert_eq!(
            NumericFit::new("x", &[f32::NAN], &[0], false).encode(7.0),
            0.0
        );
    }

    #[test]
    fn large_numbers_do_not_overflow() {
        let (mean, std) = moments([1e300, -1e300].into_iter());
        assert_eq!((mean, std), (0.0, 1e300));
    }
}
