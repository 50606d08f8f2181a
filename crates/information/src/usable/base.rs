//! A frozen target head that takes hints in, one after the other, and says what each gained on test rows.

use nalgebra::DMatrix;
use polytask_random::Stream;

use super::adapter::{Features, added, fit_classes, fit_real};
use super::calibration::{ClassCalibration, RealCalibration};
use super::gain::{bins_of_classes, bins_of_values, tested_gain};
use super::{Head, cross_entropies, gaussian_cost};
use crate::Measure;
use crate::error::{InformationError, same_length};

/// The target's calibrated predictions, as they stand.
pub(super) enum Base<'a> {
    Classes {
        classes: usize,
        fitted: (DMatrix<f64>, &'a [u32]),
        tested: (DMatrix<f64>, &'a [u32]),
        bins: Vec<Vec<usize>>,
    },
    Real {
        /// (mean, truth).
        fitted: (Vec<f64>, &'a [f64]),
        tested: (Vec<f64>, &'a [f64]),
        bins: Vec<Vec<usize>>,
    },
}

impl<'a> Base<'a> {
    pub(super) fn of(validation: Head<'a>, test: Head<'a>) -> Result<Self, InformationError> {
        match (validation, test) {
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
            ) => {
                same_length("classes of validation and test", classes, test_classes)?;
                let map = ClassCalibration::fit(fitted, classes, fitted_truth)?;
                let matrix = |logits: &[f64], rows| {
                    DMatrix::from_row_slice(rows, classes, &map.apply(logits))
                };
                Ok(Self::Classes {
                    classes,
                    fitted: (matrix(fitted, fitted_truth.len()), fitted_truth),
                    bins: bins_of_classes(&map.apply(logits), classes),
                    tested: (matrix(logits, truth.len()), truth),
                })
            }
            (
                Head::Real {
                    prediction: fitted,
                    truth: fitted_truth,
                },
                Head::Real { prediction, truth },
            ) => {
                let map = RealCalibration::fit(fitted, fitted_truth)?;
                let means = |values: &[f64]| {
                    values
                        .iter()
                        .map(|&value| map.mean(value))
                        .collect::<Vec<_>>()
                };
                Ok(Self::Real {
                    fitted: (means(fitted), fitted_truth),
                    bins: bins_of_values(prediction),
                    tested: (means(prediction), truth),
                })
            }
            _ => Err(InformationError::Lengths {
                what: "kinds of validation and test",
                left: 1,
                right: 2,
            }),
        }
    }

    /// The base with the hint taken in, and what that gained on test rows.
    pub(super) fn with(
        self,
        (fit_features, test_features): &(Features, Features),
        permutations: usize,
        stream: &mut Stream,
        estimator: &'static str,
    ) -> Result<(Self, Measure), InformationError> {
        match self {
            Self::Classes {
                classes,
                fitted,
                tested,
                bins,
            } => {
                let logits: Vec<f64> = fitted.0.transpose().as_slice().to_vec();
                let weights = fit_classes(fit_features, &logits, classes, fitted.1)?;
                let before = cross_entropies(tested.0.transpose().as_slice(), classes, tested.1);
                let hint = &test_features.values * &weights;
                let costs = |order: &[usize]| {
                    let moved = &tested.0 + hint.select_rows(order);
                    cross_entropies(moved.transpose().as_slice(), classes, tested.1)
                };
                let measure = tested_gain(&before, &bins, costs, permutations, stream, estimator)?;
                let next = |offset: &DMatrix<f64>, features: &Features| {
                    DMatrix::from_row_slice(
                        offset.nrows(),
                        classes,
                        &added(offset, &features.values, &weights),
                    )
                };
                let base = Self::Classes {
                    classes,
                    fitted: (next(&fitted.0, fit_features), fitted.1),
                    tested: (next(&tested.0, test_features), tested.1),
                    bins,
                };
                Ok((base, measure))
            }
            Self::Real {
                fitted,
                tested,
                bins,
            } => {
                let residuals: Vec<f64> = fitted
                    .1
                    .iter()
                    .zip(&fitted.0)
                    .map(|(truth, mean)| truth - mean)
                    .collect();
                let weights = fit_real(fit_features, &residuals)?;
                let moved = |means: &[f64], features: &Features| -> Vec<f64> {
                    let hint = &features.values * &weights;
                    means
                        .iter()
                        .zip(hint.iter())
                        .map(|(mean, hint)| mean + hint)
                        .collect()
                };
                let next = (
                    moved(&fitted.0, fit_features),
                    moved(&tested.0, test_features),
                );
                // Each stage with the variance its own validation residuals have.
                let variance = |means: &[f64]| -> Result<f64, InformationError> {
                    Ok(RealCalibration::variance_only(means, fitted.1)?.variance)
                };
                let (old_variance, new_variance) = (variance(&fitted.0)?, variance(&next.0)?);
                let cost = |means: &[f64], variance: f64| -> Vec<f64> {
                    means
                        .iter()
                        .zip(tested.1)
                        .map(|(&mean, &truth)| gaussian_cost(truth, mean, variance))
                        .collect()
                };
                let before = cost(&tested.0, old_variance);
                let hint = &test_features.values * &weights;
                let costs = |order: &[usize]| {
                    let means: Vec<f64> = tested
                        .0
                        .iter()
                        .zip(order)
                        .map(|(mean, &row)| mean + hint.get(row).copied().unwrap_or(f64::NAN))
                        .collect();
                    cost(&means, new_variance)
                };
                let measure = tested_gain(&before, &bins, costs, permutations, stream, estimator)?;
                let base = Self::Real {
                    fitted: (next.0, fitted.1),
                    tested: (next.1, tested.1),
                    bins,
                };
                Ok((base, measure))
            }
        }
    }
}
