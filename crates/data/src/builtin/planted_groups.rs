//! Regressions in groups: the tasks of a group look nearly the same way, those of different groups at right angles.
//!
//! y_t = wₜ·x + σ N(0, 1) with wₜ = a g + √(1−a²) pₜ, where the groups' directions g and the tasks' own pₜ are all orthonormal. Two
//! tasks of a group have weights of cosine a², others of 0, and all tasks label the same rows.
//!
//! Source: family P4 of the project's planted benchmarks; clustered tasks after Jacob et al. 2008.

use polytask_config::{Entry, Fields};
use polytask_random::Seed;

use super::linear::Linear;
use super::matrix::{Matrix, add, orthonormal};
use super::parts::{self, Rows};
use crate::error::DataErrors;
use crate::source::{Reading, Source};
use crate::table::Table;

/// What to plant.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedGroups {
    /// Groups.
    pub groups: usize,
    /// Tasks of each, `y_0` …, those of a group side by side.
    pub tasks: usize,
    /// Inputs, `x_0` ….
    pub features: usize,
    /// a: how much of a task's weights is its group's.
    pub common: f64,
    /// σ.
    pub noise: f64,
    /// Rows; every task is labelled in each.
    pub rows: Rows,
    /// The data's own seed.
    pub data_seed: u64,
}

/// The generator's place in the table.
pub const ENTRY: Entry<Box<dyn Source>> = Entry {
    name: "planted_groups",
    summary: "linear regressions in groups whose weights are near each other, with the truth known",
    source: "planted family P4; clustered tasks, Jacob et al. 2008",
    new: |fields| Box::new(PlantedGroups::options(fields)),
    facts: (),
};

impl Default for PlantedGroups {
    fn default() -> Self {
        Self {
            groups: 3,
            tasks: 3,
            features: 20,
            common: 0.9,
            noise: 0.5,
            rows: Rows {
                train: 100,
                val: 100,
                test: 1_000,
            },
            data_seed: 1,
        }
    }
}

impl PlantedGroups {
    fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        let options = Self {
            groups: fields
                .integer("groups", "groups of tasks")
                .within(1..=100)
                .or(usual.groups),
            tasks: fields
                .integer("tasks", "tasks of each group")
                .within(1..=100)
                .or(usual.tasks),
            features: fields
                .integer(
                    "features",
                    "inputs; at least one for each group and one for each task",
                )
                .within(2..=1_000)
                .or(usual.features),
            common: fields
                .number("common", "how much of a task's weights is its group's")
                .within(0.0..=1.0)
                .or(usual.common),
            noise: fields
                .number("noise", "standard deviation of the targets' noise")
                .within(0.0..=1e6)
                .or(usual.noise),
            rows: Rows::options(fields, usual.rows),
            data_seed: parts::data_seed(fields),
        };
        parts::at_most(
            fields,
            ("tasks", options.directions()),
            ("features", options.features),
        );
        options
    }

    /// One of each group and one of each task.
    fn directions(&self) -> usize {
        self.groups.saturating_mul(self.tasks.saturating_add(1))
    }
}

/// Wᵀ: one weight vector per task, `[tasks, features]`.
///
/// ```
/// use polytask_data::builtin::planted_groups::{PlantedGroups, truth};
/// use polytask_random::Seed;
///
/// let weights = truth(&PlantedGroups::default(), Seed(1));
/// let cosine: f64 = weights[0].iter().zip(&weights[1]).map(|(one, other)| one * other).sum();
/// assert!((cosine - 0.81).abs() < 1e-12);
/// ```
#[must_use]
pub fn truth(options: &PlantedGroups, seed: Seed) -> Matrix {
    let mut stream = seed.stream("planted_groups/directions", 0);
    let normals = (0..options.directions().min(options.features))
        .map(|_| (0..options.features).map(|_| stream.normal()).collect());
    let directions = orthonormal(normals.collect());
    let (groups, own) = directions.split_at(options.groups.min(directions.len()));
    let rest = (1.0 - options.common * options.common).max(0.0).sqrt();
    (0..options.groups * options.tasks)
        .map(|task| {
            let mut weights = vec![0.0; options.features];
            if let Some(group) = groups.get(task / options.tasks) {
                add(&mut weights, options.common, group);
            }
            if let Some(own) = own.get(task) {
                add(&mut weights, rest, own);
            }
            weights
        })
        .collect()
}

impl Source for PlantedGroups {
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let seed = Seed(self.data_seed);
        Linear {
            name: ENTRY.name,
            weights: &truth(self, seed),
            features: self.features,
            rows: self.rows,
            is_shared: true,
            noise: self.noise,
            seed,
        }
        .table(reading)
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden;
    use super::super::matrix::dot;
    use super::*;

    #[test]
    fn the_data_never_change() {
        let small = PlantedGroups {
            rows: Rows {
                train: 5,
                val: 1,
                test: 2,
            },
            ..PlantedGroups::default()
        };
        assert_eq!(golden::digest(&small), "979489a02d7b3cb5");
    }

    #[test]
    fn more_rows_begin_with_the_same_ones() {
        golden::assert_prefix(|train| {
            let rows = Rows {
                train,
                val: 0,
                test: 0,
            };
            Box::new(PlantedGroups {
                rows,
                ..PlantedGroups::default()
            })
        });
    }

    #[test]
    fn weights_are_of_length_one_and_of_the_stated_cosines() {
        let weights = truth(&PlantedGroups::default(), Seed(4));
        for (task, one) in weights.iter().enumerate() {
            for (place, other) in weights.iter().enumerate() {
                let wanted = match (task == place, task / 3 == place / 3) {
                    (true, _) => 1.0,
                    (false, true) => 0.81,
                    (false, false) => 0.0,
                };
                assert!((dot(one, other) - wanted).abs() < 1e-12);
            }
        }
    }
}
