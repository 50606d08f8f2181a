//! What can be wrong with data, as fields; it becomes text and an exit code only in the command line.

use std::fmt;

use crate::quoted::{quoted, shown};

/// One thing wrong with the data, or with what the configuration says of it.
///
/// ```
/// use polytask_data::DataError;
///
/// let error = DataError::Cell {
///     file: "students.csv".into(),
///     row: 16,
///     line: Some(17),
///     column: "age".into(),
///     value: "abc".into(),
///     wanted: "a number".into(),
///     help: None,
/// };
/// assert_eq!(error.to_string(), "students.csv:17: column `age`: \"abc\" is not a number");
/// assert_eq!(error.key(), None); // the file's fault, not the configuration's
/// ```
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file cannot be opened or is no regular file.
    #[error("cannot open {}: {}", shown(file), shown(reason))]
    Open {
        /// The full path that was tried.
        file: String,
        /// The key that names it.
        key: Option<String>,
        /// The system's words.
        reason: String,
    },
    /// Reading failed half-way, or the compressed stream is damaged.
    #[error("{}: cannot be read: {}", Place(file, *line, None), shown(reason))]
    Read {
        /// The file.
        file: String,
        /// The line that was being read.
        line: Option<u64>,
        /// The system's words.
        reason: String,
    },
    /// The file breaks the rules of its format.
    #[error("{}: {}", Place(file, *line, None), shown(problem))]
    Format {
        /// The file.
        file: String,
        /// The line, for text formats.
        line: Option<u64>,
        /// What is wrong.
        problem: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// Something is larger than the configured limit.
    #[error("{}: {} is {found}, the limit is {limit}", Place(file, *line, None), shown(what))]
    Limit {
        /// The file.
        file: String,
        /// The line, for text formats.
        line: Option<u64>,
        /// What is too large.
        what: String,
        /// How large it is (at least).
        found: u64,
        /// The limit.
        limit: u64,
        /// The option that raises it, under `data.limits`.
        option: &'static str,
    },
    /// A cell holds what its column cannot hold.
    #[error("{}: column `{}`: {} is not {}", Place(file, *line, Some(*row)), shown(column), quoted(value), shown(wanted))]
    Cell {
        /// The file.
        file: String,
        /// The data row, from 1.
        row: u64,
        /// The line, for text formats.
        line: Option<u64>,
        /// The column.
        column: String,
        /// The text of the cell.
        value: String,
        /// What was wanted.
        wanted: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// A column that is wanted as numbers holds text.
    #[error(
        "{}: column `{}` holds text: {} of {of} cells are no numbers, the first one {}",
        Place(file, *line, None),
        shown(column),
        cells,
        quoted(value)
    )]
    NotNumeric {
        /// The key that makes it a number.
        key: Option<String>,
        /// The file.
        file: String,
        /// The line of the first such cell, for text formats.
        line: Option<u64>,
        /// The column.
        column: String,
        /// The first such cell.
        value: String,
        /// How many cells are no numbers.
        cells: u64,
        /// Of how many.
        of: u64,
        /// What to do about it.
        help: Option<String>,
    },
    /// A feature's cell is empty under `missing = "error"`.
    #[error("{}: column `{}` has a missing value", Place(file, *line, Some(*row)), shown(column))]
    Missing {
        /// The file.
        file: String,
        /// The data row, from 1.
        row: u64,
        /// The line, for text formats.
        line: Option<u64>,
        /// The column.
        column: String,
    },
    /// The configuration names a column that the file does not have.
    #[error("there is no column `{}` in {}", shown(column), shown(file))]
    UnknownColumn {
        /// The key that names it.
        key: Option<String>,
        /// The file.
        file: String,
        /// The name.
        column: String,
        /// The most similar name.
        near: Option<String>,
        /// The names there are.
        columns: Vec<String>,
    },
    /// The configuration names an array that the file does not have.
    #[error("there is no array `{}` in {}", shown(array), shown(file))]
    UnknownArray {
        /// The key that names it.
        key: Option<String>,
        /// The file.
        file: String,
        /// The name.
        array: String,
        /// The most similar name.
        near: Option<String>,
        /// The names there are.
        arrays: Vec<String>,
    },
    /// The configuration asks for what this data cannot give.
    #[error("{}", shown(problem))]
    Option {
        /// The key at fault.
        key: Option<String>,
        /// What is wrong.
        problem: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// A part of a table has another length than the table.
    #[error(
        "{}: {} has {found} entries, {rows} are needed",
        shown(file),
        shown(what)
    )]
    Length {
        /// What the table is called.
        file: String,
        /// The part.
        what: String,
        /// Its length.
        found: usize,
        /// The length wanted.
        rows: usize,
    },
    /// The thread that prepares batches died.
    #[error("the thread that prepares batches failed: {}", shown(reason))]
    Worker {
        /// Its last words.
        reason: String,
    },
}

impl DataError {
    /// The configuration key at fault, if it is the configuration's fault: `inputs.profile.columns[2]`.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        match self {
            Self::Open { key, .. }
            | Self::UnknownColumn { key, .. }
            | Self::UnknownArray { key, .. }
            | Self::NotNumeric { key, .. }
            | Self::Option { key, .. } => key.as_deref(),
            _ => None,
        }
    }

    /// A hint for the reader.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Format { help, .. }
            | Self::Option { help, .. }
            | Self::NotNumeric { help, .. }
            | Self::Cell { help, .. } => help.as_deref().map(shown),
            Self::Limit { option, .. } => Some(format!(
                "if the input is meant to be so, raise `data.limits.{option}`"
            )),
            Self::Missing { .. } => Some(
                "`data.missing = \"impute\"` in training fills missing features, `\"drop_row\"` leaves their rows out"
                    .to_owned(),
            ),
            Self::UnknownColumn { near, columns, .. } => Some(match near {
                Some(near) => format!("did you mean `{}`?", shown(near)),
                None => there_are(columns),
            }),
            Self::UnknownArray { near, arrays, .. } => Some(match near {
                Some(near) => format!("did you mean `{}`?", shown(near)),
                None => format!("the arrays are: {}", listed(arrays)),
            }),
            _ => None,
        }
    }
}

/// "the columns are: …", cut where it stops being helpful.
fn there_are(columns: &[String]) -> String {
    if let [only] = columns
        && only.contains([',', ';', '\t', '|'])
    {
        return format!(
            "the header is the single column `{}`: is `delimiter` right?",
            shown(only)
        );
    }
    format!("the columns are: {}", listed(columns))
}

/// The first several names, the rest counted.
fn listed(names: &[String]) -> String {
    const SHOWN: usize = 20;
    let named: Vec<String> = names.iter().take(SHOWN).map(|name| shown(name)).collect();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", named.join(", "))
}

/// `file:line`, or `file, row N` where there are no lines.
struct Place<'a>(&'a str, Option<u64>, Option<u64>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&shown(self.0))?;
        match (self.1, self.2) {
            (Some(line), _) => write!(f, ":{line}"),
            (None, Some(row)) => write!(f, ", row {row}"),
            (None, None) => Ok(()),
        }
    }
}

/// Everything wrong that was found: the first several in full, the rest counted.
///
/// ```
/// use polytask_data::{DataError, DataErrors};
///
/// let mut errors = DataErrors::default();
/// for row in 1..=25 {
///     errors.push(DataError::Missing { file: "a.csv".into(), row, line: None, column: "x".into() });
/// }
/// assert_eq!((errors.errors.len(), errors.more), (DataErrors::SHOWN, 25 - DataErrors::SHOWN as u64));
/// assert!(errors.into_result(()).is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataErrors {
    /// The first ones, in the order found.
    pub errors: Vec<DataError>,
    /// How many more of the same kinds there are.
    pub more: u64,
}

impl DataErrors {
    /// How many errors of cells and lines are kept in full; those of the configuration are all kept.
    pub const SHOWN: usize = 10;

    /// Adds one.
    pub fn push(&mut self, error: DataError) {
        if error.key().is_none() && self.errors.len() >= Self::SHOWN {
            self.more += 1;
        } else {
            self.errors.push(error);
        }
    }

    /// Adds all of another collection.
    pub fn extend(&mut self, others: Self) {
        for error in others.errors {
            self.push(error);
        }
        self.more += others.more;
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.errors.is_empty() && self.more == 0
    }

    /// How many were found.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.more + self.errors.len() as u64
    }

    /// `value` if nothing is wrong.
    ///
    /// # Errors
    /// Itself, if there is something in it.
    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }
}

impl From<DataError> for DataErrors {
    fn from(error: DataError) -> Self {
        Self {
            errors: vec![error],
            more: 0,
        }
    }
}

impl fmt::Display for DataErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
            // What holds for one error after the other is said after the last of them.
            let next = self.errors.get(index + 1).and_then(DataError::help);
            if let Some(help) = error.help().filter(|help| next.as_ref() != Some(help)) {
                write!(f, "\n  help: {help}")?;
            }
        }
        match self.more {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for DataErrors {}
