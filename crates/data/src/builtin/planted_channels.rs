//! Labels that are noisy copies of hidden roots: what two of them share is known to the last digit.
//!
//! Each group g has a root Z_g, uniform on K classes; a task of it has Y_t = Z_g with probability 1 − eₜ, else one of the other K − 1
//! classes. Two tasks of a group share ln K − h_b(e) − e ln(K−1) nats with e = 1 − (1−e_s)(1−e_t) − e_s e_t/(K−1), two of different
//! groups exactly nothing. The inputs show the roots: a block of K numbers per group, 1 at the root's class and 0 elsewhere, plus
//! `spread` N(0, I). With a small spread a label's noise is all that a model cannot know, which is a ceiling on what it may report.
//!
//! Source: families P1, P4 and P5 of the project's planted benchmarks.

use polytask_config::{Entry, Fields};
use polytask_random::{Seed, Stream};

use super::normal::Normal;
use super::parts::{self, Rows};
use crate::column::{Values, Words};
use crate::error::DataErrors;
use crate::source::{Reading, Source};
use crate::table::Table;

/// What to plant.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedChannels {
    /// Hidden roots.
    pub groups: usize,
    /// e of each task of a group; every group has as many tasks as there are errors.
    pub errors: Vec<f64>,
    /// K.
    pub classes: usize,
    /// Standard deviation of the inputs around their class.
    pub spread: f64,
    /// Whether the inputs end with the first task's own label, one-hot: a leak, for testing what looks for one.
    pub leaks: bool,
    /// Rows; every task is labelled in each.
    pub rows: Rows,
    /// The data's own seed.
    pub data_seed: u64,
}

/// The generator's place in the table.
pub const ENTRY: Entry<Box<dyn Source>> = Entry {
    name: "planted_channels",
    summary: "labels that are noisy copies of hidden roots, so that what they share is known",
    source: "planted families P1, P4 and P5; symmetric channels, Shannon 1948",
    new: |fields| Box::new(PlantedChannels::options(fields)),
    facts: (),
};

impl Default for PlantedChannels {
    fn default() -> Self {
        Self {
            groups: 3,
            errors: vec![0.1, 0.2, 0.3],
            classes: 10,
            spread: 0.5,
            leaks: false,
            rows: Rows {
                train: 2_000,
                val: 1_000,
                test: 2_000,
            },
            data_seed: 1,
        }
    }
}

impl PlantedChannels {
    fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        Self {
            groups: fields
                .integer("groups", "hidden roots, each with tasks of its own")
                .within(1..=100)
                .or(usual.groups),
            errors: fields
                .numbers(
                    "errors",
                    "how often each task of a group is wrong about its root; as many tasks as numbers",
                )
                .each_within(0.0..=1.0)
                .at_least_one()
                .or(usual.errors),
            classes: fields
                .integer("classes", "classes of every root and task")
                .within(2..=100)
                .or(usual.classes),
            spread: fields
                .number("spread", "standard deviation of the inputs around their class")
                .within(0.0..=1e3)
                .or(usual.spread),
            leaks: fields
                .flag("leaks", "the inputs end with the first task's label: a planted leak")
                .or(usual.leaks),
            rows: Rows::options(fields, usual.rows),
            data_seed: parts::data_seed(fields),
        }
    }

    /// How many tasks, `y_0` …, those of a group side by side.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.groups.saturating_mul(self.errors.len())
    }

    /// The group and the error of a task; none if there is no such task.
    ///
    /// ```
    /// use polytask_data::builtin::planted_channels::PlantedChannels;
    ///
    /// assert_eq!(PlantedChannels::default().task(4), Some((1, 0.2)));
    /// ```
    #[must_use]
    pub fn task(&self, task: usize) -> Option<(usize, f64)> {
        let place = task.checked_rem(self.errors.len())?;
        let group = task / self.errors.len();
        (group < self.groups).then_some((group, *self.errors.get(place)?))
    }

    /// A class as seen through a channel.
    fn seen(&self, class: usize, error: f64, stream: &mut Stream) -> usize {
        // Always two draws, so that the labels of one task do not depend on another's errors.
        let (is_wrong, other) = (stream.uniform() < error, stream.below(self.classes - 1));
        if is_wrong {
            // One of the others: those from the class on move up by one.
            other + usize::from(other >= class)
        } else {
            class
        }
    }
}

impl Source for PlantedChannels {
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let roots = self.groups.saturating_mul(self.classes);
        let normal = Normal {
            name: ENTRY.name,
            features: roots + if self.leaks { self.classes } else { 0 },
            targets: self.tasks(),
            rows: self.rows,
            seed: Seed(self.data_seed),
        };
        let mut labels = vec![Words::default(); self.tasks()];
        let drawn = normal.draw_changed(reading, |_, x, stream| {
            x.iter_mut().for_each(|value| *value *= self.spread as f32);
            let mut show = |place: usize| {
                if let Some(value) = x.get_mut(place) {
                    *value += 1.0;
                }
            };
            let mut columns = labels.iter_mut().enumerate();
            for group in 0..self.groups {
                let root = stream.below(self.classes);
                show(group * self.classes + root);
                for (&error, (task, words)) in self.errors.iter().zip(columns.by_ref()) {
                    let class = self.seen(root, error, stream);
                    words.push(Some(&format!("c{class}")));
                    if task == 0 {
                        // Where there are inputs for it.
                        show(roots + class);
                    }
                }
            }
        })?;
        drawn.table("y", labels.into_iter().map(Values::Text))
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden;
    use super::*;

    fn rows(train: usize) -> Rows {
        Rows {
            train,
            val: 0,
            test: 0,
        }
    }

    fn words(table: &Table, column: usize) -> &Words {
        let Values::Text(words) = &table.columns()[column].values else {
            panic!("labels are text");
        };
        words
    }

    #[test]
    fn the_data_never_change() {
        let small = PlantedChannels {
            groups: 2,
            classes: 3,
            rows: rows(8),
            ..PlantedChannels::default()
        };
        assert_eq!(golden::digest(&small), "7ad40bcfa197c975");
    }

    #[test]
    fn more_rows_begin_with_the_same_ones() {
        golden::assert_prefix(|train| {
            Box::new(PlantedChannels {
                rows: rows(train),
                ..PlantedChannels::default()
            })
        });
    }

    #[test]
    fn labels_are_wrong_as_often_as_stated_and_the_inputs_show_the_root() {
        // Oracle: without a spread the inputs are the roots themselves.
        let options = PlantedChannels {
            spread: 0.0,
            rows: rows(4_000),
            ..PlantedChannels::default()
        };
        let table = golden::table(&options);
        let (x, _) = golden::numbers(&table);
        for task in 0..options.tasks() {
            let (group, error) = options.task(task).unwrap();
            let labels = words(&table, 30 + task);
            let wrong = (0..4_000).filter(|&row| {
                let block = &x[row][group * 10..(group + 1) * 10];
                assert_eq!(block.iter().sum::<f64>(), 1.0);
                let root = block.iter().position(|&shown| shown == 1.0).unwrap();
                labels.get(row) != Some(&format!("c{root}"))
            });
            // Four standard errors of a share.
            let far = 4.0 * (error * (1.0 - error) / 4_000.0f64).sqrt();
            assert!((wrong.count() as f64 / 4_000.0 - error).abs() < far);
            assert_eq!(labels.dictionary().len(), 10);
        }
    }

    #[test]
    fn a_leak_is_the_first_label() {
        let options = PlantedChannels {
            spread: 0.0,
            leaks: true,
            rows: rows(50),
            ..PlantedChannels::default()
        };
        let table = golden::table(&options);
        let (x, _) = golden::numbers(&table);
        let labels = words(&table, 40);
        for (row, x) in x.iter().enumerate() {
            let leaked = x[30..].iter().position(|&shown| shown == 1.0).unwrap();
            assert_eq!(labels.get(row), Some(format!("c{leaked}").as_str()));
        }
    }
}
