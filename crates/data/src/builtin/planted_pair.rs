//! Two regressions whose labels share the same whatever the reason: a common signal, or a common noise.
//!
//! y_t = wₜ·x + eₜ with |wₜ| = 1, w_0·w_1 = ρ (`signal`) and (e_0, e_1) normal of variance 1 and correlation r (`coupling`). The labels have
//! correlation (ρ + r)/2, so (ρ, r) = (.8, 0) and (0, .8) share the same −½ ln(1 − .16) = .0871767 nats. In the first the input explains
//! the link; in the second it is I(Y_0; Y_1 | X) = −½ ln(1 − r²) = .5108256 nats that no predictor from the input can have.
//!
//! Source: family P8 of the project's planted benchmarks.

use polytask_config::{Entry, Fields};
use polytask_random::Seed;

use super::matrix::{Matrix, combine, dot, orthonormal};
use super::normal::Normal;
use super::parts::{self, Rows};
use crate::column::Values;
use crate::error::DataErrors;
use crate::source::{Reading, Source};
use crate::table::Table;

/// What to plant.
#[derive(Clone, Debug, PartialEq)]
pub struct PlantedPair {
    /// Inputs, `x_0` ….
    pub features: usize,
    /// ρ.
    pub signal: f64,
    /// r.
    pub coupling: f64,
    /// Rows; both tasks are labelled in each.
    pub rows: Rows,
    /// The data's own seed.
    pub data_seed: u64,
}

/// The generator's place in the table.
pub const ENTRY: Entry<Box<dyn Source>> = Entry {
    name: "planted_pair",
    summary: "two regressions, y_0 and y_1, linked by their signals, by their noises, or by both",
    source: "planted family P8; conditional information, Hewitt et al. 2021",
    new: |fields| Box::new(PlantedPair::options(fields)),
    facts: (),
};

impl Default for PlantedPair {
    fn default() -> Self {
        Self {
            features: 20,
            signal: 0.8,
            coupling: 0.0,
            rows: Rows {
                train: 2_000,
                val: 2_000,
                test: 2_000,
            },
            data_seed: 1,
        }
    }
}

impl PlantedPair {
    fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        Self {
            features: fields
                .integer("features", "inputs, x_0, x_1, ...")
                .within(2..=1_000)
                .or(usual.features),
            signal: fields
                .number("signal", "cosine of the two tasks' weights")
                .within(-1.0..=1.0)
                .or(usual.signal),
            coupling: fields
                .number("coupling", "correlation of the two tasks' noises")
                .within(-1.0..=1.0)
                .or(usual.coupling),
            rows: Rows::options(fields, usual.rows),
            data_seed: parts::data_seed(fields),
        }
    }

    /// I(Y_0; Y_1), nats.
    ///
    /// ```
    /// use polytask_data::builtin::planted_pair::PlantedPair;
    ///
    /// let nats = PlantedPair { signal: 0.0, coupling: 0.8, ..PlantedPair::default() }.label_information();
    /// assert!((nats - 0.0871767).abs() < 1e-7);
    /// ```
    #[must_use]
    pub fn label_information(&self) -> f64 {
        of_correlation(f64::midpoint(self.signal, self.coupling))
    }

    /// I(Y_0; Y_1 | X), nats: what the labels share beyond the inputs.
    #[must_use]
    pub fn beyond_inputs(&self) -> f64 {
        of_correlation(self.coupling)
    }
}

/// −½ ln(1 − r²).
fn of_correlation(correlation: f64) -> f64 {
    -0.5 * libm::log1p(-correlation * correlation)
}

/// w: `[2, features]`.
#[must_use]
pub fn truth(options: &PlantedPair, seed: Seed) -> Matrix {
    let mut stream = seed.stream("planted_pair/weights", 0);
    let normals = (0..2).map(|_| (0..options.features).map(|_| stream.normal()).collect());
    let directions = orthonormal(normals.collect());
    [[1.0, 0.0], rotated(options.signal)]
        .iter()
        .map(|mix| combine(mix, &directions))
        .collect()
}

/// (cos, sin) of the angle with this cosine.
fn rotated(cosine: f64) -> [f64; 2] {
    [cosine, (1.0 - cosine * cosine).max(0.0).sqrt()]
}

impl Source for PlantedPair {
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let seed = Seed(self.data_seed);
        let weights = truth(self, seed);
        let mixes = [[1.0, 0.0], rotated(self.coupling)];
        let normal = Normal {
            name: ENTRY.name,
            features: self.features,
            targets: weights.len(),
            rows: self.rows,
            seed,
        };
        let mut targets = vec![Vec::new(); weights.len()];
        let drawn = normal.draw(reading, |_, x, stream| {
            let noises = [stream.normal(), stream.normal()];
            for ((column, weights), mix) in targets.iter_mut().zip(&weights).zip(&mixes) {
                column.push(dot(weights, x) + dot(mix, &noises));
            }
        })?;
        drawn.table("y", targets.into_iter().map(Values::F64))
    }
}

#[cfg(test)]
mod tests {
    use super::super::golden;
    use super::*;

    fn planted(train: usize) -> PlantedPair {
        let rows = Rows {
            train,
            val: 0,
            test: 0,
        };
        PlantedPair {
            rows,
            ..PlantedPair::default()
        }
    }

    #[test]
    fn the_data_never_change() {
        assert_eq!(golden::digest(&planted(8)), "0a05296b5e205d63");
    }

    #[test]
    fn more_rows_begin_with_the_same_ones() {
        golden::assert_prefix(|train| Box::new(planted(train)));
    }

    #[test]
    fn labels_correlate_alike_and_what_is_left_of_them_does_not() {
        for (signal, coupling) in [(0.8, 0.0), (0.0, 0.8), (0.3, -0.5)] {
            let options = PlantedPair {
                signal,
                coupling,
                ..planted(4_000)
            };
            let weights = truth(&options, Seed(options.data_seed));
            let (x, y) = golden::numbers(&golden::table(&options));
            let left: Matrix = x
                .iter()
                .zip(&y)
                .map(|(x, y)| {
                    (0..2)
                        .map(|task| y[task] - dot(&weights[task], x))
                        .collect()
                })
                .collect();
            // Oracle: (ρ + r)/2 and r, to four standard errors of a correlation.
            for (rows, wanted) in [(&y, f64::midpoint(signal, coupling)), (&left, coupling)] {
                let moment = |one: usize, other: usize| -> f64 {
                    rows.iter().map(|row| row[one] * row[other]).sum()
                };
                let found = moment(0, 1) / (moment(0, 0) * moment(1, 1)).sqrt();
                let far = 4.0 * (1.0 - wanted * wanted) / 4_000.0f64.sqrt();
                assert!((found - wanted).abs() < far, "{found} {wanted}");
            }
        }
    }
}
