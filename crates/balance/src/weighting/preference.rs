//! The losses and the tasks' own weights as two vectors: what PBI and COSMOS look at.

use crate::normalize::SMALLEST_LOSS;
use crate::{Losses, PerTask};

/// Both vectors over the present tasks, at norm 1.
pub(super) struct Preference {
    /// r / ‖r‖.
    pub(super) wanted: Vec<f64>,
    /// ‖r‖.
    pub(super) size: f64,
    /// l / ‖l‖.
    pub(super) found: Vec<f64>,
    /// ‖l‖.
    pub(super) length: f64,
    /// Their cosine.
    pub(super) cosine: f64,
}

impl Preference {
    pub(super) fn of(weights: &PerTask<f64>, losses: &Losses) -> Self {
        let weights = weights.present(&losses.present);
        let (wanted, size) = unit(
            weights
                .map(|weight| weight.copied().unwrap_or(1.0))
                .collect(),
        );
        let (found, length) = unit(losses.positive(SMALLEST_LOSS));
        let cosine: f64 = wanted.iter().zip(&found).map(|(r, l)| r * l).sum();
        Self {
            wanted,
            size,
            found,
            length,
            cosine: cosine.min(1.0),
        }
    }

    /// Weights by which `slopes` come about once training multiplies r in; 0 for a task whose own weight is 0.
    pub(super) fn divided(&self, slopes: impl Iterator<Item = f64>) -> Vec<f64> {
        let each = slopes.zip(&self.wanted);
        each.map(|(slope, wanted)| {
            let own = wanted * self.size;
            if own > 0.0 { slope / own } else { 0.0 }
        })
        .collect()
    }
}

/// A vector at norm 1, and the norm it had.
fn unit(values: Vec<f64>) -> (Vec<f64>, f64) {
    let largest = values.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return (values, 0.0);
    }
    let squares = values.iter().map(|value| (value / largest).powi(2));
    let norm = largest * squares.sum::<f64>().sqrt();
    (values.into_iter().map(|value| value / norm).collect(), norm)
}
