//! What the cells of a column look like.

use std::collections::BTreeMap;

use polytask_data::{Column, Values};

/// Texts that usually mean a missing value.
const MISSING: &[&str] = &[
    "NA", "N/A", "n/a", "?", "nan", "NaN", "NAN", "null", "NULL", "None", "none", "-", ".",
];
/// More distinct values than this are no classes.
const CLASSES: usize = 30;

/// What was seen in a column.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Seen {
    pub(crate) name: String,
    pub(crate) rows: usize,
    /// Empty cells, and those that hold one of `markers`.
    pub(crate) missing: usize,
    /// Texts that mean a missing value here.
    pub(crate) markers: Vec<String>,
    /// Distinct values of the others, with their counts.
    pub(crate) distinct: BTreeMap<String, usize>,
    /// All of them are finite numbers.
    pub(crate) is_numeric: bool,
    /// All of them are whole numbers.
    pub(crate) is_whole: bool,
}

impl Seen {
    /// Looks at a column of text. `None` if it is none.
    pub(crate) fn of(column: &Column) -> Option<Self> {
        let Values::Text(words) = &column.values else {
            return None;
        };
        let mut seen = Self {
            name: column.name.clone(),
            rows: words.len(),
            ..Self::default()
        };
        for row in 0..words.len() {
            match words.get(row) {
                Some(word) => *seen.distinct.entry(word.to_owned()).or_default() += 1,
                None => seen.missing += 1,
            }
        }
        // A marker counts as one if the rest would be numbers, or if it says nothing else ("?", "NA").
        let marked: Vec<String> = seen
            .distinct
            .keys()
            .filter(|word| MISSING.contains(&word.as_str()))
            .cloned()
            .collect();
        let is_number = |word: &String| number(word).is_some();
        let rest_is_numeric = seen
            .distinct
            .keys()
            .filter(|word| !marked.contains(word))
            .all(is_number);
        for marker in marked {
            if rest_is_numeric || !matches!(marker.as_str(), "none" | "None" | "-" | ".") {
                seen.missing += seen.distinct.remove(&marker).unwrap_or(0);
                seen.markers.push(marker);
            }
        }
        seen.is_numeric = !seen.distinct.is_empty() && seen.distinct.keys().all(is_number);
        seen.is_whole = seen.is_numeric
            && seen
                .distinct
                .keys()
                .filter_map(|word| number(word))
                .all(|value| value.fract() == 0.0);
        Some(seen)
    }

    /// Rows with a value.
    pub(crate) fn present(&self) -> usize {
        self.rows - self.missing
    }

    /// Nothing can be learned from it.
    pub(crate) fn is_constant(&self) -> bool {
        self.distinct.len() < 2
    }

    /// Every value once: it names the row. Of numbers that are not whole this is usual and says nothing.
    pub(crate) fn names_rows(&self) -> bool {
        let is_unique = self.distinct.len() == self.present() && self.present() > 2;
        let says_so = has_word(
            &self.name,
            &[
                "id", "ids", "uid", "uuid", "key", "index", "idx", "rowid", "row", "unnamed",
            ],
        );
        (is_unique && (!self.is_numeric || (self.is_whole && (says_so || self.counts_up()))))
            || (says_so && self.is_mostly_unique())
    }

    /// Whole numbers without a gap.
    fn counts_up(&self) -> bool {
        let values = self.distinct.keys().filter_map(|word| number(word));
        let (least, most) = values.fold(
            (f64::INFINITY, f64::NEG_INFINITY),
            |(least, most), value| (least.min(value), most.max(value)),
        );
        most - least + 1.0 == self.distinct.len() as f64
    }

    fn is_mostly_unique(&self) -> bool {
        self.distinct.len() * 10 >= self.present() * 9 && self.distinct.len() > CLASSES
    }

    /// Few enough values to be classes.
    pub(crate) fn has_few_values(&self) -> bool {
        let distinct = self.distinct.len();
        if self.is_numeric {
            self.is_whole && distinct <= CLASSES.min(20) && distinct * 5 <= self.present()
        } else {
            distinct <= CLASSES || (distinct <= 200 && distinct * 20 <= self.present())
        }
    }

    /// Rows of the rarest value.
    pub(crate) fn rarest(&self) -> usize {
        self.distinct.values().copied().min().unwrap_or(0)
    }
}

fn number(word: &str) -> Option<f64> {
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
    use polytask_data::Words;

    use super::*;

    /// A column of these cells.
    pub(crate) fn column(name: &str, cells: &[&str]) -> Column {
        let cells = cells.iter().map(|cell| (!cell.is_empty()).then_some(*cell));
        Column {
            name: name.to_owned(),
            values: Values::Text(Words::from_iter(cells)),
        }
    }

    fn seen(name: &str, cells: &[&str]) -> Seen {
        Seen::of(&column(name, cells)).unwrap()
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
}
