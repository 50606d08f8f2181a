//! What a source task offers about a target: its prediction and its label.

use super::Head;
use super::adapter::Features;
use super::calibration::{ClassCalibration, RealCalibration};
use crate::error::{InformationError, same_length};
use crate::gates::softmax;

/// What the source task offers on the same rows as the target's head: its prediction and its label.
#[derive(Clone, Copy, Debug)]
pub enum Hint<'a> {
    /// A source with classes.
    Classes {
        /// `[rows, classes]`.
        logits: &'a [f64],
        /// Classes per row.
        classes: usize,
        /// `[rows]`.
        label: &'a [u32],
    },
    /// A real source.
    Real {
        /// `[rows]`.
        prediction: &'a [f64],
        /// `[rows]`.
        label: &'a [f64],
    },
}

impl Hint<'_> {
    /// What it predicts on these rows and on others, calibrated on these, and how many columns that is.
    pub(super) fn predicted(
        &self,
        tested: &Self,
    ) -> Result<(Vec<f64>, Vec<f64>, usize), InformationError> {
        match (*self, *tested) {
            (
                Self::Classes {
                    logits,
                    classes,
                    label,
                },
                Self::Classes {
                    logits: tested,
                    classes: tested_classes,
                    ..
                },
            ) => {
                same_length("classes of validation and test", classes, tested_classes)?;
                let map = ClassCalibration::fit(logits, classes, label)?;
                let shares = |logits: &[f64]| -> Vec<f64> {
                    map.apply(logits)
                        .chunks_exact(classes)
                        .flat_map(softmax)
                        .collect()
                };
                Ok((shares(logits), shares(tested), classes))
            }
            (
                Self::Real { prediction, label },
                Self::Real {
                    prediction: tested, ..
                },
            ) => {
                let map = RealCalibration::fit(prediction, label)?;
                let means = |values: &[f64]| values.iter().map(|&value| map.mean(value)).collect();
                Ok((means(prediction), means(tested), 1))
            }
            _ => Err(InformationError::Lengths {
                what: "kinds of validation and test",
                left: 1,
                right: 2,
            }),
        }
    }

    /// Its label as numbers, as many columns as it predicts.
    pub(super) fn known(&self) -> Vec<f64> {
        match *self {
            Self::Classes { classes, label, .. } => {
                let one_hot = |&class: &u32| {
                    (0..classes as u32).map(move |other| f64::from(u8::from(other == class)))
                };
                label.iter().flat_map(one_hot).collect()
            }
            Self::Real { label, .. } => label.to_vec(),
        }
    }

    pub(super) fn check(&self, rows: usize) -> Result<(), InformationError> {
        match *self {
            Self::Classes {
                logits,
                classes,
                label,
            } => {
                same_length("rows of source and target", label.len(), rows)?;
                Head::Classes {
                    logits,
                    classes,
                    truth: label,
                }
                .check()
            }
            Self::Real { prediction, label } => {
                same_length("rows of source and target", label.len(), rows)?;
                Head::Real {
                    prediction,
                    truth: label,
                }
                .check()
            }
        }
    }
}

/// Real columns to the unit of their spread on validation, so that the ridge means the same for all.
pub(super) fn scaled(fitted: &[f64], tested: &[f64], columns: usize) -> (Features, Features) {
    let (mut fitted, mut tested) = Features::centred(fitted, tested, columns);
    if columns == 1 {
        let n = fitted.values.nrows() as f64;
        let spread = (fitted.values.norm_squared() / n).sqrt();
        if spread > 0.0 {
            fitted.values /= spread;
            tested.values /= spread;
        }
    }
    (fitted, tested)
}
