//! What all generators ask for: how many rows each part has, and the data's own seed.

use polytask_config::Fields;

use crate::split::Part;

/// The parts, in the order of their rows.
pub(super) const PARTS: [Part; 3] = [Part::Train, Part::Val, Part::Test];

/// More rows than this are a mistake.
const MOST: usize = 1_000_000;

/// What a configuration calls a part.
pub(super) fn part_name(part: Part) -> &'static str {
    match part {
        Part::Train => "train",
        Part::Val => "val",
        Part::Test => "test",
    }
}

/// Rows of each part.
///
/// ```
/// use polytask_data::builtin::Rows;
///
/// assert_eq!(Rows { train: 60, val: 20, test: 20 }.total(), 100);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rows {
    /// For fitting.
    pub train: usize,
    /// For choosing.
    pub val: usize,
    /// For the last look.
    pub test: usize,
}

impl Rows {
    /// Lists `train`, `val` and `test`.
    pub(super) fn options(fields: &mut Fields<'_>, usual: Self) -> Self {
        Self {
            train: fields
                .integer("train", "rows for training")
                .within(1..=MOST)
                .or(usual.train),
            val: fields
                .integer("val", "rows for validation")
                .within(0..=MOST)
                .or(usual.val),
            test: fields
                .integer("test", "rows for the test")
                .within(0..=MOST)
                .or(usual.test),
        }
    }

    /// The rows of one part.
    #[must_use]
    pub fn of(&self, part: Part) -> usize {
        match part {
            Part::Train => self.train,
            Part::Val => self.val,
            Part::Test => self.test,
        }
    }

    /// All rows.
    #[must_use]
    pub fn total(&self) -> usize {
        self.train + self.val + self.test
    }
}

/// The data's own seed: another `seed` of the run trains differently on the same data.
pub(super) fn data_seed(fields: &mut Fields<'_>) -> u64 {
    fields
        .integer(
            "data_seed",
            "seed of the data; the run's own `seed` does not change the data",
        )
        .or(1) as u64
}

/// Reports an option that must not exceed another one.
pub(super) fn at_most(
    fields: &mut Fields<'_>,
    (key, value): (&'static str, usize),
    (bound, most): (&str, usize),
) {
    if value > most {
        let message = format!("`{key}` is {value}, but there are only {most} {bound}");
        // The code of a number outside its range.
        fields.problem(key, "P0204", message, Some(format!("at most `{bound}`")));
    }
}
