//! What to do about a pair of tasks, from its label information, V1 and V2.

use serde::Serialize;

use super::Residual;
use crate::Measure;

/// A reading of one ordered pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Labels are related and the heads have it all: a shared trunk is right.
    Trunk,
    /// The target misses what the source sees.
    ShareMore,
    /// Labels are coupled beyond the input.
    JointHead,
    /// Nothing shows; only trying tells.
    Silent,
    /// There are no rows to tell.
    Unknown,
}

impl Verdict {
    /// The advice in words.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Trunk => "x explains the link and both heads have it: a shared trunk is right",
            Self::ShareMore => {
                "the target misses what the source sees: share more layers or codes, or cascade on predictions"
            }
            Self::JointHead => {
                "labels are coupled beyond x: a joint head; no gain for marginals, full gain where the other label is known"
            }
            Self::Silent => {
                "labels are silent: look at feature profiles, gradients or codes; try it and measure bits transferred"
            }
            Self::Unknown => "no row has both labels: nothing can be said from labels",
        }
    }
}

/// The reading at a false discovery rate. Gains, and what the labels share, must be significant and above `least` bits: on many
/// rows trifles are significant.
#[must_use]
pub fn verdict(label: &Measure, residual: Option<&Residual>, rate: f64, least: f64) -> Verdict {
    let Some(residual) = residual else {
        return Verdict::Unknown;
    };
    let gains = |measure: &Measure| {
        measure.is_significant(rate) && measure.value.is_some_and(|bits| bits > least)
    };
    if gains(&residual.missed) {
        Verdict::ShareMore
    } else if gains(&residual.coupled) {
        Verdict::JointHead
    } else if gains(label) {
        Verdict::Trunk
    } else {
        Verdict::Silent
    }
}
