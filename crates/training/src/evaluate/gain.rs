//! Means over rows with their standard errors: joint bits gained, and what a bottleneck lets through.
//!
//! Joint bits gained are what knowing the labels together is worth beyond each label's own law. Per row log₂ p(y known | x) - Σ_t log₂ p(y_t | x), with the exact marginals p(y_t | x) of the same joint law: the gain
//! over heads that say the same of each label and take them for independent. Its mean is what the tables know of the
//! total correlation given x; it may be negative on rows that the tables were not fitted on.

use polytask_data::Encoded;
use polytask_information::usable::row_measure;
use polytask_information::{InformationError, Measure, Unit};

/// How joint bits gained are estimated; of rows whose residuals the covariance of numbers would be of it is crosswise.
pub(crate) fn joint_estimator(is_crosswise: bool) -> &'static str {
    if is_crosswise {
        "joint law less the product of its marginals, covariance of numbers crosswise"
    } else {
        "joint law less the product of its marginals"
    }
}

/// The mean of what these rows gain, nats, in bits, with an error that heeds what the split keeps together.
///
/// # Errors
/// Fewer than two rows, or a gain that is not finite.
pub(crate) fn robust(
    rows: &[u32],
    nats: &[f64],
    encoded: &Encoded,
    estimator: &'static str,
) -> Result<Measure, InformationError> {
    let groups = encoded.groups(rows);
    let groups = groups.filter(|groups| groups.iter().any(|one| Some(one) != groups.first()));
    row_measure(nats, groups.as_deref(), estimator)
}

/// The mean and spread of numbers of rows so far (Welford 1962).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowMean {
    rows: usize,
    mean: f64,
    /// Sum of squared distances from the mean.
    squares: f64,
}

impl RowMean {
    /// Takes in the number of one row, in nats.
    pub(super) fn push(&mut self, nats: f64) {
        self.rows += 1;
        let off = nats - self.mean;
        self.mean += off / self.rows as f64;
        self.squares += off * (nats - self.mean);
    }

    /// Nats a row; none without rows.
    pub(super) fn nats(&self) -> Option<f64> {
        (self.rows > 0).then_some(self.mean)
    }

    /// The mean with its standard error, in bits a row, estimated so; none without rows.
    #[must_use]
    pub fn measure(&self, estimator: &'static str) -> Option<Measure> {
        let rows = self.rows as f64;
        let measure = Measure::of(self.mean, Unit::Nats, estimator, self.rows);
        match self.rows {
            0 => None,
            1 => Some(measure.in_bits()),
            _ => {
                let se = (self.squares / (rows - 1.0) / rows).sqrt();
                Some(measure.with_se(se).in_bits())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_has_the_error_of_a_mean() {
        let mut gain = RowMean::default();
        assert_eq!(gain.measure("differences"), None);
        for nats in [1.0, 2.0, 4.0, 5.0] {
            gain.push(nats);
        }
        let bits = gain.measure("differences").unwrap();
        let is = |found: Option<f64>, nats: f64| {
            assert!((found.unwrap() - nats / std::f64::consts::LN_2).abs() < 1e-12);
        };
        is(bits.value, 3.0);
        // Variance 10/3 over four rows.
        is(bits.se, (10.0f64 / 12.0).sqrt());
    }
}
