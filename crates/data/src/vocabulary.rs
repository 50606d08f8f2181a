//! Categories as numbers. Two are reserved, so that every file can be coded: one for words that training never saw, one
//! for missing cells.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::column::Words;
use crate::natural::natural_order;

/// The categories of one column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Vocabulary {
    pub(crate) name: String,
    /// The training rows' words; the first has the code [`Self::RESERVED`].
    pub(crate) words: Vec<String>,
    /// Training rows per code; empty in older checkpoints.
    #[serde(default)]
    pub(crate) counts: Vec<u64>,
}

impl Vocabulary {
    /// A word that training never saw.
    pub(crate) const UNSEEN: u32 = 0;
    /// A missing cell.
    pub(crate) const MISSING: u32 = 1;
    /// The first code of a word.
    pub(crate) const RESERVED: u32 = 2;

    /// The words of the training rows, in natural order.
    pub(crate) fn new(name: &str, cells: &Words, train: &[u32]) -> Self {
        let mut rows = vec![0u64; cells.dictionary().len()];
        let mut missing = 0;
        for &row in train {
            let code = cells
                .codes()
                .get(row as usize)
                .map_or(usize::MAX, |&code| code as usize);
            *rows.get_mut(code).unwrap_or(&mut missing) += 1;
        }
        let seen: HashMap<&str, u64> = cells
            .dictionary()
            .iter()
            .map(AsRef::as_ref)
            .zip(rows)
            .filter(|(_, rows)| *rows > 0)
            .collect();
        let mut words: Vec<String> = seen.keys().map(|&word| word.to_owned()).collect();
        natural_order(&mut words);
        let own = words
            .iter()
            .map(|word| seen.get(word.as_str()).copied().unwrap_or_default());
        Self {
            name: name.to_owned(),
            counts: [0, missing].into_iter().chain(own).collect(),
            words,
        }
    }

    /// How many categories there are, the reserved ones included.
    pub(crate) fn categories(&self) -> usize {
        self.words.len() + Self::RESERVED as usize
    }

    /// What each code stands for.
    pub(crate) fn names(&self) -> Vec<String> {
        let reserved = ["(unseen)", "(missing)"].map(str::to_owned);
        reserved.into_iter().chain(self.words.clone()).collect()
    }

    /// One code per cell.
    pub(crate) fn encode<'c>(&self, cells: &'c Words) -> impl Iterator<Item = u32> + use<'c> {
        let codes = self.codes(cells.dictionary());
        (cells.codes().iter())
            .map(move |&code| codes.get(code as usize).copied().unwrap_or(Self::MISSING))
    }

    /// As [`Self::encode`], in the place of the cells.
    pub(crate) fn encode_in_place(&self, cells: Words) -> Vec<u32> {
        let (mut cells, dictionary) = cells.into_codes();
        let codes = self.codes(&dictionary);
        for cell in &mut cells {
            *cell = codes.get(*cell as usize).copied().unwrap_or(Self::MISSING);
        }
        cells
    }

    /// The code of each word of a dictionary.
    fn codes(&self, dictionary: &[Arc<str>]) -> Vec<u32> {
        let code_of: HashMap<&str, u32> = self
            .words
            .iter()
            .map(String::as_str)
            .zip(Self::RESERVED..)
            .collect();
        dictionary
            .iter()
            .map(|word| code_of.get(word.as_ref()).copied().unwrap_or(Self::UNSEEN))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_splits_are_unseen() {
        let cells = Words::from_iter([Some("b"), Some("a"), None, Some("c"), Some("b")]);
        let vocabulary = Vocabulary::new("school", &cells, &[0, 1, 2]);
        assert_eq!(vocabulary.words, ["a", "b"]);
        assert_eq!(vocabulary.categories(), 4);
        assert_eq!(vocabulary.counts, [0, 1, 1, 1]);
        let codes = [3, 2, Vocabulary::MISSING, Vocabulary::UNSEEN, 3];
        assert_eq!(vocabulary.encode(&cells).collect::<Vec<_>>(), codes);
        assert_eq!(vocabulary.encode_in_place(cells), codes);
    }
}
