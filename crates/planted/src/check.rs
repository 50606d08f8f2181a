//! One line of a score: a quantity, what is true, what was found, and the mark that it must reach.

use std::fmt;

use polytask_information::{Measure, Unit};
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

/// What was found: a number as the record that every reported number is, or a word.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Found {
    /// A number.
    Number(Box<Measure>),
    /// A word.
    Text(String),
}

impl From<f64> for Found {
    fn from(number: f64) -> Self {
        Self::from(Measure::of(number, Unit::One, "", 0))
    }
}

impl From<Measure> for Found {
    fn from(measure: Measure) -> Self {
        Self::Number(Box::new(measure))
    }
}

impl From<String> for Found {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(measure) => {
                Value::Number(measure.value.unwrap_or(f64::NAN)).fmt(formatter)?;
                measure
                    .se
                    .map_or(Ok(()), |se| write!(formatter, " ± {se:.4}"))
            }
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
/// let check = Check::of("Label information, nats", 0.3, Mark::AtMost(0.5)).with_truth(0.0);
/// assert_eq!((check.passed(), check.mark.to_string().as_str()), (Some(true), "at most 0.5000"));
/// assert_eq!((check.key().as_str(), check.name().as_str()), ("label_information", "Label information, nats"));
/// // A number that is none reaches no mark.
/// assert_eq!(Check::of("distance", f64::NAN, Mark::AtMost(0.5)).passed(), Some(false));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What was measured; without its unit, which is the record's.
    pub quantity: String,
    /// What is true; none if no number is.
    pub truth: Option<Value>,
    /// What was found.
    pub found: Found,
    /// What it must be.
    pub mark: Mark,
}

impl Check {
    /// A check without a truth. A name that ends with `, nats` or `, bits` gives a bare number its unit.
    #[must_use]
    pub fn of(quantity: impl Into<String>, found: impl Into<Found>, mark: Mark) -> Self {
        let (mut quantity, mut found) = (quantity.into(), found.into());
        for unit in [Unit::Nats, Unit::Bits] {
            if let Some(name) = quantity.strip_suffix(&format!(", {}", unit.name()))
                && let Found::Number(measure) = &mut found
            {
                measure.unit = unit;
                quantity = name.to_owned();
            }
        }
        Self {
            quantity,
            truth: None,
            found,
            mark,
        }
    }

    /// These checks, their bare numbers with how they were found and from how many rows, draws or tasks.
    #[must_use]
    pub fn all_by(mut checks: Vec<Self>, estimator: &'static str, n: u64) -> Vec<Self> {
        for check in &mut checks {
            if let Found::Number(measure) = &mut check.found
                && measure.estimator.is_empty()
            {
                measure.estimator = estimator.into();
                measure.n = n;
            }
        }
        checks
    }

    /// The quantity with its unit.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.found {
            Found::Number(measure) if !measure.unit.name().is_empty() => {
                format!("{}, {}", self.quantity, measure.unit.name())
            }
            _ => self.quantity.clone(),
        }
    }

    /// The quantity as a key: its letters and digits.
    #[must_use]
    pub fn key(&self) -> String {
        let words = self
            .quantity
            .split(|letter: char| !letter.is_ascii_alphanumeric());
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        words.join("_").to_lowercase()
    }

    /// A number that must be within `by` of the truth.
    #[must_use]
    pub fn near(quantity: impl Into<String>, found: impl Into<Found>, truth: f64, by: f64) -> Self {
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
        let number = match &self.found {
            Found::Number(measure) => measure.value,
            Found::Text(_) => None,
        };
        Some(match (&self.mark, number, &self.found) {
            (Mark::AtLeast(least), Some(found), _) => found >= *least,
            (Mark::AtMost(most), Some(found), _) => found <= *most,
            (Mark::Between(low, high), Some(found), _) => (*low..=*high).contains(&found),
            (Mark::Truth, _, Found::Text(found)) => {
                self.truth.as_ref() == Some(&Value::Text(found.clone()))
            }
            _ => false,
        })
    }
}

impl Serialize for Check {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;

        let mark = (self.mark != Mark::Told).then(|| self.mark.to_string());
        let mut fields = serializer.serialize_struct("Check", 6)?;
        fields.serialize_field("key", &self.key())?;
        fields.serialize_field("quantity", &self.quantity)?;
        fields.serialize_field("truth", &self.truth)?;
        fields.serialize_field("found", &self.found)?;
        fields.serialize_field("mark", &mark)?;
        fields.serialize_field("passed", &self.passed())?;
        fields.end()
    }
}
