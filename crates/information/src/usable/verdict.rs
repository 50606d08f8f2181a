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
    /// The same, where one of the two is a number and the other a class: no joint head couples those.
    KnownLabel,
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
                "labels are coupled beyond x: a joint head (`multitask.joint`; of numbers with `loss = \"mse\"`); no gain for marginals, full gain where the other label is \
                 known (`predict --given`) or the joint law is scored"
            }
            Self::KnownLabel => {
                "labels are coupled beyond x, and no joint head couples a class with a number: where the other label is known first, \
                 make it an input; no gain for marginals"
            }
            Self::Silent => {
                "labels are silent: look at feature profiles, gradients or codes; try it and measure bits transferred"
            }
            Self::Unknown => "no row has both labels: nothing can be said from labels",
        }
    }

    /// The reading of a pair of a class and a number: a joint head is of classes, or of numbers.
    ///
    /// ```
    /// use polytask_information::usable::Verdict;
    ///
    /// assert_eq!(Verdict::JointHead.across_kinds(), Verdict::KnownLabel);
    /// assert_eq!(Verdict::Trunk.across_kinds(), Verdict::Trunk);
    /// ```
    #[must_use]
    pub fn across_kinds(self) -> Self {
        match self {
            Self::JointHead => Self::KnownLabel,
            other => other,
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
