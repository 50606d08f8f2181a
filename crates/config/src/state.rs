//! `State`: one listing of what a component remembers is its save, its load and its digest.
//!
//! In save mode each line of the listing copies out, in load mode it copies in. What is missing, left over, of another
//! kind or of another length is collected and reported by [`State::finish`]; nothing is repaired in silence. After an
//! error, the component that was being loaded is to be thrown away.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use crate::values::{Value, Values};

/// A listing of named values, in one of two directions.
///
/// ```
/// use polytask_config::State;
///
/// struct Average { mean: f64, rows: u64 }
///
/// impl Average {
///     fn state(&mut self, state: &mut State) {
///         state.number("mean", &mut self.mean);
///         state.count("rows", &mut self.rows);
///     }
/// }
///
/// let mut saving = State::save();
/// Average { mean: 0.5, rows: 3 }.state(&mut saving);
/// let values = saving.finish().unwrap();
///
/// let mut fresh = Average { mean: 0.0, rows: 0 };
/// let mut loading = State::load(values);
/// fresh.state(&mut loading);
/// assert!(loading.finish().is_ok());
/// assert_eq!((fresh.mean, fresh.rows), (0.5, 3));
/// ```
#[derive(Debug)]
pub struct State {
    is_loading: bool,
    /// "section/section/", or empty.
    prefix: String,
    /// Saving: what was listed so far. Loading: what was not asked for yet.
    values: BTreeMap<String, Value>,
    problems: Vec<StateProblem>,
}

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateProblem {
    /// The listing asks for a value that is not there.
    #[error("'{name}' is missing")]
    Missing {
        /// Its full name.
        name: String,
    },
    /// A value is there that the listing does not ask for.
    #[error("'{name}' is not known")]
    Unknown {
        /// Its full name.
        name: String,
    },
    /// The value is of another kind.
    #[error("'{name}' holds {found}, wanted {wanted}")]
    Kind {
        /// Its full name.
        name: String,
        /// The kind the listing asks for.
        wanted: &'static str,
        /// The kind that is there.
        found: &'static str,
    },
    /// The value has another number of elements.
    #[error("'{name}' has {found} elements, wanted {wanted}")]
    Length {
        /// Its full name.
        name: String,
        /// How many the listing asks for.
        wanted: usize,
        /// How many are there.
        found: usize,
    },
    /// The listing names a value twice, which is a bug in it.
    #[error("'{name}' is listed twice")]
    Twice {
        /// Its full name.
        name: String,
    },
}

/// All that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateProblems(pub Vec<StateProblem>);

impl fmt::Display for StateProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A foreign checkpoint differs in every tensor; the first few say it all.
        const SHOWN: usize = 8;
        for (index, problem) in self.0.iter().take(SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(
                f,
                "{separator}{}",
                crate::terminal::shown(&problem.to_string(), 200)
            )?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

impl std::error::Error for StateProblems {}

impl State {
    /// A listing that copies out.
    #[must_use]
    pub fn save() -> Self {
        Self {
            is_loading: false,
            prefix: String::new(),
            values: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    /// A listing that copies in.
    #[must_use]
    pub fn load(values: Values) -> Self {
        Self {
            is_loading: true,
            values: values.0,
            ..Self::save()
        }
    }

    /// Whether this listing copies in.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        self.is_loading
    }

    /// One number.
    pub fn number(&mut self, name: &str, value: &mut f64) {
        let mut list = vec![*value];
        self.numbers(name, &mut list);
        if let Some(loaded) = self.single(name, list) {
            *value = loaded;
        }
    }

    /// A number that may be absent.
    pub fn optional_number(&mut self, name: &str, value: &mut Option<f64>) {
        let mut list: Vec<f64> = value.iter().copied().collect();
        self.numbers(name, &mut list);
        *value = if list.len() > 1 {
            self.single(name, list)
        } else {
            list.pop()
        };
    }

    /// One count.
    pub fn count(&mut self, name: &str, value: &mut u64) {
        let mut list = vec![*value];
        self.counts(name, &mut list);
        if let Some(loaded) = self.single(name, list) {
            *value = loaded;
        }
    }

    /// Yes or no.
    pub fn flag(&mut self, name: &str, value: &mut bool) {
        self.exchange(
            name,
            value,
            "flag",
            |value| Value::Flag(*value),
            |found| match found {
                Value::Flag(loaded) => Ok(loaded),
                other => Err(other),
            },
        );
    }

    /// One text.
    pub fn text(&mut self, name: &str, value: &mut String) {
        let mut list = vec![value.clone()];
        self.texts(name, &mut list);
        if let Some(loaded) = self.single(name, list) {
            *value = loaded;
        }
    }

    /// Numbers, as many as were saved.
    pub fn numbers(&mut self, name: &str, values: &mut Vec<f64>) {
        self.exchange(
            name,
            values,
            "numbers",
            |values| Value::Numbers(values.clone()),
            |found| match found {
                Value::Numbers(loaded) => Ok(loaded),
                other => Err(other),
            },
        );
    }

    /// Numbers, exactly as many as there are now.
    pub fn fixed_numbers(&mut self, name: &str, values: &mut [f64]) {
        let mut list = values.to_vec();
        self.numbers(name, &mut list);
        if list.len() == values.len() {
            values.copy_from_slice(&list);
        } else {
            self.wrong_length(name, values.len(), list.len());
        }
    }

    /// Counts, as many as were saved.
    pub fn counts(&mut self, name: &str, values: &mut Vec<u64>) {
        self.exchange(
            name,
            values,
            "counts",
            |values| Value::Counts(values.clone()),
            |found| match found {
                Value::Counts(loaded) => Ok(loaded),
                other => Err(other),
            },
        );
    }

    /// Texts, as many as were saved.
    pub fn texts(&mut self, name: &str, values: &mut Vec<String>) {
        self.exchange(
            name,
            values,
            "texts",
            |values| Value::Texts(values.clone()),
            |found| match found {
                Value::Texts(loaded) => Ok(loaded),
                other => Err(other),
            },
        );
    }

    /// An array in single precision: `values` are as many as the product of `shape`.
    pub fn floats(&mut self, name: &str, shape: &mut Vec<usize>, values: &mut Vec<f32>) {
        let mut both = (std::mem::take(shape), std::mem::take(values));
        self.exchange(
            name,
            &mut both,
            "floats",
            |(shape, values)| Value::Floats {
                shape: shape.clone(),
                values: values.clone(),
            },
            |found| match found {
                Value::Floats { shape, values } => Ok((shape, values)),
                other => Err(other),
            },
        );
        (*shape, *values) = both;
        let wanted = shape
            .iter()
            .fold(1_usize, |product, axis| product.saturating_mul(*axis));
        if wanted != values.len() {
            self.wrong_length(name, wanted, values.len());
        }
    }

    /// Lists under `name/`.
    pub fn section<T>(&mut self, name: &str, list: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.prefix.len();
        self.prefix.push_str(name);
        self.prefix.push('/');
        let result = list(self);
        self.prefix.truncate(outer);
        result
    }

    /// Ends the listing. Saving: everything by name. Loading: nothing is left to give back.
    ///
    /// # Errors
    /// Whatever is missing, left over, of another kind or length, or listed twice: all of it.
    pub fn finish(mut self) -> Result<Values, StateProblems> {
        if self.is_loading {
            let unknown = std::mem::take(&mut self.values);
            self.problems.extend(
                unknown
                    .into_keys()
                    .map(|name| StateProblem::Unknown { name }),
            );
        }
        if self.problems.is_empty() {
            Ok(Values(self.values))
        } else {
            Err(StateProblems(self.problems))
        }
    }

    fn exchange<T>(
        &mut self,
        name: &str,
        value: &mut T,
        wanted: &'static str,
        out: impl FnOnce(&T) -> Value,
        back: impl FnOnce(Value) -> Result<T, Value>,
    ) {
        let name = format!("{}{name}", self.prefix);
        if !self.is_loading {
            match self.values.entry(name) {
                Entry::Occupied(known) => self.problems.push(StateProblem::Twice {
                    name: known.key().clone(),
                }),
                Entry::Vacant(place) => drop(place.insert(out(value))),
            }
            return;
        }
        match self.values.remove(&name).map(back) {
            None => self.problems.push(StateProblem::Missing { name }),
            Some(Ok(loaded)) => *value = loaded,
            Some(Err(other)) => self.problems.push(StateProblem::Kind {
                name,
                wanted,
                found: other.kind(),
            }),
        }
    }

    /// The only element, or a problem.
    fn single<T>(&mut self, name: &str, mut list: Vec<T>) -> Option<T> {
        if list.len() != 1 {
            self.wrong_length(name, 1, list.len());
            return None;
        }
        list.pop()
    }

    fn wrong_length(&mut self, name: &str, wanted: usize, found: usize) {
        let name = format!("{}{name}", self.prefix);
        self.problems.push(StateProblem::Length {
            name,
            wanted,
            found,
        });
    }
}
