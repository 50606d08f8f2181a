//! The record every reported number is: never a bare value, but with its unit, estimator, rows and null.

use std::borrow::Cow;

use serde::Serialize;

use crate::special::{mean_and_variance, student_quantile};

/// What a value is counted in. Estimators work in nats; reports print bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Natural units; 1 nat = 1/ln 2 bits.
    Nats,
    /// Bits; 1 bit = ln 2 nats.
    Bits,
    /// Without a unit: a coefficient, a probability, a share.
    One,
    /// A number of equally likely classes (e to the entropy).
    Classes,
    /// Hundredths of a baseline.
    Percent,
    /// Rows with a label of the task.
    Labels,
}

impl Unit {
    /// How it is printed behind a number.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nats => "nats",
            Self::Bits => "bits",
            Self::One => "",
            Self::Classes => "classes",
            Self::Percent => "%",
            Self::Labels => "labels",
        }
    }
}

/// What a reader must know before they trust a value. Nothing is clamped: an impossible value stays, with its flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// Below zero where the quantity itself cannot be: sampling noise around none.
    Negative,
    /// An information above the entropy of one of its sides.
    ExceedsEntropy,
    /// +infinity: the support of one law is not inside the other's.
    Infinite,
    /// There is no value: a denominator is zero.
    Undefined,
    /// No row has both labels. Never the same as zero.
    NotCoObserved,
    /// Too few rows for this estimator.
    FewRows,
    /// More than 1 % of the rows tie: estimators for continuous laws are wrong there.
    Ties,
    /// Computed on a subsample; `n` is its size.
    Subsampled,
    /// Classes seen fewer than five times were merged.
    RareMerged,
    /// A search that is not exhaustive.
    Heuristic,
    /// Whether this label is there depends on other labels or features.
    NotMissingAtRandom,
    /// The label laws of training and test differ.
    LabelShift,
    /// The plug-in value is too high on resamples and small samples; read the corrected one.
    Inflated,
    /// A lower bound of the quantity.
    LowerBound,
    /// An upper bound of the quantity.
    UpperBound,
    /// What it tends to with ever more rows; of these rows it may be wrong.
    Asymptotic,
    /// A floor above what some rule attains: what it rests on does not hold for these rows.
    AboveAttained,
    /// Worth a look, not a conclusion.
    Exploratory,
    /// A label that has one value in all rows: there is nothing to tell, and nothing to learn.
    Constant,
    /// As large as the estimator gets from so few rows: the truth is this or more, and unbounded for all these rows say.
    Saturated,
}

impl Flag {
    /// How it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::ExceedsEntropy => "exceeds entropy",
            Self::Infinite => "infinite",
            Self::Undefined => "undefined",
            Self::NotCoObserved => "not co-observed",
            Self::FewRows => "few rows",
            Self::Ties => "ties",
            Self::Subsampled => "subsampled",
            Self::RareMerged => "rare classes merged",
            Self::Heuristic => "heuristic",
            Self::NotMissingAtRandom => "not missing at random",
            Self::LabelShift => "label shift",
            Self::Inflated => "inflated",
            Self::LowerBound => "lower bound",
            Self::UpperBound => "upper bound",
            Self::Asymptotic => "asymptotic",
            Self::AboveAttained => "above attained",
            Self::Exploratory => "exploratory",
            Self::Constant => "constant: nothing to learn",
            Self::Saturated => "saturated: at least this",
        }
    }
}

/// One reported number.
///
/// ```
/// use polytask_information::{Flag, Measure, Unit};
///
/// let measure = Measure::of(f64::ln(2.0), Unit::Nats, "plug-in", 40).in_bits();
/// assert_eq!((measure.value, measure.unit), (Some(1.0), Unit::Bits));
/// let absent = Measure::absent(Unit::Bits, "plug-in", 0, Flag::NotCoObserved);
/// assert_eq!(absent.value, None);
/// assert_eq!(absent.to_string(), "not co-observed");
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// The value; none if there is no such number (the flags say why). Infinity is written as null in JSON, with its flag.
    pub value: Option<f64>,
    /// What `value`, `se`, `interval` and `null_mean` are counted in.
    pub unit: Unit,
    /// How it was estimated.
    pub estimator: Cow<'static, str>,
    /// From how many rows.
    pub n: u64,
    /// Standard error.
    pub se: Option<f64>,
    /// 95 % interval.
    pub interval: Option<[f64; 2]>,
    /// Expectation of the estimate under the null (independence).
    pub null_mean: Option<f64>,
    /// Probability under the null of a value at least this large.
    pub p: Option<f64>,
    /// `p` corrected for the number of measures it was reported among (Benjamini and Hochberg).
    pub q: Option<f64>,
    /// What to know before trusting it.
    pub flags: Vec<Flag>,
}

impl Measure {
    /// A value without a null; infinite and NaN values get their flag.
    #[must_use]
    pub fn of(value: f64, unit: Unit, estimator: impl Into<Cow<'static, str>>, n: usize) -> Self {
        let mut measure = Self {
            value: (!value.is_nan()).then_some(value),
            unit,
            estimator: estimator.into(),
            n: n as u64,
            se: None,
            interval: None,
            null_mean: None,
            p: None,
            q: None,
            flags: Vec::new(),
        };
        if value.is_nan() {
            measure.flag(Flag::Undefined);
        } else if value.is_infinite() {
            measure.flag(Flag::Infinite);
        }
        measure
    }

    /// A place where there is no number, and why.
    #[must_use]
    pub fn absent(
        unit: Unit,
        estimator: impl Into<Cow<'static, str>>,
        n: usize,
        why: Flag,
    ) -> Self {
        let mut measure = Self::of(f64::NAN, unit, estimator, n);
        measure.flags = vec![why];
        measure
    }

    /// With a standard error.
    #[must_use]
    pub fn with_se(mut self, se: f64) -> Self {
        self.se = Some(se).filter(|se| se.is_finite());
        self
    }

    /// With a 95 % interval.
    #[must_use]
    pub fn with_interval(mut self, interval: [f64; 2]) -> Self {
        self.interval = Some(interval);
        self
    }

    /// With the standard error of a mean of `values` (seeds, say) and Student's interval by it around the value; few values are flagged,
    /// and one alone has no spread.
    ///
    /// ```
    /// use polytask_information::{Flag, Measure, Unit};
    ///
    /// // Mean 2, standard deviation 1; t(.975; 2) = 4.3027.
    /// let measure = Measure::of(2.0, Unit::Bits, "mean", 3).with_spread(&[1.0, 2.0, 3.0]);
    /// assert!((measure.se.unwrap() - 1.0 / 3f64.sqrt()).abs() < 1e-12);
    /// assert!((measure.interval.unwrap()[1] - 2.0 - 4.3027 / 3f64.sqrt()).abs() < 1e-4);
    /// assert_eq!(Measure::of(2.0, Unit::Bits, "mean", 1).with_spread(&[2.0]).flags, [Flag::FewRows]);
    /// ```
    #[must_use]
    pub fn with_spread(mut self, values: &[f64]) -> Self {
        if values.len() < 3 {
            self.flag(Flag::FewRows);
        }
        let Some(value) = self.value.filter(|_| values.len() > 1) else {
            return self;
        };
        let count = values.len() as f64;
        let (_, variance) = mean_and_variance(values);
        let se = (variance / count).sqrt();
        let reach = student_quantile(0.975, count - 1.0) * se;
        if reach.is_finite() {
            self.interval = Some([value - reach, value + reach]);
        }
        self.with_se(se)
    }

    /// With the expectation under the null and the probability of a value as large.
    #[must_use]
    pub fn with_null(mut self, null_mean: f64, p: Option<f64>) -> Self {
        self.null_mean = Some(null_mean);
        self.p = p;
        self
    }

    /// With one more flag.
    #[must_use]
    pub fn flagged(mut self, flag: Flag) -> Self {
        self.flag(flag);
        self
    }

    /// Adds a flag, once.
    pub fn flag(&mut self, flag: Flag) {
        if let Err(place) = self.flags.binary_search(&flag) {
            self.flags.insert(place, flag);
        }
    }

    /// Flags the value if it is outside [0, `entropy`] by more than rounding: it is not moved.
    #[must_use]
    pub fn checked_against(mut self, entropy: Option<f64>) -> Self {
        if let Some(value) = self.value {
            if value < -1e-12 {
                self.flag(Flag::Negative);
            }
            if entropy.is_some_and(|entropy| value > entropy + 1e-9) {
                self.flag(Flag::ExceedsEntropy);
            }
        }
        self
    }

    /// The same in bits, if it is in nats.
    #[must_use]
    pub fn in_bits(mut self) -> Self {
        if self.unit != Unit::Nats {
            return self;
        }
        let bits = |nats: f64| nats / std::f64::consts::LN_2;
        self.unit = Unit::Bits;
        self.value = self.value.map(bits);
        self.se = self.se.map(bits);
        self.interval = self.interval.map(|[low, high]| [bits(low), bits(high)]);
        self.null_mean = self.null_mean.map(bits);
        self
    }

    /// Whether it stands out among the measures it was tested with: q (or p, if it was tested alone) at most `rate`.
    #[must_use]
    pub fn is_significant(&self, rate: f64) -> bool {
        self.q.or(self.p).is_some_and(|level| level <= rate)
    }
}

impl std::fmt::Display for Measure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Some(value) = self.value else {
            let names: Vec<&str> = self.flags.iter().map(|flag| flag.name()).collect();
            return shown(formatter, &names.join(", "));
        };
        let decimals = formatter.precision().unwrap_or(4);
        let mut text = format!("{value:.decimals$}");
        if self.flags.contains(&Flag::Saturated) {
            text.insert_str(0, "≥ ");
        }
        if let Some(se) = self.se {
            text.push_str(&format!(" ± {se:.decimals$}"));
        }
        if !self.unit.name().is_empty() {
            text.push(' ');
            text.push_str(self.unit.name());
        }
        shown(formatter, &text)
    }
}

/// To the asked width, without cutting at the precision as `pad` does.
fn shown(formatter: &mut std::fmt::Formatter<'_>, text: &str) -> std::fmt::Result {
    let width = formatter.width().unwrap_or(0);
    write!(formatter, "{text:>width$}")
}
