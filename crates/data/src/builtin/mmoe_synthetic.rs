//! Two regressions of which it is known how related they are: the synthetic data of MMoE.
//!
//! With orthonormal u₁, u₂, w₁ = c u₁ and w₂ = c(ρ u₁ + √(1−ρ²) u₂): y_k = wₖ·x + Σᵢ sin(αᵢ wₖ·x + βᵢ) + σ N(0, 1), with
//! x ~ N(0, I) and αᵢ, βᵢ ~ N(0, 1) the same for both tasks. ρ (`relatedness`) is the cosine of the two weight vectors and, over
//! the linear parts, the correlation of the labels: at 1 the tasks are one but for their noise.
//!
//! Source: Ma et al. 2018, section 3.2. The paper leaves the number of waves open; five here, as in the re-implementations.

use polytask_config::{Entry, Fields};
use polytask_random::Seed;

use super::matrix::{Matrix, combine, dot, orthonormal};
use super::normal::Normal;
use super::parts::{self, Rows};
use crate::column::Values;
use crate::error::DataErrors;
use crate::source::{Reading, Source};
use crate::table::Table;

/// What to make.
#[derive(Clone, Debug, PartialEq)]
pub struct MmoeSynthetic {
    /// Inputs, `x_0` ….
    pub features: usize,
    /// ρ.
    pub relatedness: f64,
    /// c.
    pub scale: f64,
    /// How many sines are added.
    pub waves: usize,
    /// σ.
    pub noise: f64,
    /// Rows; both tasks are labelled in each.
    pub rows: Rows,
    /// The data's own seed.
    pub data_seed: u64,
}

/// The generator's place in the table.
pub const ENTRY: Entry<Box<dyn Source>> = Entry {
    name: "mmoe_synthetic",
    summary: "two bent regressions, y_0 and y_1, of a relatedness that is chosen",
    source: "Ma et al. 2018, Modeling Task Relationships with Multi-gate Mixture-of-Experts, KDD, section 3.2",
    new: |fields| Box::new(MmoeSynthetic::options(fields)),
    facts: (),
};

impl Default for MmoeSynthetic {
    fn default() -> Self {
        Self {
            features: 100,
            relatedness: 0.5,
            scale: 0.3,
            waves: 5,
            noise: 0.1,
            rows: Rows {
                train: 10_000,
                val: 1_000,
                test: 1_000,
            },
            data_seed: 1,
        }
    }
}

impl MmoeSynthetic {
    fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        Self {
            features: fields
                .integer("features", "inputs, x_0, x_1, ...")
                .within(2..=1_000)
                .or(usual.features),
            relatedness: fields
                .number("relatedness", "cosine of the two tasks' weights")
                .within(-1.0..=1.0)
                .or(usual.relatedness),
            scale: fields
                .number("scale", "length of the tasks' weights")
                .within(0.0..=100.0)
                .or(usual.scale),
            waves: fields
                .integer("waves", "how many sines are added to the linear part")
                .within(0..=1_000)
                .or(usual.waves),
            noise: fields
                .number("noise", "standard deviation of the targets' noise")
                .within(0.0..=1e6)
                .or(usual.noise),
            rows: Rows::options(fields, usual.rows),
            data_seed: parts::data_seed(fields),
        }
    }
}

/// What the targets are made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// w: `[2, features]`.
    pub weights: Matrix,
    /// αᵢ and βᵢ.
    pub waves: Vec<(f64, f64)>,
}

impl Truth {
    /// Both targets without noise, given a row's inputs.
    #[must_use]
    pub fn targets(&self, x: &[f64]) -> Vec<f64> {
        let target = |weights: &Vec<f64>| {
            let linear = dot(weights, x);
            let waves = self.waves.iter();
            let waves = waves.map(|(alpha, beta)| libm::sin(alpha * linear + beta));
            linear + waves.sum::<f64>()
        };
        self.weights.iter().map(target).collect()
    }
}

/// The weights and waves.
///
/// ```
/// use polytask_data::builtin::mmoe_synthetic::{MmoeSynthetic, truth};
/// use polytask_random::Seed;
///
/// let options = MmoeSynthetic { relatedness: 1.0, ..MmoeSynthetic::default() };
/// let truth = truth(&options, Seed(options.data_seed));
/// let targets = truth.targets(&[0.5; 100]);
/// assert_eq!(targets[0], targets[1]);
/// ```
#[must_use]
pub fn truth(options: &MmoeSynthetic, seed: Seed) -> Truth {
    let mut stream = seed.stream("mmoe_synthetic/weights", 0);
    let normals = (0..2).map(|_| (0..options.features).map(|_| stream.normal()).collect());
    let directions = orthonormal(normals.collect());
    let (scale, cosine) = (options.scale, options.relatedness);
    let sine = (1.0 - cosine * cosine).max(0.0).sqrt();
    let mixes = [[scale, 0.0], [scale * cosine, scale * sine]];
    let mut stream = seed.stream("mmoe_synthetic/waves", 0);
    Truth {
        weights: mixes.iter().map(|mix| combine(mix, &directions)).collect(),
        waves: (0..options.waves)
            .map(|_| (stream.normal(), stream.normal()))
            .collect(),
    }
}

impl Source for MmoeSynthetic {
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let seed = Seed(self.data_seed);
        let truth = truth(self, seed);
        let normal = Normal {
            name: ENTRY.name,
            features: self.features,
            targets: truth.weights.len(),
            rows: self.rows,
            seed,
        };
        let mut targets = vec![Vec::new(); truth.weights.len()];
        let drawn = normal.draw(reading, |_, x, stream| {
            for (column, target) in targets.iter_mut().zip(truth.targets(x)) {
                column.push(target + self.noise * stream.normal());
            }
        })?;
        drawn.table("y", targets.into_iter().map(Values::F64))
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

    #[test]
    fn the_data_never_change() {
        let small = MmoeSynthetic {
            features: 5,
            rows: Rows {
                train: 5,
                val: 1,
                test: 2,
            },
            ..MmoeSynthetic::default()
        };
        assert_eq!(golden::digest(&small), "da3cd188deae9db4");
    }

    #[test]
    fn more_rows_begin_with_the_same_ones() {
        golden::assert_prefix(|train| {
            Box::new(MmoeSynthetic {
                rows: rows(train),
                ..MmoeSynthetic::default()
            })
        });
    }

    #[test]
    fn the_weights_have_the_stated_length_and_cosine() {
        for relatedness in [-0.5, 0.0, 0.5, 0.9, 1.0] {
            let options = MmoeSynthetic {
                relatedness,
                ..MmoeSynthetic::default()
            };
            let truth = truth(&options, Seed(3));
            let product =
                |first: usize, second: usize| dot(&truth.weights[first], &truth.weights[second]);
            assert!((product(0, 0) - 0.09).abs() < 1e-12);
            assert!((product(1, 1) - 0.09).abs() < 1e-12);
            assert!((product(0, 1) - 0.09 * relatedness).abs() < 1e-12);
        }
    }

    #[test]
    fn linear_labels_correlate_as_much_as_the_tasks_are_related() {
        // Oracle: without waves and noise the correlation of the labels is the cosine of the weights, to 3/√n.
        let options = MmoeSynthetic {
            relatedness: 0.8,
            waves: 0,
            noise: 0.0,
            rows: rows(4_000),
            ..MmoeSynthetic::default()
        };
        let (_, y) = golden::numbers(&golden::table(&options));
        let moment = |first: usize, second: usize| -> f64 {
            y.iter().map(|row| row[first] * row[second]).sum()
        };
        let correlation = moment(0, 1) / (moment(0, 0) * moment(1, 1)).sqrt();
        assert!((correlation - 0.8).abs() < 0.03, "{correlation}");
    }

    #[test]
    fn the_noise_is_all_that_differs_from_the_truth() {
        let options = MmoeSynthetic {
            rows: rows(2_000),
            ..MmoeSynthetic::default()
        };
        let truth = truth(&options, Seed(options.data_seed));
        let (x, y) = golden::numbers(&golden::table(&options));
        let squares = x.iter().zip(&y).flat_map(|(x, y)| {
            let wanted = truth.targets(x);
            let pairs = y.iter().zip(wanted);
            pairs
                .map(|(y, wanted)| (y - wanted).powi(2))
                .collect::<Vec<_>>()
        });
        let spread = (squares.sum::<f64>() / 4_000.0).sqrt();
        // Four standard errors of a standard deviation: 4 · 0.1/√8000.
        assert!((spread - 0.1).abs() < 0.0045, "{spread}");
    }
}
