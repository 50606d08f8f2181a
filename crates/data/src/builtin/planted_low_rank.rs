//! Regressions whose weights lie in a small subspace, for measuring how many bits sharing can transfer.
//!
//! W = L S with L (features × k) orthonormal and S (k × tasks) standard normal; all tasks label the same rows:
//! Y = X W + σ N. A task alone (least squares) has test error σ² (1 + d / (n − d − 1)), one that knows the subspace
//! σ² (1 + k / (n − k − 1)), so the most that sharing can give a task is ½ log₂ of their ratio in bits, whatever σ is.
//!
//! Source: family P7 of the project's planted benchmarks; reduced-rank regression after Izenman 1975.

use polytask_config::{Entry, Fields};
use polytask_random::{Seed, SplitMix64};

use super::linear::Linear;
use super::matrix::{Matrix, add, centre, combine, orthonormal};
use super::parts::{self, Rows};
use crate::error::DataErrors;
use crate::source::{Reading, Source};
use crate::table::Table;

/// What to plant.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedLowRank {
    /// Regression tasks, `y_0` ….
    pub tasks: usize,
    /// Inputs, `x_0` ….
    pub features: usize,
    /// k, the dimension of the subspace.
    pub rank: usize,
    /// σ.
    pub noise: f64,
    /// Rows, each labelled for all tasks.
    pub rows: Rows,
    /// The data's own seed.
    pub data_seed: u64,
}

/// The generator's place in the table.
pub const ENTRY: Entry<Box<dyn Source>> = Entry {
    name: "planted_low_rank",
    summary: "linear regressions whose weights lie in a small subspace, with the truth known",
    source: "planted family P7; reduced-rank regression, Izenman 1975",
    new: |fields| Box::new(PlantedLowRank::options(fields)),
    facts: (),
};

impl Default for PlantedLowRank {
    fn default() -> Self {
        Self {
            tasks: 40,
            features: 20,
            rank: 2,
            noise: 1.0,
            rows: Rows {
                train: 60,
                val: 60,
                test: 1_000,
            },
            data_seed: 1,
        }
    }
}

impl PlantedLowRank {
    fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        let options = Self {
            tasks: fields
                .integer("tasks", "regression tasks, y_0, y_1, ...")
                .within(1..=1_000)
                .or(usual.tasks),
            features: fields
                .integer("features", "inputs, x_0, x_1, ...")
                .within(1..=1_000)
                .or(usual.features),
            rank: fields
                .integer(
                    "rank",
                    "dimension of the weights' subspace; at most the number of features",
                )
                .within(1..=1_000)
                .or(usual.rank),
            noise: fields
                .number("noise", "standard deviation of the targets' noise")
                .within(0.0..=1e6)
                .or(usual.noise),
            rows: Rows::options(fields, usual.rows),
            data_seed: parts::data_seed(fields),
        };
        parts::at_most(
            fields,
            ("rank", options.rank),
            ("features", options.features),
        );
        options
    }

    /// The most bits per row that sharing can give a task: ½ log₂ of the ratio of the two test errors; `None` if a task
    /// alone has too few rows for least squares.
    ///
    /// ```
    /// use polytask_data::builtin::planted_low_rank::PlantedLowRank;
    ///
    /// let cap = PlantedLowRank::default().transfer_cap().unwrap();
    /// assert!((cap - 0.2737).abs() < 1e-4);
    /// ```
    #[must_use]
    pub fn transfer_cap(&self) -> Option<f64> {
        let excess = |width: usize| {
            let left = self.rows.train.checked_sub(width + 1)?;
            (left > 0).then(|| 1.0 + width as f64 / left as f64)
        };
        Some(0.5 * libm::log2(excess(self.features)? / excess(self.rank)?))
    }
}

/// Wᵀ: one weight vector per task, `[tasks, features]`. A larger number of tasks begins with the same ones.
#[must_use]
pub fn truth(options: &PlantedLowRank, seed: Seed) -> Vec<Vec<f64>> {
    let normals = |name, index, count| -> Vec<f64> {
        let mut stream = seed.stream(name, index);
        (0..count).map(|_| stream.normal()).collect()
    };
    let subspace = (0..options.rank.min(options.features))
        .map(|row| normals("planted_low_rank/subspace", row as u64, options.features))
        .collect();
    let subspace = orthonormal(subspace);
    (0..options.tasks)
        .map(|task| {
            combine(
                &normals("planted_low_rank/task", task as u64, options.rank),
                &subspace,
            )
        })
        .collect()
}

impl Source for PlantedLowRank {
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

/// X (200 × 6) and Y (200 × 5), centred: the anchor of the project's reduced-rank numbers.
///
/// [`SplitMix64`] with seed 5 draws X, L (6 × 2), S (2 × 5) and E, row by row; Y = X L S + 0.5 E. The best rank-2 map has
/// mean squared error 0.2227381132 per entry; a linear model with two hidden units must come there.
///
/// ```
/// let (x, y) = polytask_data::builtin::planted_low_rank::reduced_rank_anchor();
/// assert_eq!((x.len(), x[0].len(), y[0].len()), (200, 6, 5));
/// ```
#[must_use]
pub fn reduced_rank_anchor() -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let mut draws = SplitMix64::new(5);
    let mut x = draws.normals(200, 6);
    let left = draws.normals(6, 2);
    let right = draws.normals(2, 5);
    let noise = draws.normals(200, 5);
    let weights: Matrix = left.iter().map(|row| combine(row, &right)).collect();
    let mut y: Matrix = x.iter().map(|row| combine(row, &weights)).collect();
    for (row, error) in y.iter_mut().zip(&noise) {
        add(row, 0.5, error);
    }
    centre(&mut x);
    centre(&mut y);
    (x, y)
}

#[cfg(test)]
mod tests {
    use super::super::golden;
    use super::super::matrix::dot;
    use super::super::matrix::tests::{eigen, least_squares, product, transposed};
    use super::*;

    #[test]
    fn the_data_never_change() {
        let small = PlantedLowRank {
            tasks: 3,
            rows: Rows {
                train: 5,
                val: 1,
                test: 2,
            },
            ..PlantedLowRank::default()
        };
        assert_eq!(golden::digest(&small), "e607c60ec6f5787a");
    }

    #[test]
    fn more_rows_begin_with_the_same_ones() {
        golden::assert_prefix(|train| {
            let rows = Rows {
                train,
                val: 0,
                test: 0,
            };
            Box::new(PlantedLowRank {
                rows,
                ..PlantedLowRank::default()
            })
        });
    }

    /// The best map of rank k: B P_k, with P_k the projection on the first k right singular vectors of X B.
    fn reduced_rank(x: &[Vec<f64>], y: &[Vec<f64>], rank: usize) -> (Matrix, Vec<f64>) {
        let full = least_squares(x, y);
        let fitted = product(x, &full);
        let (squares, vectors) = eigen(&product(&transposed(&fitted), &fitted));
        let mut projection = vec![vec![0.0; squares.len()]; squares.len()];
        for vector in &vectors[..rank] {
            for (line, weight) in projection.iter_mut().zip(vector) {
                add(line, *weight, vector);
            }
        }
        let map = product(&full, &projection);
        (
            map,
            squares
                .iter()
                .map(|square| square.max(0.0).sqrt())
                .collect(),
        )
    }

    fn error(x: &[Vec<f64>], y: &[Vec<f64>], map: &[Vec<f64>]) -> f64 {
        let mut sum = 0.0;
        for (row, wanted) in product(x, map).iter().zip(y) {
            sum += row
                .iter()
                .zip(wanted)
                .map(|(f, w)| (f - w) * (f - w))
                .sum::<f64>();
        }
        sum / (y.len() * y[0].len()) as f64
    }

    #[test]
    fn the_anchor_has_the_golden_numbers() {
        // Golden: information.md 7.5, from an implementation in Python.
        let (x, y) = reduced_rank_anchor();
        let singular = [
            95.036_584_4,
            48.466_400_5,
            0.995_332_2,
            0.584_870_1,
            0.244_300_7,
        ];
        let errors = [
            11.603_682_461_3,
            2.571_730_085_6,
            0.222_738_113_2,
            0.221_747_426_9,
            0.221_405_353_8,
            0.221_345_671_0,
        ];
        for (rank, wanted) in errors.into_iter().enumerate() {
            let (map, found) = reduced_rank(&x, &y, rank);
            assert!((error(&x, &y, &map) - wanted).abs() < 1e-9, "rank {rank}");
            for (found, wanted) in found.iter().zip(singular) {
                assert!((found - wanted).abs() < 1e-6, "{found} {wanted}");
            }
        }
        let (map, _) = reduced_rank(&x, &y, 2);
        let row = [
            1.352_256_67,
            -2.101_660_83,
            0.650_551_75,
            -2.892_980_21,
            2.184_378_43,
        ];
        for (found, wanted) in map[0].iter().zip(row) {
            assert!((found - wanted).abs() < 1e-8);
        }
        let norm = map.iter().map(|row| dot(row, row)).sum::<f64>().sqrt();
        assert!((norm - 7.920_535_094).abs() < 1e-8);
    }

    #[test]
    fn sharing_transfers_the_bits_that_theory_allows() {
        // Oracle: P7. Least squares per task has the stated test error; reduced-rank regression comes close to the cap.
        let options = PlantedLowRank::default();
        let (x, y) = golden::numbers(&golden::table(&options));
        let (train, test) = (0..60, 120..1_120);
        let (x_train, y_train) = (&x[train.clone()], &y[train]);
        let (x_test, y_test) = (&x[test.clone()], &y[test]);
        let alone = error(x_test, y_test, &least_squares(x_train, y_train));
        let shared = error(x_test, y_test, &reduced_rank(x_train, y_train, 2).0);
        let wanted = 1.0 + 20.0 / 39.0;
        assert!((alone / wanted - 1.0).abs() < 0.1, "{alone} {wanted}");
        let bits = 0.5 * (alone / shared).log2();
        assert!((0.20..0.28).contains(&bits), "{bits}");
    }

    #[test]
    fn the_weights_have_the_stated_rank() {
        let options = PlantedLowRank::default();
        let weights = truth(&options, Seed(3));
        let (squares, _) = eigen(&product(&weights, &transposed(&weights)));
        assert!(squares[1] > 1.0 && squares[2].abs() < 1e-9, "{squares:?}");
    }
}
