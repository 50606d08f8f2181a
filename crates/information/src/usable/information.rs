//! Usable information of one task (Xu et al. 2020): [mean -ln q0(y)] - [mean -ln q(y|x)] on test rows.
//!
//! q0 is the training marginal: smoothed class shares, or N(train mean, train variance). U = I(X;Y) - E KL(p(.|x)||q(.|x)) +
//! KL(p_Y||q0) exactly, with p the test law: the last term is small unless the label laws of training and test differ, and is
//! reported beside. For real labels U = -1/2 ln(1 - R²) up to the variance's misfit: R² = 0.75 is one bit.

use serde::Serialize;

use super::calibration::{ClassCalibration, RealCalibration};
use super::{Head, cross_entropies, gaussian_cost, row_measure};
use crate::discrete::krichevsky_trofimov;
use crate::error::{InformationError, same_length};
use crate::special::{chi_squared_tail, mean_and_variance, sum};
use crate::{Flag, Measure, Unit};

/// Label shift above this many nats gets its flag.
const SHIFT: f64 = 0.01;

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
    validation.check()?;
    test.check()?;
    let costs = Costs::of(validation, test, baseline)?;
    let gain = |costs_after: &[f64], costs_before: &[f64]| -> Vec<f64> {
        costs_before
            .iter()
            .zip(costs_after)
            .map(|(before, after)| before - after)
            .collect()
    };
    let calibrated = row_measure(
        &gain(&costs.calibrated, &costs.baseline),
        groups,
        "held-out log ratio, calibrated",
    )?
    .checked_against(None);
    let baseline_measure = row_measure(
        &costs.baseline,
        groups,
        "held-out log loss of the training marginal",
    )?;
    let explained = costs
        .has_entropy
        .then(|| explained(&calibrated, &baseline_measure));
    Ok(UsableInformation {
        raw: row_measure(
            &gain(&costs.raw, &costs.baseline),
            groups,
            "held-out log ratio",
        )?
        .checked_against(None),
        miscalibration: row_measure(
            &gain(&costs.calibrated, &costs.raw),
            groups,
            "held-out log ratio, calibrated over raw",
        )?,
        explained,
        label_shift: costs.shift,
        baseline: baseline_measure,
        calibrated,
    })
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

/// -ln of every test row under each law, nats.
struct Costs {
    baseline: Vec<f64>,
    raw: Vec<f64>,
    calibrated: Vec<f64>,
    shift: Measure,
    has_entropy: bool,
}

impl Costs {
    fn of(
        validation: Head<'_>,
        test: Head<'_>,
        baseline: &Baseline,
    ) -> Result<Self, InformationError> {
        let mixed = InformationError::Lengths {
            what: "kinds of head and baseline",
            left: 1,
            right: 2,
        };
        match (validation, test, baseline) {
            (
                Head::Classes {
                    logits: fitted,
                    classes,
                    truth: fitted_truth,
                },
                Head::Classes {
                    logits,
                    classes: test_classes,
                    truth,
                },
                Baseline::Classes { law, rows },
            ) => {
                same_length("classes of validation and test", classes, test_classes)?;
                same_length("classes of head and baseline", classes, law.len())?;
                crate::error::is_law("baseline", law)?;
                let map = ClassCalibration::fit(fitted, classes, fitted_truth)?;
                let cost =
                    |class: &u32| -law.get(*class as usize).copied().unwrap_or(f64::NAN).ln();
                Ok(Self {
                    baseline: truth.iter().map(cost).collect(),
                    raw: cross_entropies(logits, classes, truth),
                    calibrated: cross_entropies(&map.apply(logits), classes, truth),
                    shift: class_shift(truth, law, *rows),
                    has_entropy: true,
                })
            }
            (
                Head::Real {
                    prediction: fitted,
                    truth: fitted_truth,
                },
                Head::Real { prediction, truth },
                Baseline::Real {
                    mean,
                    variance,
                    rows,
                },
            ) => Ok(Self {
                baseline: truth
                    .iter()
                    .map(|&truth| gaussian_cost(truth, *mean, *variance))
                    .collect(),
                raw: RealCalibration::variance_only(fitted, fitted_truth)?.costs(prediction, truth),
                calibrated: RealCalibration::fit(fitted, fitted_truth)?.costs(prediction, truth),
                shift: real_shift(truth, *mean, *variance, *rows),
                has_entropy: false,
            }),
            _ => Err(mixed),
        }
    }
}

/// KL of the test shares from the baseline.
fn class_shift(truth: &[u32], law: &[f64], train_rows: u64) -> Measure {
    let n = truth.len() as f64;
    let mut counts = vec![0u64; law.len()];
    for &class in truth {
        if let Some(count) = counts.get_mut(class as usize) {
            *count += 1;
        }
    }
    let value = sum(counts.iter().zip(law).map(|(&count, &q)| {
        let p = count as f64 / n;
        if count > 0 { p * (p / q).ln() } else { 0.0 }
    }));
    shift_measure(
        value,
        (law.len() as f64 - 1.0).max(0.0),
        n,
        train_rows,
        truth.len(),
    )
}

/// KL(N(test) || N(train)).
fn real_shift(truth: &[f64], mean: f64, variance: f64, train_rows: u64) -> Measure {
    let n = truth.len() as f64;
    let (test_mean, test_variance) = mean_and_variance(truth);
    let ratio = test_variance / variance;
    let value = 0.5 * (ratio - 1.0 - ratio.ln() + (test_mean - mean).powi(2) / variance);
    shift_measure(value, 2.0, n, train_rows, truth.len())
}

fn shift_measure(value: f64, freedom: f64, n: f64, train_rows: u64, rows: usize) -> Measure {
    // Both laws are samples of one under the null: 2 KL/(1/n + 1/n_train) is chi-squared.
    let scale = 1.0 / n + 1.0 / (train_rows as f64).max(1.0);
    let p = chi_squared_tail(2.0 * value / scale, freedom);
    let measure = Measure::of(
        value,
        Unit::Nats,
        "KL of the test law from the training law",
        rows,
    )
    .with_null(freedom / 2.0 * scale, Some(p));
    let measure = if value > SHIFT {
        measure.flagged(Flag::LabelShift)
    } else {
        measure
    };
    measure.in_bits()
}
