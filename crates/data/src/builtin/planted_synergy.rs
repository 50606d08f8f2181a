//! Yes/no labels that only speak together: the third is the exclusive or of the first two.
//!
//! y_0 and y_1 are fair coins, y_2 = y_0 xor y_1: every pair shares 0 bits, all three a whole one (total correlation 1, O-information
//! −1). y_3 is another coin, y_4 a copy of it that is wrong with probability `error`, y_5 a coin that nothing else knows of. The inputs show
//! y_0, y_1, y_3 and y_5 as ±1 plus `spread` N(0, I).
//!
//! Source: family P6 of the project's planted benchmarks; O-information after Rosas et al. 2019.

use polytask_config::{Entry, Fields};
use polytask_random::Seed;

use super::normal::Normal;
use super::parts::{self, Rows};
use crate::column::{Values, Words};
use crate::error::DataErrors;
use crate::source::{Reading, Source};
use crate::table::Table;

/// Labels.
const TASKS: usize = 6;
/// The labels that an input shows.
const SHOWN: [usize; 4] = [0, 1, 3, 5];

/// What to plant.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedSynergy {
    /// How often y_4 is not y_3.
    pub error: f64,
    /// Standard deviation of the inputs around what they show.
    pub spread: f64,
    /// Rows; every task is labelled in each.
    pub rows: Rows,
    /// The data's own seed.
    pub data_seed: u64,
}

/// The generator's place in the table.
pub const ENTRY: Entry<Box<dyn Source>> = Entry {
    name: "planted_synergy",
    summary: "yes/no labels of which three only speak together (exclusive or), beside a pair and a coin",
    source: "planted family P6; O-information, Rosas et al. 2019",
    new: |fields| Box::new(PlantedSynergy::options(fields)),
    facts: (),
};

impl Default for PlantedSynergy {
    fn default() -> Self {
        Self {
            error: 0.1,
            spread: 0.5,
            rows: Rows {
                train: 2_000,
                val: 1_000,
                test: 2_000,
            },
            data_seed: 1,
        }
    }
}

impl PlantedSynergy {
    fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        Self {
            error: fields
                .number("error", "how often y_4 is not y_3")
                .within(0.0..=1.0)
                .or(usual.error),
            spread: fields
                .number(
                    "spread",
                    "standard deviation of the inputs around what they show",
                )
                .within(0.0..=1e3)
                .or(usual.spread),
            rows: Rows::options(fields, usual.rows),
            data_seed: parts::data_seed(fields),
        }
    }
}

impl Source for PlantedSynergy {
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let normal = Normal {
            name: ENTRY.name,
            features: SHOWN.len(),
            targets: TASKS,
            rows: self.rows,
            seed: Seed(self.data_seed),
        };
        let mut labels = vec![Words::default(); TASKS];
        let drawn = normal.draw_changed(reading, |_, x, stream| {
            let mut coin = || stream.uniform() < 0.5;
            let (first, second, third, lonely) = (coin(), coin(), coin(), coin());
            let copy = third ^ (stream.uniform() < self.error);
            let answers = [first, second, first ^ second, third, copy, lonely];
            for (words, &is_yes) in labels.iter_mut().zip(&answers) {
                words.push(Some(if is_yes { "yes" } else { "no" }));
            }
            for (value, label) in x.iter_mut().zip(SHOWN) {
                let is_yes = answers.get(label).copied().unwrap_or(false);
                *value = if is_yes { 1.0 } else { -1.0 } + self.spread as f32 * *value;
            }
        })?;
        drawn.table("y", labels.into_iter().map(Values::Text))
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden;
    use super::*;

    fn planted(train: usize) -> PlantedSynergy {
        let rows = Rows {
            train,
            val: 0,
            test: 0,
        };
        PlantedSynergy {
            rows,
            ..PlantedSynergy::default()
        }
    }

    #[test]
    fn the_data_never_change() {
        assert_eq!(golden::digest(&planted(8)), "593e4002ebe67ab2");
    }

    #[test]
    fn more_rows_begin_with_the_same_ones() {
        golden::assert_prefix(|train| Box::new(planted(train)));
    }

    #[test]
    fn the_third_is_the_exclusive_or_and_the_copy_is_wrong_as_often_as_stated() {
        let options = PlantedSynergy {
            spread: 0.0,
            ..planted(4_000)
        };
        let table = golden::table(&options);
        let (x, _) = golden::numbers(&table);
        let mut wrong = 0;
        let mut yes = [0usize; 6];
        for (row, x) in x.iter().enumerate() {
            let answers: Vec<bool> = table.columns()[4..]
                .iter()
                .map(|column| {
                    let Values::Text(words) = &column.values else {
                        panic!("labels are text");
                    };
                    words.get(row) == Some("yes")
                })
                .collect();
            assert_eq!(answers[2], answers[0] != answers[1]);
            for (value, label) in x.iter().zip(SHOWN) {
                assert_eq!(*value, if answers[label] { 1.0 } else { -1.0 });
            }
            wrong += usize::from(answers[3] != answers[4]);
            for (count, is_yes) in yes.iter_mut().zip(answers) {
                *count += usize::from(is_yes);
            }
        }
        // Four standard errors: 4 √(0.1 · 0.9 · 4000) and 4 √(0.25 · 4000).
        assert!(wrong.abs_diff(400) < 76, "{wrong}");
        assert!(
            yes.iter().all(|count| count.abs_diff(2_000) < 127),
            "{yes:?}"
        );
    }
}
