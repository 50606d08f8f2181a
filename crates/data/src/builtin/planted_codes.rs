//! Regressions that share a few hidden directions ("codes"), for tests of code dictionaries.
//!
//! y_t = αₜ · V* x + σ N(0, 1), with V* (codes × features) orthonormal and αₜ s-sparse, its entries ± U(0.5, 1.5) at
//! uniformly drawn places. A code that fewer than two tasks use could not be found however well a model learns, so rare codes are
//! given further tasks where there are enough of them. The truth is known ([`truth`]), so a model's codes can be scored against it. With s = 1 and
//! many tasks the codes can be found up to sign and order; with dense α only their span can.
//!
//! Source: family P3 of the project's planted benchmarks, after GO-MTL (Kumar and Daumé 2012) and Maurer et al. 2013.

use polytask_config::{Entry, Fields};
use polytask_random::Seed;

use super::linear::Linear;
use super::matrix::{Matrix, combine, orthonormal};
use super::parts::{self, Rows};
use crate::error::DataErrors;
use crate::source::{Reading, Source};
use crate::table::Table;

/// What to plant.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedCodes {
    /// Regression tasks, `y_0` ….
    pub tasks: usize,
    /// Hidden directions.
    pub codes: usize,
    /// Inputs, `x_0` ….
    pub features: usize,
    /// Codes that a task uses.
    pub sparsity: usize,
    /// σ.
    pub noise: f64,
    /// Rows that each task is labelled in.
    pub rows: Rows,
    /// Whether all tasks label the same rows; otherwise each has rows of its own.
    pub is_shared: bool,
    /// The data's own seed.
    pub data_seed: u64,
}

/// The generator's place in the table.
pub const ENTRY: Entry<Box<dyn Source>> = Entry {
    name: "planted_codes",
    summary: "linear regressions that share a few hidden directions, with the truth known",
    source: "planted family P3; after Kumar and Daume 2012 (GO-MTL), Maurer et al. 2013",
    new: |fields| Box::new(PlantedCodes::options(fields)),
    facts: (),
};

impl Default for PlantedCodes {
    fn default() -> Self {
        Self {
            tasks: 40,
            codes: 6,
            features: 20,
            sparsity: 1,
            noise: 0.3,
            rows: Rows {
                train: 60,
                val: 20,
                test: 60,
            },
            is_shared: false,
            data_seed: 1,
        }
    }
}

impl PlantedCodes {
    fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        let options = Self {
            tasks: fields
                .integer("tasks", "regression tasks, y_0, y_1, ...")
                .within(1..=1_000)
                .or(usual.tasks),
            codes: fields
                .integer("codes", "hidden directions; at most as many as features")
                .within(1..=1_000)
                .or(usual.codes),
            features: fields
                .integer("features", "inputs, x_0, x_1, ...")
                .within(1..=1_000)
                .or(usual.features),
            sparsity: fields
                .integer(
                    "sparsity",
                    "codes that each task uses; at most as many as there are",
                )
                .within(1..=1_000)
                .or(usual.sparsity),
            noise: fields
                .number("noise", "standard deviation of the targets' noise")
                .within(0.0..=1e6)
                .or(usual.noise),
            rows: Rows::options(fields, usual.rows),
            is_shared: fields
                .flag(
                    "shared_rows",
                    "all tasks label the same rows; otherwise each has its own",
                )
                .or(usual.is_shared),
            data_seed: parts::data_seed(fields),
        };
        parts::at_most(
            fields,
            ("codes", options.codes),
            ("features", options.features),
        );
        parts::at_most(
            fields,
            ("sparsity", options.sparsity),
            ("codes", options.codes),
        );
        options
    }
}

/// What was planted.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// V*, orthonormal rows: `[codes, features]`.
    pub codes: Matrix,
    /// α: `[tasks, codes]`.
    pub alpha: Matrix,
}

/// Tasks that must use a code, where there are enough of them: one task's own rows do not suffice to place a direction.
const LEAST_USE: usize = 2;

/// The codes and their use. A larger number of tasks begins with the same ones, but for uses that were moved to a rare code: each is
/// used by two tasks or more if there are twice as many uses as codes.
///
/// ```
/// use polytask_data::builtin::planted_codes::{PlantedCodes, truth};
/// use polytask_random::Seed;
///
/// let options = PlantedCodes { sparsity: 2, ..PlantedCodes::default() };
/// let truth = truth(&options, Seed(options.data_seed));
/// assert_eq!(truth.alpha[0].iter().filter(|used| **used != 0.0).count(), 2);
/// ```
#[must_use]
pub fn truth(options: &PlantedCodes, seed: Seed) -> Truth {
    let mut stream = seed.stream("planted_codes/codes", 0);
    let mut normals = |columns| (0..columns).map(|_| stream.normal()).collect();
    let codes = (0..options.codes.min(options.features))
        .map(|_| normals(options.features))
        .collect();
    let mut alpha: Matrix = (0..options.tasks)
        .map(|task| {
            let mut stream = seed.stream("planted_codes/alpha", task as u64);
            let mut uses: Vec<bool> = (0..options.codes)
                .map(|code| code < options.sparsity)
                .collect();
            stream.shuffle(&mut uses);
            let mut entry = |is_used: bool| {
                let (size, sign) = (stream.between(0.5, 1.5), stream.uniform() - 0.5);
                if is_used { size.copysign(sign) } else { 0.0 }
            };
            uses.into_iter().map(&mut entry).collect()
        })
        .collect();
    spread(&mut alpha, options);
    Truth {
        codes: orthonormal(codes),
        alpha,
    }
}

/// Moves uses of the codes with the most tasks, the last ones first, to codes that fewer than [`LEAST_USE`] tasks use.
fn spread(alpha: &mut [Vec<f64>], options: &PlantedCodes) {
    if options.tasks * options.sparsity < LEAST_USE * options.codes || options.tasks < LEAST_USE {
        return;
    }
    let is_used = |alpha: &[f64], code: usize| alpha.get(code).is_some_and(|entry| *entry != 0.0);
    let mut tasks_of: Vec<usize> = (0..options.codes)
        .map(|code| alpha.iter().filter(|own| is_used(own, code)).count())
        .collect();
    for rare in 0..options.codes {
        while tasks_of.get(rare).is_some_and(|tasks| *tasks < LEAST_USE) {
            let most = tasks_of.iter().enumerate();
            let Some((common, _)) = most.max_by_key(|(_, tasks)| **tasks) else {
                return;
            };
            let mut givers = alpha.iter_mut().rev();
            let Some(giver) = givers.find(|own| is_used(own, common) && !is_used(own, rare)) else {
                return;
            };
            giver.swap(common, rare);
            for (code, tasks) in tasks_of.iter_mut().enumerate() {
                *tasks += usize::from(code == rare);
                *tasks -= usize::from(code == common);
            }
        }
    }
}

impl Source for PlantedCodes {
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let seed = Seed(self.data_seed);
        let truth = truth(self, seed);
        let weights: Matrix = truth
            .alpha
            .iter()
            .map(|alpha| combine(alpha, &truth.codes))
            .collect();
        Linear {
            name: ENTRY.name,
            weights: &weights,
            features: self.features,
            rows: self.rows,
            is_shared: self.is_shared,
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
    use super::super::matrix::tests::{least_squares, transposed};
    use super::*;

    #[test]
    fn the_data_never_change() {
        let small = PlantedCodes {
            tasks: 3,
            rows: Rows {
                train: 5,
                val: 1,
                test: 2,
            },
            ..PlantedCodes::default()
        };
        assert_eq!(golden::digest(&small), "459c2945e1206d3d");
    }

    #[test]
    fn codes_are_orthonormal_and_alpha_is_sparse_and_of_the_stated_size() {
        let options = PlantedCodes {
            sparsity: 2,
            ..PlantedCodes::default()
        };
        let truth = truth(&options, Seed(7));
        for (row, code) in truth.codes.iter().enumerate() {
            for (column, other) in truth.codes.iter().enumerate() {
                let wanted = f64::from(u8::from(row == column));
                assert!((dot(code, other) - wanted).abs() < 1e-12);
            }
        }
        for alpha in &truth.alpha {
            let used: Vec<f64> = alpha
                .iter()
                .copied()
                .filter(|entry| *entry != 0.0)
                .collect();
            assert_eq!(used.len(), 2);
            assert!(used.iter().all(|entry| (0.5..1.5).contains(&entry.abs())));
        }
        let signs = truth
            .alpha
            .iter()
            .flatten()
            .filter(|entry| **entry < 0.0)
            .count();
        assert!((20..60).contains(&signs), "{signs} of 80");
    }

    #[test]
    fn every_code_is_used_by_two_tasks_or_more_and_little_is_moved_for_it() {
        let mut moved = 0;
        for seed in 0..1_000 {
            let options = PlantedCodes::default();
            let planted = truth(&options, Seed(seed)).alpha;
            for code in 0..options.codes {
                let tasks = planted.iter().filter(|own| own[code] != 0.0).count();
                assert!(tasks >= 2, "seed {seed}: code {code} has {tasks}");
            }
            assert!(
                planted
                    .iter()
                    .all(|own| own.iter().filter(|entry| **entry != 0.0).count() == 1)
            );
            // With fewer tasks than two a code nothing is moved.
            let few = PlantedCodes {
                tasks: 11,
                ..options
            };
            let few = truth(&few, Seed(seed)).alpha;
            moved += usize::from(few[..] != planted[..11]);
        }
        // The first tasks are the last to change: a code is rare in 4 % of draws, of which hardly any needs them.
        assert!(moved <= 2, "{moved}");
    }

    #[test]
    fn the_targets_follow_from_the_truth() {
        // Oracle: without noise, least squares on a task's own rows gives αₜ V* exactly.
        let options = PlantedCodes {
            tasks: 4,
            noise: 0.0,
            ..PlantedCodes::default()
        };
        let truth = truth(&options, Seed(options.data_seed));
        let table = golden::table(&options);
        let (x, y) = golden::numbers(&table);
        for (task, alpha) in truth.alpha.iter().enumerate() {
            let labelled: Vec<usize> = (0..table.rows())
                .filter(|row| !y[*row][task].is_nan())
                .collect();
            assert_eq!(labelled.len(), 140);
            let inputs: Matrix = labelled.iter().map(|row| x[*row].clone()).collect();
            let target: Matrix = labelled.iter().map(|row| vec![y[*row][task]]).collect();
            let found = transposed(&least_squares(&inputs, &target)).remove(0);
            let wanted = combine(alpha, &truth.codes);
            for (found, wanted) in found.iter().zip(&wanted) {
                assert!((found - wanted).abs() < 1e-10);
            }
        }
    }

    #[test]
    fn each_row_has_one_label_or_all() {
        for is_shared in [false, true] {
            let options = PlantedCodes {
                is_shared,
                ..PlantedCodes::default()
            };
            let table = golden::table(&options);
            let (_, y) = golden::numbers(&table);
            assert_eq!(table.rows(), if is_shared { 140 } else { 140 * 40 });
            for row in y {
                let labels = row.iter().filter(|value| !value.is_nan()).count();
                assert_eq!(labels, if is_shared { 40 } else { 1 });
            }
        }
    }

    #[test]
    fn more_rows_begin_with_the_same_ones() {
        golden::assert_prefix(|train| {
            let rows = Rows {
                train,
                val: 0,
                test: 0,
            };
            Box::new(PlantedCodes {
                rows,
                ..PlantedCodes::default()
            })
        });
    }
}
