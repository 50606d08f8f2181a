//! One column: numbers in single or double precision, or text with each distinct word kept once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::DataError;
use crate::nearest::nearest;
use crate::quoted::shown;
use crate::table::retain;

/// A named column of a [`Table`](crate::Table).
#[derive(Clone, Debug)]
pub struct Column {
    /// The header's text.
    pub name: String,
    /// The cells.
    pub values: Values,
}

impl Column {
    /// Adds the cells of the column of the same name and type among `others`, which come from `file`.
    pub(crate) fn append(&mut self, others: &mut [Self], file: &str) -> Result<(), DataError> {
        let names = || {
            others
                .iter()
                .map(|other| other.name.clone())
                .collect::<Vec<_>>()
        };
        if !others.iter().any(|other| other.name == self.name) {
            return Err(DataError::UnknownColumn {
                key: None,
                file: file.to_owned(),
                near: nearest(&self.name, &names()),
                column: self.name.clone(),
                columns: names(),
            });
        }
        for other in others.iter_mut().filter(|other| other.name == self.name) {
            match (&mut self.values, &mut other.values) {
                (Values::F32(cells), Values::F32(more)) => join(cells, more),
                (Values::F64(cells), Values::F64(more)) => join(cells, more),
                (Values::Text(cells), Values::Text(more)) => cells.append(more),
                _ => continue,
            }
            return Ok(());
        }
        Err(DataError::Format {
            file: file.to_owned(),
            line: None,
            problem: format!(
                "column `{}` is of another type than in the main source",
                shown(&self.name)
            ),
            help: None,
        })
    }
}

/// The cells of a column. A missing number is NaN, a missing text is `None`.
#[derive(Clone, Debug)]
pub enum Values {
    /// Features.
    F32(Vec<f32>),
    /// Regression targets.
    F64(Vec<f64>),
    /// Categories, class labels, groups.
    Text(Words),
}

impl Values {
    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Text(words) => words.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Only the cells whose flag is set.
    pub(crate) fn retain(&mut self, flags: &[bool]) {
        match self {
            Self::F32(values) => retain(values, flags),
            Self::F64(values) => retain(values, flags),
            Self::Text(words) => retain(&mut words.codes, flags),
        }
    }
}

/// Text cells, dictionary-coded: four bytes a cell, and each distinct word once.
///
/// ```
/// use polytask_data::Words;
///
/// let school = Words::from_iter([Some("GP"), Some("MS"), None, Some("GP")]);
/// assert_eq!(school.get(3), Some("GP"));
/// assert_eq!(school.get(2), None);
/// assert_eq!(school.dictionary().len(), 2);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Words {
    codes: Vec<u32>,
    dictionary: Vec<Arc<str>>,
    code_of: HashMap<Arc<str>, u32>,
}

/// Moves `more` to the end of `cells`, with room for exactly that many: a vector that doubles would hold twice the rows.
fn join<T>(cells: &mut Vec<T>, more: &mut Vec<T>) {
    cells.reserve_exact(more.len());
    cells.append(&mut std::mem::take(more));
}

impl Words {
    /// The code of a missing cell; a dictionary never grows that large.
    pub(crate) const MISSING: u32 = u32::MAX;

    /// Adds a cell.
    pub fn push(&mut self, word: Option<&str>) {
        let code = word.map_or(Self::MISSING, |word| self.intern(word));
        self.codes.push(code);
    }

    /// Makes room for so many more cells.
    pub(crate) fn reserve(&mut self, cells: usize) {
        self.codes.reserve_exact(cells);
    }

    /// The word's code; a new word is added to the dictionary.
    fn intern(&mut self, word: &str) -> u32 {
        if let Some(&code) = self.code_of.get(word) {
            return code;
        }
        // A full dictionary (4 billion words, more than memory holds) reads as missing rather than as a wrong word.
        let code = u32::try_from(self.dictionary.len()).unwrap_or(Self::MISSING);
        let word: Arc<str> = word.into();
        self.dictionary.push(Arc::clone(&word));
        self.code_of.insert(word, code);
        code
    }

    /// Adds all cells of another column.
    pub(crate) fn append(&mut self, other: &Self) {
        let codes: Vec<u32> = other
            .dictionary
            .iter()
            .map(|word| self.intern(word))
            .collect();
        self.codes.extend(other.codes.iter().map(|&code| {
            let index = usize::try_from(code).unwrap_or(usize::MAX);
            codes.get(index).copied().unwrap_or(Self::MISSING)
        }));
    }

    /// The cell's text, or `None` if it is missing (or there is no such row).
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.word(*self.codes.get(row)?)
    }

    /// The word of a code.
    pub(crate) fn word(&self, code: u32) -> Option<&str> {
        self.dictionary
            .get(usize::try_from(code).ok()?)
            .map(AsRef::as_ref)
    }

    /// One code per cell: an index into [`dictionary`](Self::dictionary), or [`MISSING`](Self::MISSING).
    pub(crate) fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The codes alone, and the words that they stand for.
    pub(crate) fn into_codes(self) -> (Vec<u32>, Vec<Arc<str>>) {
        (self.codes, self.dictionary)
    }

    /// The distinct words, in order of first appearance.
    #[must_use]
    pub fn dictionary(&self) -> &[Arc<str>] {
        &self.dictionary
    }

    /// How many cells there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }
}

impl<'a> FromIterator<Option<&'a str>> for Words {
    fn from_iter<I: IntoIterator<Item = Option<&'a str>>>(cells: I) -> Self {
        let mut words = Self::default();
        for cell in cells {
            words.push(cell);
        }
        words
    }
}
