//! Usable information of one task (Xu et al. 2020): [mean -ln q0(y)] - [mean -ln q(y|x)] on test rows.
//!
//! q0 is the training marginal: smoothed class shares, or N(train mean, train variance). U = I(X;Y) - E KL(p(.|x)||q(.|x)) +
//! KL(p_Y||q0) exactly, with p the test law: the last term is small unless the label laws of training and test differ, and is
//! reported beside. For real labels U = -1/2 ln(1 - R²) up to the variance's misfit: R² = 0.75 is one bit.

use serde::Serialize;

use super::costs::{Part, RowCosts, label_shift};
use super::{Head, row_measure};
use crate::discrete::krichevsky_trofimov;
use crate::error::InformationError;
use crate::special::mean_and_variance;
use crate::{Measure, Unit};

/// What is known of a label without its input.
#[derive(Clone, Debug, PartialEq)]
pub enum Baseline {
    /// q0 of each class, and the training rows it is from.
    Classes {
        /// Shares that sum to 1, none of them 0.
        law: Vec<f64>,
        /// Training rows.
        rows: u64,
    },
    /// N(mean, variance).
    Real {
        /// Training mean.
        mean: f64,
        /// Training variance.
        variance: f64,
        /// Training rows.
        rows: u64,
    },
}

impl Baseline {
    /// From the class counts of training, smoothed by Krichevsky and Trofimov.
    #[must_use]
    pub fn of_counts(counts: &[u64]) -> Self {
        Self::Classes {
            law: krichevsky_trofimov(counts),
            rows: counts.iter().sum(),
        }
    }

    /// From the training labels.
    #[must_use]
    pub fn of_values(values: &[f64]) -> Self {
        let (mean, variance) = mean_and_variance(values);
        Self::Real {
            mean,
            variance,
            rows: values.len() as u64,
        }
    }
}

/// The usable information of a task, in bits per example.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UsableInformation {
    /// H_V(Y): mean -ln q0(y).
    pub baseline: Measure,
    /// U of the model as it is.
    pub raw: Measure,
    /// U after calibration on validation rows: the headline.
    pub calibrated: Measure,
    /// Calibrated minus raw: bits lost to miscalibration.
    pub miscalibration: Measure,
    /// Calibrated over baseline; of a label with classes. None for real labels, whose H_V depends on the unit.
    pub explained: Option<Measure>,
    /// KL(p_test || q0), flagged above 0.01 nats; null mean and p as if test and training were one sample.
    pub label_shift: Measure,
}

/// U of a head on `test`, calibrated on `validation`. `groups` of the test rows make the standard errors robust to clusters.
///
/// # Errors
/// If heads and baseline are not of one kind and size, or have fewer than two rows.
///
/// ```
/// use polytask_information::usable::{Baseline, Head, usable};
///
/// // A head that is right nine times in ten, and says so.
/// let z = f64::ln(9.0);
/// let truth: Vec<u32> = (0..1000).map(|i| u32::from(i % 2 == 0)).collect();
/// let logits: Vec<f64> = (0..1000u32)
///     .flat_map(|i| if (i % 2 == 0) ^ (i / 2 % 10 == 0) { [0.0, z] } else { [z, 0.0] })
///     .collect();
/// let head = Head::Classes { logits: &logits, classes: 2, truth: &truth };
/// let found = usable(head, head, &Baseline::of_counts(&[500, 500]), None)?;
/// // 1 - h_b(0.1) bits.
/// assert!((found.raw.value.unwrap() - 0.531).abs() < 1e-3);
/// assert!(found.miscalibration.value.unwrap().abs() < 1e-3);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn usable(
    validation: Head<'_>,
    test: Head<'_>,
    baseline: &Baseline,
    groups: Option<&[u32]>,
) -> Result<UsableInformation, InformationError> {
    let part = Part {
        validation,
        test,
        baseline,
    };
    UsableInformation::of(
        &RowCosts::of(&[part])?,
        label_shift(&[(test, baseline)])?,
        groups,
    )
}

impl UsableInformation {
    /// From the costs of every test row; of a label with several parts their sums.
    ///
    /// # Errors
    /// As [`row_measure`].
    pub fn of(
        costs: &RowCosts,
        label_shift: Measure,
        groups: Option<&[u32]>,
    ) -> Result<Self, InformationError> {
        let gain = |after: &[f64], before: &[f64], estimator| {
            let gains: Vec<f64> = before
                .iter()
                .zip(after)
                .map(|(before, after)| before - after)
                .collect();
            row_measure(&gains, groups, estimator)
        };
        let calibrated = gain(
            &costs.calibrated,
            &costs.baseline,
            "held-out log ratio, calibrated",
        )?
        .checked_against(None);
        let baseline = row_measure(
            &costs.baseline,
            groups,
            "held-out log loss of the training marginal",
        )?;
        let explained = costs.has_entropy.then(|| explained(&calibrated, &baseline));
        Ok(Self {
            raw: gain(&costs.raw, &costs.baseline, "held-out log ratio")?.checked_against(None),
            miscalibration: gain(
                &costs.calibrated,
                &costs.raw,
                "held-out log ratio, calibrated over raw",
            )?,
            explained,
            label_shift,
            baseline,
            calibrated,
        })
    }
}

/// The ratio; its standard error takes the baseline as known, which it nearly is.
fn explained(calibrated: &Measure, baseline: &Measure) -> Measure {
    let whole = baseline.value.unwrap_or(f64::NAN);
    let value = calibrated.value.unwrap_or(f64::NAN) / whole;
    Measure::of(
        value,
        Unit::One,
        "usable over baseline",
        calibrated.n as usize,
    )
    .with_se(calibrated.se.unwrap_or(f64::NAN) / whole)
}
