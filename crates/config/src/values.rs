//! The plain, named arrays that a [`State`](crate::State) is saved as.

use std::collections::BTreeMap;

/// Named values in the order of their names.
///
/// ```
/// use polytask_config::{State, Value};
///
/// let mut step = 7;
/// let mut state = State::save();
/// state.section("sampler", |state| state.count("step", &mut step));
/// let values = state.finish().unwrap();
/// assert_eq!(values.0["sampler/step"], Value::Counts(vec![7]));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values(pub BTreeMap<String, Value>);

/// One value, kept bit for bit: what is not a number (NaN) stays the same one.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Numbers in double precision; a single one is a list of one.
    Numbers(Vec<f64>),
    /// Counts; a single one is a list of one.
    Counts(Vec<u64>),
    /// An array in single precision, row by row.
    Floats {
        /// Length of each axis.
        shape: Vec<usize>,
        /// As many as the product of the axes.
        values: Vec<f32>,
    },
    /// Texts; a single one is a list of one.
    Texts(Vec<String>),
    /// Yes or no.
    Flag(bool),
}

impl Value {
    /// What kind of value this is, in one word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Numbers(_) => "numbers",
            Self::Counts(_) => "counts",
            Self::Floats { .. } => "floats",
            Self::Texts(_) => "texts",
            Self::Flag(_) => "flag",
        }
    }

    /// How many elements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Counts(values) => values.len(),
            Self::Floats { values, .. } => values.len(),
            Self::Texts(values) => values.len(),
            Self::Flag(_) => 1,
        }
    }

    /// Whether it has no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether both are the same bit for bit; unlike `==`, a NaN equals itself and 0.0 is not -0.0.
    #[must_use]
    pub fn same_bits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Numbers(left), Self::Numbers(right)) => left
                .iter()
                .map(|value| value.to_bits())
                .eq(right.iter().map(|value| value.to_bits())),
            (
                Self::Floats { shape, values },
                Self::Floats {
                    shape: other_shape,
                    values: others,
                },
            ) => {
                shape == other_shape
                    && values
                        .iter()
                        .map(|value| value.to_bits())
                        .eq(others.iter().map(|value| value.to_bits()))
            }
            _ => self == other,
        }
    }
}
