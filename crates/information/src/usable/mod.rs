//! What a trained model knows about each task, in bits per example, on plain arrays.
//!
//! - [`usable`]: usable (V-)information U = H_V(Y) - H_V(Y|X) (Xu et al. 2020), raw and calibrated.
//! - [`transferred`]: the bits joint training gained or lost over training alone, paired per row.
//! - [`residual`]: what another task's prediction (V1) or label (V2) still tells: which kind of sharing is missing.
//!
//! Rows of `test` are never used to fit anything; calibrations and adapters are fitted on `validation`.

mod adapter;
mod base;
mod calibration;
mod costs;
mod equivalents;
mod gain;
mod hint;
mod information;
mod residual;
mod rows;
mod transferred;
mod verdict;

pub use calibration::{ClassCalibration, RealCalibration};
pub use costs::{Part, RowCosts, label_shift};
pub use equivalents::{Equivalent, label_equivalents};
pub use hint::Hint;
pub use information::{Baseline, UsableInformation, usable};
pub use residual::{Residual, residual};
pub use rows::row_measure;
pub use transferred::{Rows, transferred, transferred_over_seeds};
pub use verdict::{Reading, Verdict, verdict};

use crate::InformationError;
use crate::error::{all_finite, at_least, same_length};

/// A task's predictions with the truth beside them, over rows where the label is there.
#[derive(Clone, Copy, Debug)]
pub enum Head<'a> {
    /// A label with classes; a binary head of one logit z has the logits (0, z).
    Classes {
        /// `[rows, classes]`.
        logits: &'a [f64],
        /// Classes per row of logits.
        classes: usize,
        /// `[rows]`, below `classes`.
        truth: &'a [u32],
    },
    /// A real label.
    Real {
        /// `[rows]`.
        prediction: &'a [f64],
        /// `[rows]`.
        truth: &'a [f64],
    },
}

impl Head<'_> {
    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Classes { truth, .. } => truth.len(),
            Self::Real { truth, .. } => truth.len(),
        }
    }

    fn check(&self) -> Result<(), InformationError> {
        match *self {
            Self::Classes {
                logits,
                classes,
                truth,
            } => {
                at_least("classes", classes, 2)?;
                same_length("logits and labels", logits.len(), truth.len() * classes)?;
                all_finite("logit", logits)?;
                if let Some(index) = truth.iter().position(|&class| class as usize >= classes) {
                    return Err(InformationError::Value {
                        what: "class of a label",
                        index,
                        value: truth.get(index).map_or(f64::NAN, |&class| f64::from(class)),
                        wanted: "below the number of classes",
                    });
                }
            }
            Self::Real { prediction, truth } => {
                same_length("predictions and labels", prediction.len(), truth.len())?;
                all_finite("prediction", prediction)?;
                all_finite("label", truth)?;
            }
        }
        at_least("rows", self.rows(), 2)
    }
}

/// -ln softmax(logits)[truth] of every row, nats.
pub(crate) fn cross_entropies(logits: &[f64], classes: usize, truth: &[u32]) -> Vec<f64> {
    logits
        .chunks_exact(classes.max(1))
        .zip(truth)
        .map(|(row, &class)| {
            let own = row.get(class as usize).copied().unwrap_or(f64::NAN);
            crate::special::ln_sum_exp(row.iter().copied()) - own
        })
        .collect()
}

/// -ln N(truth; mean, variance), nats.
pub(crate) fn gaussian_cost(truth: f64, mean: f64, variance: f64) -> f64 {
    0.5 * ((std::f64::consts::TAU * variance).ln() + (truth - mean).powi(2) / variance)
}
