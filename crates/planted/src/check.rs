//! One line of a score: a quantity, what is true, what was found, and the mark that it must reach.

use std::fmt;

use serde::{Serialize, Serializer};

/// A number or a word.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// A number.
    Number(f64),
    /// A word: a verdict, a grouping.
    Text(String),
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e6 => {
                write!(formatter, "{number}")
            }
            Self::Number(number) => write!(formatter, "{number:.4}"),
            Self::Text(text) => formatter.write_str(text),
        }
    }
}

/// What a found value must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    /// Nothing: it is told, not judged.
    Told,
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// Between these, both included.
    Between(f64, f64),
    /// The same as the truth.
    Truth,
}

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |number: f64| Value::Number(number).to_string();
        match self {
            Self::Told => Ok(()),
            Self::AtLeast(least) => write!(formatter, "at least {}", shown(*least)),
            Self::AtMost(most) => write!(formatter, "at most {}", shown(*most)),
            Self::Between(low, high) => write!(formatter, "{} to {}", shown(*low), shown(*high)),
            Self::Truth => formatter.write_str("the truth"),
        }
    }
}

/// One line of a score.
///
/// ```
/// use polytask_planted::{Check, Mark};
///
/// let check = Check::of("distance", 0.3, Mark::AtMost(0.5)).with_truth(0.0);
/// assert_eq!((check.passed(), check.mark.to_string().as_str()), (Some(true), "at most 0.5000"));
/// // A number that is none reaches no mark.
/// assert_eq!(Check::of("distance", f64::NAN, Mark::AtMost(0.5)).passed(), Some(false));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What was measured, with its unit.
    pub quantity: String,
    /// What is true; none if no number is.
    pub truth: Option<Value>,
    /// What was found.
    pub found: Value,
    /// What it must be.
    pub mark: Mark,
}

impl Check {
    /// A check without a truth.
    #[must_use]
    pub fn of(quantity: impl Into<String>, found: impl Into<Value>, mark: Mark) -> Self {
        Self {
            quantity: quantity.into(),
            truth: None,
            found: found.into(),
            mark,
        }
    }

    /// A number that must be within `by` of the truth.
    #[must_use]
    pub fn near(quantity: impl Into<String>, found: f64, truth: f64, by: f64) -> Self {
        Self::of(quantity, found, Mark::Between(truth - by, truth + by)).with_truth(truth)
    }

    /// With the truth.
    #[must_use]
    pub fn with_truth(mut self, truth: impl Into<Value>) -> Self {
        self.truth = Some(truth.into());
        self
    }

    /// Whether the mark is reached; none if there is none.
    #[must_use]
    pub fn passed(&self) -> Option<bool> {
        if self.mark == Mark::Told {
            return None;
        }
        Some(match (&self.mark, &self.found) {
            (Mark::AtLeast(least), Value::Number(found)) => found >= least,
            (Mark::AtMost(most), Value::Number(found)) => found <= most,
            (Mark::Between(low, high), Value::Number(found)) => (low..=high).contains(&found),
            (Mark::Truth, found) => self.truth.as_ref() == Some(found),
            _ => false,
        })
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let mark = (self.mark != Mark::Told).then(|| self.mark.to_string());
        let mut fields = serializer.serialize_struct("Check", 5)?;
        fields.serialize_field("quantity", &self.quantity)?;
        fields.serialize_field("truth", &self.truth)?;
        fields.serialize_field("found", &self.found)?;
        fields.serialize_field("mark", &mark)?;
        fields.serialize_field("passed", &self.passed())?;
        fields.end()
    }
}
