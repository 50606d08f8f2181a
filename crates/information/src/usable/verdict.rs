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
    /// One of the two has one value on the rows that would tell.
    Constant,
    /// Some rows have both labels, too few to tell.
    FewRows,
    /// No row has both labels.
    Apart,
    /// What would tell could not be fitted.
    Unknown,
}

/// What is read of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The reading; where both gains are sure, that of the larger.
    pub main: Verdict,
    /// That of the smaller.
    pub also: Option<Verdict>,
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
                "labels are coupled beyond x: a joint head (`multitask.joint = \"chow_liu\"`); no gain for marginals, full gain where the \
                 other label is known (`predict --given`) or the joint law is scored"
            }
            Self::KnownLabel => {
                "labels are coupled beyond x, and no joint head couples a class with a number: where the other label is known first, \
                 make it an input; no gain for marginals"
            }
            Self::Silent => {
                "labels are silent: look at feature profiles, gradients or codes; try it and measure bits transferred"
            }
            Self::Constant => {
                "one of the two labels has one value on the rows that would tell: there is nothing to share"
            }
            Self::FewRows => {
                "some rows have both labels, but too few for anything to be said from labels"
            }
            Self::Apart => {
                "no row has both labels: nothing can be said from labels; only bits transferred tell"
            }
            Self::Unknown => {
                "nothing could be fitted on the rows with both labels, or they are too many to be kept"
            }
        }
    }

    /// The reading of a pair of a class and a number: a joint head is of classes, or of numbers.
    fn across_kinds(self) -> Self {
        match self {
            Self::JointHead => Self::KnownLabel,
            other => other,
        }
    }
}

impl Reading {
    /// One reading alone.
    #[must_use]
    pub fn of(main: Verdict) -> Self {
        Self { main, also: None }
    }

    /// The reading of a pair of a class and a number: a joint head is of classes, or of numbers.
    ///
    /// ```
    /// use polytask_information::usable::{Reading, Verdict};
    ///
    /// let both = Reading { main: Verdict::JointHead, also: Some(Verdict::ShareMore) };
    /// let read = both.across_kinds();
    /// assert_eq!((read.main, read.also), (Verdict::KnownLabel, Some(Verdict::ShareMore)));
    /// ```
    #[must_use]
    pub fn across_kinds(self) -> Self {
        Self {
            main: self.main.across_kinds(),
            also: self.also.map(Verdict::across_kinds),
        }
    }
}

/// The reading at a false discovery rate. Gains, and what the labels share, must be significant and above `least` bits: on many
/// rows trifles are significant. Neither gain hides the other: V2 is what is left once V1 is taken.
#[must_use]
pub fn verdict(label: &Measure, residual: Option<&Residual>, rate: f64, least: f64) -> Reading {
    let Some(Residual { missed, coupled }) = residual else {
        return Reading::of(Verdict::Unknown);
    };
    let gains = |measure: &Measure| {
        measure.is_significant(rate) && measure.value.is_some_and(|bits| bits > least)
    };
    match (gains(missed), gains(coupled)) {
        (true, true) if coupled.value > missed.value => Reading {
            main: Verdict::JointHead,
            also: Some(Verdict::ShareMore),
        },
        (true, true) => Reading {
            main: Verdict::ShareMore,
            also: Some(Verdict::JointHead),
        },
        (true, false) => Reading::of(Verdict::ShareMore),
        (false, true) => Reading::of(Verdict::JointHead),
        (false, false) if gains(label) => Reading::of(Verdict::Trunk),
        (false, false) => Reading::of(Verdict::Silent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;

    /// Labels linked by the noise (V2 = 0.737 bits, as in P8) in front of a head that also misses a little.
    #[test]
    fn a_small_v1_does_not_hide_a_large_v2() {
        let sure = |bits: f64, p: f64| {
            Measure::of(bits, Unit::Bits, "stated", 2000).with_null(0.0, Some(p))
        };
        let read = |missed: Measure, coupled: Measure| {
            let residual = Residual { missed, coupled };
            let read = verdict(&sure(0.126, 0.001), Some(&residual), 0.05, 0.01);
            (read.main, read.also)
        };
        use Verdict::{JointHead, ShareMore};
        let both = read(sure(0.02, 0.001), sure(0.737, 0.001));
        assert_eq!(both, (JointHead, Some(ShareMore)));
        let both = read(sure(0.3, 0.001), sure(0.1, 0.001));
        assert_eq!(both, (ShareMore, Some(JointHead)));
        // What is not sure, or a trifle, is not said.
        assert_eq!(read(sure(0.02, 0.3), sure(0.737, 0.001)), (JointHead, None));
        assert_eq!(
            read(sure(0.3, 0.001), sure(0.009, 0.001)),
            (ShareMore, None)
        );
    }
}
