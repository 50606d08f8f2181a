//! What the cells of a column look like.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use polytask_data::Words;

/// Texts that usually mean a missing value.
const MISSING: &[&str] = &[
    "NA", "N/A", "n/a", "?", "nan", "NaN", "NAN", "null", "NULL", "None", "none", "-", ".",
];
/// More distinct values than this are no classes.
const CLASSES: usize = 30;

/// Distinct values that are kept in full; of more only how many they are.
const VALUES: usize = 1000;

/// Words for what has several rows and is told apart by a number.
const GROUPS: &[&str] = &[
    "subject",
    "patient",
    "person",
    "participant",
    "user",
    "customer",
    "client",
    "student",
    "speaker",
    "writer",
    "household",
    "session",
    "site",
];

/// What was seen in a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) name: String,
    /// Rows that were looked at.
    pub(crate) rows: usize,
    /// Rows that were passed over.
    pub(crate) skipped: usize,
    /// Empty cells, and those that hold one of `markers`.
    pub(crate) missing: usize,
    /// Texts that mean a missing value here.
    pub(crate) markers: Vec<String>,
    /// How many distinct values the others have.
    pub(crate) distinct: usize,
    /// These values with their counts, the first [`VALUES`] of them.
    pub(crate) values: BTreeMap<String, usize>,
    /// All of them are finite numbers.
    pub(crate) is_numeric: bool,
    /// All of them are whole numbers.
    pub(crate) is_whole: bool,
    /// All of them are names of picture files.
    pub(crate) is_picture: bool,
    /// The least and the greatest number.
    range: (f64, f64),
}

/// A column while it is looked at. What it holds does not grow with the length of the cells.
#[derive(Debug)]
pub(crate) struct Look {
    name: String,
    rows: usize,
    missing: usize,
    /// Counts of the texts of [`MISSING`].
    markers: BTreeMap<String, usize>,
    values: BTreeMap<String, usize>,
    /// Digests of the distinct values.
    digests: HashSet<u64>,
    is_numeric: bool,
    is_whole: bool,
    is_picture: bool,
    range: (f64, f64),
}

impl Look {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            rows: 0,
            missing: 0,
            markers: BTreeMap::new(),
            values: BTreeMap::new(),
            digests: HashSet::new(),
            is_numeric: true,
            is_whole: true,
            is_picture: true,
            range: (f64::INFINITY, f64::NEG_INFINITY),
        }
    }

    /// Looks at more cells.
    pub(crate) fn take(&mut self, words: &Words) {
        self.rows += words.len();
        for row in 0..words.len() {
            let Some(word) = words.get(row) else {
                self.missing += 1;
                continue;
            };
            if MISSING.contains(&word) {
                *self.markers.entry(word.to_owned()).or_default() += 1;
                continue;
            }
            self.add(word, 1);
            self.is_picture &= is_picture(word);
            let value = number(word);
            self.is_numeric &= value.is_some();
            if let Some(value) = value {
                self.is_whole &= value.fract() == 0.0;
                self.range = (self.range.0.min(value), self.range.1.max(value));
            }
        }
    }

    fn add(&mut self, word: &str, count: usize) {
        let mut hasher = DefaultHasher::new();
        word.hash(&mut hasher);
        let is_new = self.digests.insert(hasher.finish());
        if let Some(known) = self.values.get_mut(word) {
            *known += count;
        } else if is_new && self.values.len() < VALUES {
            self.values.insert(word.to_owned(), count);
        }
    }

    /// What was seen, in a file of which so many rows were passed over.
    pub(crate) fn done(mut self, skipped: usize) -> Seen {
        // A marker counts as one if the rest would be numbers, or if it says nothing else ("?", "NA").
        let rest_is_numeric = self.is_numeric;
        let mut markers = Vec::new();
        for (marker, count) in std::mem::take(&mut self.markers) {
            if rest_is_numeric || !matches!(marker.as_str(), "none" | "None" | "-" | ".") {
                self.missing += count;
                markers.push(marker);
            } else {
                self.add(&marker, count);
            }
        }
        let has_values = !self.digests.is_empty();
        let is_numeric = rest_is_numeric && has_values;
        Seen {
            name: self.name,
            rows: self.rows,
            skipped,
            missing: self.missing,
            markers,
            distinct: self.digests.len(),
            values: self.values,
            is_numeric,
            is_whole: is_numeric && self.is_whole,
            is_picture: has_values && self.is_picture,
            range: self.range,
        }
    }
}

impl Seen {
    /// Rows with a value.
    pub(crate) fn present(&self) -> usize {
        self.rows - self.missing
    }

    /// Nothing can be learned from it.
    pub(crate) fn is_constant(&self) -> bool {
        self.distinct < 2
    }

    /// Every value once: it names the row. Of numbers that are not whole this is usual and says nothing.
    pub(crate) fn names_rows(&self) -> bool {
        let is_unique = self.distinct == self.present() && self.present() > 2;
        let says_so = has_word(
            &self.name,
            &[
                "id", "ids", "uid", "uuid", "key", "index", "idx", "rowid", "row", "unnamed",
            ],
        );
        (is_unique && (!self.is_numeric || (self.is_whole && (says_so || self.counts_up()))))
            || (says_so && self.is_mostly_unique())
    }

    /// Each value names a person, a site or the like, which has several rows: what it says of them is nothing new in a row
    /// of somebody else.
    pub(crate) fn names_groups(&self) -> bool {
        let says_so = has_word(&self.name, GROUPS) && self.is_whole;
        let is_key = has_word(&self.name, &["id", "uid", "uuid"]);
        let repeats = self.distinct > 2 && self.distinct * 2 <= self.present();
        (says_so || is_key) && repeats
    }

    /// Whole numbers, all different, that lie as close as the file's rows: there is no gap.
    fn counts_up(&self) -> bool {
        let (least, most) = self.range;
        most - least < (self.present() + self.skipped) as f64
    }

    fn is_mostly_unique(&self) -> bool {
        self.distinct * 10 >= self.present() * 9 && self.distinct > CLASSES
    }

    /// Few enough values to be classes.
    pub(crate) fn has_few_values(&self) -> bool {
        let distinct = self.distinct;
        if self.is_numeric {
            self.is_whole && distinct <= CLASSES.min(20) && distinct * 5 <= self.present()
        } else {
            distinct <= CLASSES || (distinct <= 200 && distinct * 20 <= self.present())
        }
    }

    /// Enough rows to each value to be the classes of a target that its header announces.
    pub(crate) fn can_be_classes(&self) -> bool {
        self.has_few_values() || (!self.is_numeric && self.distinct * 5 <= self.present())
    }

    /// Rows of the rarest value.
    pub(crate) fn rarest(&self) -> usize {
        if self.distinct > self.values.len() {
            return 0;
        }
        self.values.values().copied().min().unwrap_or(0)
    }
}

fn is_picture(word: &str) -> bool {
    let word = word.to_lowercase();
    [".png", ".jpg", ".jpeg"]
        .iter()
        .any(|ending| word.ends_with(ending))
}

pub(super) fn number(word: &str) -> Option<f64> {
    word.trim()
        .parse::<f64>()
        .ok()
        .filter(|value| value.is_finite())
}

/// Whether one of the words of a name is one of these: `student_id` has the word `id`.
pub(crate) fn has_word(name: &str, words: &[&str]) -> bool {
    let name = name.to_lowercase();
    name.split(|character: char| !character.is_alphanumeric())
        .any(|word| words.contains(&word))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What is seen in a column of these cells.
    pub(crate) fn seen(name: &str, cells: &[&str]) -> Seen {
        let cells = cells.iter().map(|cell| (!cell.is_empty()).then_some(*cell));
        let mut look = Look::new(name);
        look.take(&Words::from_iter(cells));
        look.done(0)
    }

    #[test]
    fn a_question_mark_among_numbers_is_a_missing_value() {
        let age = seen("age", &["15", "?", "17", "", "16"]);
        assert_eq!(
            (age.is_numeric, age.is_whole, age.missing, age.markers),
            (true, true, 2, vec!["?".to_owned()])
        );
        let grade = seen("rating", &["A", "-", "B"]);
        assert_eq!((grade.is_numeric, grade.missing), (false, 0));
    }

    #[test]
    fn names_of_rows_are_told_from_measurements() {
        assert!(seen("student_id", &["17", "4", "99", "3"]).names_rows());
        assert!(seen("n", &["1", "2", "3", "4"]).names_rows());
        assert!(seen("name", &["Ann", "Bob", "Cy"]).names_rows());
        assert!(!seen("weight", &["60.5", "71.2", "55.1"]).names_rows());
        assert!(!seen("age", &["15", "19", "17"]).names_rows());
    }

    #[test]
    fn numbers_of_persons_are_told_from_measurements() {
        let cells: Vec<String> = (0..60).map(|row| (row / 6).to_string()).collect();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        assert!(seen("subject", &cells).names_groups() && seen("user_id", &cells).names_groups());
        assert!(!seen("age", &cells).names_groups());
        // What is taught, not who.
        let lessons: Vec<&str> = (0..60)
            .map(|row| ["maths", "music", "art"][row % 3])
            .collect();
        assert!(!seen("subject", &lessons).names_groups());
    }

    #[test]
    fn many_values_are_counted_and_not_kept() {
        let cells: Vec<String> = (0..5000).map(|row| format!("w{}", row % 2500)).collect();
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        let words = seen("word", &cells);
        assert_eq!(
            (words.distinct, words.values.len(), words.rarest()),
            (2500, VALUES, 0)
        );
        assert!(!words.can_be_classes() && !words.names_rows());
    }

    #[test]
    fn a_number_of_each_row_is_told_though_rows_are_passed_over() {
        let mut look = Look::new("n");
        for block in 0..3 {
            let cells: Vec<String> = (0..10).map(|row| (100 * block + row).to_string()).collect();
            look.take(&Words::from_iter(
                cells.iter().map(|cell| Some(cell.as_str())),
            ));
        }
        assert!(look.done(180).names_rows());
    }
}
