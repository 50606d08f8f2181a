//! Calibration: the affine map of a head's output that suits held-out rows best.
//!
//! Classes: a·logits + b with a >= 0 and b one value per class; real labels: a·prediction + b and a variance. The map with a = 0
//! ignores the input, so that a calibrated model never knows less than nothing, up to sampling noise (Xu et al.'s optional ignorance).
//! A unit Gaussian prior around the identity keeps the map finite where validation has no row of a class, or no error at all.

use nalgebra::{DMatrix, DVector};

use super::{Head, cross_entropies};
use crate::InformationError;
use crate::error::{at_least, same_length};
use crate::special::{ln_sum_exp, sum};

const STEPS: usize = 100;

/// logits -> scale·logits + shift.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassCalibration {
    /// a >= 0; below 1 where the model was too sure.
    pub scale: f64,
    /// b, one per class.
    pub shift: Vec<f64>,
}

impl ClassCalibration {
    /// The map of the smallest cross-entropy on these rows, by Newton's method on a convex loss.
    ///
    /// # Errors
    /// If the rows do not fit together.
    pub fn fit(logits: &[f64], classes: usize, truth: &[u32]) -> Result<Self, InformationError> {
        Head::Classes {
            logits,
            classes,
            truth,
        }
        .check()?;
        let identity = Self {
            scale: 1.0,
            shift: vec![0.0; classes],
        };
        let free = identity.clone().newton(logits, truth, true)?;
        if free.scale >= 0.0 {
            return Ok(free);
        }
        let ignorant = Self {
            scale: 0.0,
            ..identity
        };
        ignorant.newton(logits, truth, false)
    }

    /// The calibrated logits.
    #[must_use]
    pub fn apply(&self, logits: &[f64]) -> Vec<f64> {
        let classes = self.shift.len().max(1);
        logits
            .chunks_exact(classes)
            .flat_map(|row| {
                row.iter()
                    .zip(&self.shift)
                    .map(|(logit, shift)| self.scale * logit + shift)
            })
            .collect()
    }

    fn loss(&self, logits: &[f64], truth: &[u32]) -> f64 {
        let prior =
            (self.scale - 1.0).powi(2) + self.shift.iter().map(|shift| shift * shift).sum::<f64>();
        sum(cross_entropies(
            &self.apply(logits),
            self.shift.len(),
            truth,
        )) + prior / 2.0
    }

    /// Damped Newton steps over (b, and a if `scaled`).
    fn newton(
        mut self,
        logits: &[f64],
        truth: &[u32],
        scaled: bool,
    ) -> Result<Self, InformationError> {
        let classes = self.shift.len();
        let mut best = self.loss(logits, truth);
        for _ in 0..STEPS {
            let (gradient, hessian) = self.derivatives(logits, truth, scaled);
            let factor = hessian.cholesky().ok_or(InformationError::Singular {
                what: "Hessian of a calibration",
            })?;
            let step = factor.solve(&gradient);
            let mut length = 1.0;
            let improved = loop {
                let next = Self {
                    scale: self.scale - length * step.get(classes).copied().unwrap_or(0.0),
                    shift: self
                        .shift
                        .iter()
                        .zip(step.iter())
                        .map(|(b, d)| b - length * d)
                        .collect(),
                };
                let value = next.loss(logits, truth);
                if value <= best {
                    break Some((next, value));
                }
                length /= 2.0;
                if length < 1e-10 {
                    break None;
                }
            };
            let Some((next, value)) = improved else {
                break;
            };
            self = next;
            if best - value <= 1e-12 * best.abs().max(1.0) {
                break;
            }
            best = value;
        }
        Ok(self)
    }

    /// Gradient and Hessian of the loss with its prior; the scale is the last coordinate.
    #[expect(
        clippy::indexing_slicing,
        reason = "k and l run over the classes, and `classes` is a coordinate exactly where `scaled`"
    )]
    fn derivatives(
        &self,
        logits: &[f64],
        truth: &[u32],
        scaled: bool,
    ) -> (DVector<f64>, DMatrix<f64>) {
        let classes = self.shift.len();
        let size = classes + usize::from(scaled);
        let mut gradient = DVector::zeros(size);
        let mut hessian = DMatrix::identity(size, size);
        for (b, place) in self.shift.iter().zip(gradient.iter_mut()) {
            *place = *b;
        }
        if scaled {
            gradient[classes] = self.scale - 1.0;
        }
        let calibrated = self.apply(logits);
        let rows = calibrated
            .chunks_exact(classes)
            .zip(logits.chunks_exact(classes))
            .zip(truth);
        for ((row, raw), &class) in rows {
            let total = ln_sum_exp(row.iter().copied());
            let p = DVector::from_iterator(classes, row.iter().map(|logit| (logit - total).exp()));
            let raw = DVector::from_column_slice(raw);
            let mean = p.dot(&raw);
            for (k, p_k) in p.iter().enumerate() {
                gradient[k] += p_k - f64::from(u8::from(k == class as usize));
                hessian[(k, k)] += p_k;
                for (l, p_l) in p.iter().enumerate() {
                    hessian[(k, l)] -= p_k * p_l;
                }
                if scaled {
                    let cross = p_k * (raw[k] - mean);
                    hessian[(k, classes)] += cross;
                    hessian[(classes, k)] += cross;
                }
            }
            if scaled {
                gradient[classes] += mean - raw.get(class as usize).copied().unwrap_or(0.0);
                hessian[(classes, classes)] += p
                    .iter()
                    .zip(raw.iter())
                    .map(|(p, z)| p * (z - mean).powi(2))
                    .sum::<f64>();
            }
        }
        (gradient, hessian)
    }
}

/// prediction -> N(scale·prediction + shift, variance).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RealCalibration {
    /// a >= 0.
    pub scale: f64,
    /// b, in the label's unit.
    pub shift: f64,
    /// σ², in the label's unit squared.
    pub variance: f64,
}

impl RealCalibration {
    /// The prediction as it is, with the variance that suits these rows: their mean squared error.
    ///
    /// # Errors
    /// If lengths differ or there are fewer than two rows.
    pub fn variance_only(prediction: &[f64], truth: &[f64]) -> Result<Self, InformationError> {
        same_length("predictions and labels", prediction.len(), truth.len())?;
        at_least("rows", truth.len(), 2)?;
        Ok(Self::with_variance(1.0, 0.0, prediction, truth))
    }

    /// The best affine map of these rows and its mean squared error.
    ///
    /// # Errors
    /// If lengths differ or there are fewer than two rows.
    pub fn fit(prediction: &[f64], truth: &[f64]) -> Result<Self, InformationError> {
        same_length("predictions and labels", prediction.len(), truth.len())?;
        at_least("rows", truth.len(), 2)?;
        let n = truth.len() as f64;
        let mean = |values: &[f64]| sum(values.iter().copied()) / n;
        let (prediction_mean, truth_mean) = (mean(prediction), mean(truth));
        let spread = sum(prediction
            .iter()
            .map(|value| (value - prediction_mean).powi(2)));
        let shared = sum(prediction
            .iter()
            .zip(truth)
            .map(|(value, truth)| (value - prediction_mean) * (truth - truth_mean)));
        let scale = if spread > 0.0 {
            (shared / spread).max(0.0)
        } else {
            0.0
        };
        let shift = truth_mean - scale * prediction_mean;
        Ok(Self::with_variance(scale, shift, prediction, truth))
    }

    fn with_variance(scale: f64, shift: f64, prediction: &[f64], truth: &[f64]) -> Self {
        let squares = prediction
            .iter()
            .zip(truth)
            .map(|(value, truth)| (truth - scale * value - shift).powi(2));
        // A perfect fit would be infinitely sure of itself.
        let variance = (sum(squares) / truth.len() as f64).max(f64::MIN_POSITIVE.sqrt());
        Self {
            scale,
            shift,
            variance,
        }
    }

    /// The calibrated prediction.
    #[must_use]
    pub fn mean(&self, prediction: f64) -> f64 {
        self.scale * prediction + self.shift
    }

    /// -ln of the density of every label, nats.
    #[must_use]
    pub fn costs(&self, prediction: &[f64], truth: &[f64]) -> Vec<f64> {
        prediction
            .iter()
            .zip(truth)
            .map(|(value, truth)| super::gaussian_cost(*truth, self.mean(*value), self.variance))
            .collect()
    }
}
