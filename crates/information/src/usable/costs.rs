//! What every test row costs under each law, -ln q(y|x): summed over the parts of a label, joined over folds of rows.

use super::calibration::{ClassCalibration, RealCalibration};
use super::{Baseline, Head, cross_entropies, gaussian_cost};
use crate::error::{InformationError, at_least, same_length};
use crate::special::{chi_squared_tail, mean_and_variance, sum};
use crate::{Flag, Measure, Unit};

/// Label shift above this many nats gets its flag.
const SHIFT: f64 = 0.01;

/// One part of a label: the label itself, or one flag of a multilabel, one output of a regression.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// The rows that the calibration is fitted on.
    pub validation: Head<'a>,
    /// The rows that are measured; those of all parts are the same.
    pub test: Head<'a>,
    /// What is known of the label without its input.
    pub baseline: &'a Baseline,
}

/// -ln of every test row under each law, nats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowCosts {
    /// Under the training marginal.
    pub baseline: Vec<f64>,
    /// Under the model as it is; of a real label with the variance of validation.
    pub raw: Vec<f64>,
    /// Under the model calibrated on validation.
    pub calibrated: Vec<f64>,
    /// Whether the baseline is an entropy, which does not depend on a unit: not of real labels.
    pub has_entropy: bool,
}

impl RowCosts {
    /// The costs of a label, summed over its parts.
    ///
    /// # Errors
    /// If heads and baselines are not of one kind and size, have fewer than two rows, or there is no part.
    pub fn of(parts: &[Part<'_>]) -> Result<Self, InformationError> {
        let (first, rest) = parts.split_first().ok_or(InformationError::TooFew {
            what: "parts of a label",
            found: 0,
            needed: 1,
        })?;
        let mut costs = Self::of_part(first)?;
        for part in rest {
            let more = Self::of_part(part)?;
            same_length("rows of two parts", costs.raw.len(), more.raw.len())?;
            let add = |all: &mut [f64], more: &[f64]| {
                all.iter_mut()
                    .zip(more)
                    .for_each(|(all, more)| *all += more);
            };
            add(&mut costs.baseline, &more.baseline);
            add(&mut costs.raw, &more.raw);
            add(&mut costs.calibrated, &more.calibrated);
            costs.has_entropy &= more.has_entropy;
        }
        Ok(costs)
    }

    /// These rows and then those of another fold.
    #[must_use]
    pub fn joined(mut self, other: Self) -> Self {
        self.baseline.extend(other.baseline);
        self.raw.extend(other.raw);
        self.calibrated.extend(other.calibrated);
        self.has_entropy &= other.has_entropy;
        self
    }

    fn of_part(part: &Part<'_>) -> Result<Self, InformationError> {
        part.validation.check()?;
        part.test.check()?;
        match (part.validation, part.test, part.baseline) {
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
                Baseline::Classes { law, .. },
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
                    has_entropy: true,
                })
            }
            (
                Head::Real {
                    prediction: fitted,
                    truth: fitted_truth,
                },
                Head::Real { prediction, truth },
                Baseline::Real { mean, variance, .. },
            ) => Ok(Self {
                baseline: truth
                    .iter()
                    .map(|&truth| gaussian_cost(truth, *mean, *variance))
                    .collect(),
                raw: RealCalibration::variance_only(fitted, fitted_truth)?.costs(prediction, truth),
                calibrated: RealCalibration::fit(fitted, fitted_truth)?.costs(prediction, truth),
                has_entropy: false,
            }),
            _ => Err(MIXED),
        }
    }
}

const MIXED: InformationError = InformationError::Lengths {
    what: "kinds of head and baseline",
    left: 1,
    right: 2,
};

/// How far the labels of test rows are from the training law: KL summed over the parts of a label, flagged above 0.01 nats; null mean
/// and p as if both were samples of one law.
///
/// # Errors
/// If a head and its baseline are not of one kind, or there is no part.
pub fn label_shift(parts: &[(Head<'_>, &Baseline)]) -> Result<Measure, InformationError> {
    at_least("parts of a label", parts.len(), 1)?;
    let (mut value, mut freedom, mut rows, mut train_rows) = (0.0, 0.0, 0, 0);
    for (head, baseline) in parts {
        let (part, free) = match (head, baseline) {
            (
                Head::Classes { truth, .. },
                Baseline::Classes {
                    law,
                    rows: train_count,
                },
            ) => {
                train_rows = *train_count;
                class_shift(truth, law)
            }
            (
                Head::Real { truth, .. },
                Baseline::Real {
                    mean,
                    variance,
                    rows: train_count,
                },
            ) => {
                train_rows = *train_count;
                real_shift(truth, *mean, *variance)
            }
            _ => return Err(MIXED),
        };
        value += part;
        freedom += free;
        rows = head.rows();
    }
    Ok(shift_measure(value, freedom, rows as f64, train_rows, rows))
}

/// KL of the test shares from the baseline, and its degrees of freedom.
fn class_shift(truth: &[u32], law: &[f64]) -> (f64, f64) {
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
    (value, (law.len() as f64 - 1.0).max(0.0))
}

/// KL(N(test) || N(train)).
fn real_shift(truth: &[f64], mean: f64, variance: f64) -> (f64, f64) {
    let (test_mean, test_variance) = mean_and_variance(truth);
    let ratio = test_variance / variance;
    let value = 0.5 * (ratio - 1.0 - ratio.ln() + (test_mean - mean).powi(2) / variance);
    (value, 2.0)
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
