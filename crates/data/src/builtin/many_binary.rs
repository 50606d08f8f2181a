//! Many yes/no tasks on shared features, related through a few hidden nonlinear factors, some labels missing.
//!
//! h_f = tanh(2 u_f · x) with x ~ N(0, I) and u_f orthonormal; task t says yes with probability
//! σ(strength · aₜ · h + bₜ), |aₜ| = 1, bₜ ~ U(−1, 1), and each label is missing with probability `missing`, whatever it is.
//! Every task needs the same few bends of the input: each alone has few labels to find them, together they have many.
//!
//! Source: made here, after the usual planted setting of shared nonlinear factors (Baxter 2000, A model of inductive bias
//! learning).

use polytask_config::{Entry, Fields};
use polytask_random::Seed;

use super::matrix::{Matrix, dot, orthonormal};
use super::normal::Normal;
use super::parts::{self, Rows};
use crate::column::{Values, Words};
use crate::error::DataErrors;
use crate::source::{Reading, Source};
use crate::table::Table;

/// What to plant.
#[derive(Clone, Debug, PartialEq)]
pub struct ManyBinary {
    /// Yes/no tasks, `task_0` ….
    pub tasks: usize,
    /// Inputs, `x_0` ….
    pub features: usize,
    /// Hidden factors.
    pub factors: usize,
    /// How certain the labels are: the logits' scale.
    pub strength: f64,
    /// The share of missing labels.
    pub missing: f64,
    /// Rows.
    pub rows: Rows,
    /// The data's own seed.
    pub data_seed: u64,
}

/// The generator's place in the table.
pub const ENTRY: Entry<Box<dyn Source>> = Entry {
    name: "many_binary",
    summary: "many yes/no tasks that share a few hidden factors, with missing labels",
    source: "made here; setting of Baxter 2000",
    new: |fields| Box::new(ManyBinary::options(fields)),
    facts: (),
};

impl Default for ManyBinary {
    fn default() -> Self {
        Self {
            tasks: 20,
            features: 30,
            factors: 4,
            strength: 4.0,
            missing: 0.3,
            rows: Rows {
                train: 1_000,
                val: 500,
                test: 2_000,
            },
            data_seed: 1,
        }
    }
}

impl ManyBinary {
    fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        let options = Self {
            tasks: fields
                .integer("tasks", "yes/no tasks, task_0, task_1, ...")
                .within(1..=1_000)
                .or(usual.tasks),
            features: fields
                .integer("features", "inputs, x_0, x_1, ...")
                .within(1..=1_000)
                .or(usual.features),
            factors: fields
                .integer("factors", "hidden factors; at most as many as features")
                .within(1..=1_000)
                .or(usual.factors),
            strength: fields
                .number("strength", "how certain labels are: scale of the logits")
                .within(0.0..=100.0)
                .or(usual.strength),
            missing: fields
                .number("missing", "share of labels that are missing")
                .within(0.0..=0.95)
                .or(usual.missing),
            rows: Rows::options(fields, usual.rows),
            data_seed: parts::data_seed(fields),
        };
        parts::at_most(
            fields,
            ("factors", options.factors),
            ("features", options.features),
        );
        options
    }
}

/// What was planted.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// u, orthonormal rows: `[factors, features]`.
    pub factors: Matrix,
    /// a, rows of length 1: `[tasks, factors]`.
    pub uses: Matrix,
    /// b: `[tasks]`.
    pub biases: Vec<f64>,
}

impl Truth {
    /// The probability of "yes" for each task, given a row's inputs.
    #[must_use]
    pub fn probabilities(&self, strength: f64, x: &[f64]) -> Vec<f64> {
        let bends = self
            .factors
            .iter()
            .map(|factor| libm::tanh(2.0 * dot(factor, x)));
        let bends: Vec<f64> = bends.collect();
        let logits = self.uses.iter().zip(&self.biases);
        let logits = logits.map(|(uses, bias)| strength * dot(uses, &bends) + bias);
        logits
            .map(|logit| 1.0 / (1.0 + libm::exp(-logit)))
            .collect()
    }
}

/// The factors and their use. A larger number of tasks begins with the same ones.
///
/// ```
/// use polytask_data::builtin::many_binary::{ManyBinary, truth};
/// use polytask_random::Seed;
///
/// let options = ManyBinary::default();
/// let truth = truth(&options, Seed(options.data_seed));
/// let probabilities = truth.probabilities(options.strength, &[0.0; 30]);
/// assert_eq!(probabilities.len(), 20);
/// ```
#[must_use]
pub fn truth(options: &ManyBinary, seed: Seed) -> Truth {
    let mut stream = seed.stream("many_binary/factors", 0);
    let factors = (0..options.factors.min(options.features))
        .map(|_| (0..options.features).map(|_| stream.normal()).collect())
        .collect();
    let mut truth = Truth {
        factors: orthonormal(factors),
        uses: Vec::new(),
        biases: Vec::new(),
    };
    for task in 0..options.tasks {
        let mut stream = seed.stream("many_binary/task", task as u64);
        truth.biases.push(stream.between(-1.0, 1.0));
        let uses = (0..options.factors).map(|_| stream.normal()).collect();
        // A single row: orthonormal is of length 1.
        truth.uses.extend(orthonormal(vec![uses]));
    }
    truth
}

impl Source for ManyBinary {
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let seed = Seed(self.data_seed);
        let truth = truth(self, seed);
        let normal = Normal {
            name: ENTRY.name,
            features: self.features,
            targets: self.tasks,
            rows: self.rows,
            seed,
        };
        let mut labels = vec![Words::default(); self.tasks];
        let drawn = normal.draw(reading, |_, x, stream| {
            let probabilities = truth.probabilities(self.strength, x);
            for (words, probability) in labels.iter_mut().zip(probabilities) {
                let label = if stream.uniform() < probability {
                    "yes"
                } else {
                    "no"
                };
                let is_known = stream.uniform() >= self.missing;
                words.push(is_known.then_some(label));
            }
        })?;
        drawn.table("task", labels.into_iter().map(Values::Text))
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden;
    use super::*;

    #[test]
    fn the_data_never_change() {
        let small = ManyBinary {
            tasks: 3,
            features: 5,
            rows: Rows {
                train: 5,
                val: 1,
                test: 2,
            },
            ..ManyBinary::default()
        };
        assert_eq!(golden::digest(&small), "47c95b1666beb4df");
    }

    #[test]
    fn more_rows_begin_with_the_same_ones() {
        golden::assert_prefix(|train| {
            let rows = Rows {
                train,
                val: 0,
                test: 0,
            };
            Box::new(ManyBinary {
                rows,
                ..ManyBinary::default()
            })
        });
    }

    #[test]
    fn labels_are_missing_and_true_as_often_as_stated() {
        let options = ManyBinary {
            rows: Rows {
                train: 4_000,
                val: 0,
                test: 0,
            },
            ..ManyBinary::default()
        };
        let truth = truth(&options, Seed(options.data_seed));
        let table = golden::table(&options);
        let (x, _) = golden::numbers(&table);
        let mut expected = vec![0.0; options.tasks];
        for row in &x {
            let probabilities = truth.probabilities(options.strength, row);
            super::super::matrix::add(&mut expected, 1.0 / 4_000.0, &probabilities);
        }
        for (task, expected) in expected.iter().enumerate() {
            let Values::Text(words) = &table.columns()[options.features + task].values else {
                panic!("labels are text");
            };
            let labels: Vec<&str> = (0..4_000).filter_map(|row| words.get(row)).collect();
            let yes = labels.iter().filter(|label| **label == "yes").count();
            // Five standard errors of a share: 5 · 0.5 / √2800 and 5 · 0.46 / √4000.
            let share = yes as f64 / labels.len() as f64;
            assert!(
                (share - expected).abs() < 0.048,
                "{task}: {share} {expected}"
            );
            assert!((labels.len() as f64 / 4_000.0 - 0.7).abs() < 0.037);
        }
    }
}
