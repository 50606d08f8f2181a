//! P2: two tasks whose relatedness ρ is chosen. Linear tasks share what their correlation says; bent ones that are read off one shared
//! number gain the more from being trained together, or lose the less, the more related they are.

use polytask_data::builtin::Rows;
use polytask_data::builtin::mmoe_synthetic::{MmoeSynthetic, truth};
use polytask_data::{Part, Reading, Source as _};
use polytask_information::continuous::{Points, gaussian_copula};
use polytask_information::{Measure, Unit};
use polytask_random::Seed;
use serde_json::json;

use crate::columns::{numbers, rows_of};
use crate::instance::{Instance, tasks};
use crate::linear::{dot, least_squares, transposed};
use crate::{Check, Mark, PlantedError};

/// ρ, in the order of the instances.
pub const RELATEDNESS: [f64; 4] = [0.0, 0.5, 0.9, 1.0];

/// Share of a label's variance that a line through w·x must explain: without a signal nothing can be transferred.
const SIGNAL: f64 = 0.5;
/// Data seeds that are tried for one.
const TRIES: u64 = 64;

/// The first data seed from `seed` on, in steps of 2^32, with a signal. Its slope is 1 + Σ αᵢ cos βᵢ for a small c, and for one seed
/// in ten the sines take most of it away. A larger c would not do: then what the sines add to the line is common to two tasks of
/// ρ = 1, row by row, and the second tells nothing that the first does not.
fn with_signal(seed: u64) -> u64 {
    let mut seeds = (0..TRIES).map(|more| seed.wrapping_add(more << 32));
    let has_signal = |seed: &u64| explained_by_a_line(&drawn(1.0, *seed)) > SIGNAL;
    seeds.find(has_signal).unwrap_or(seed)
}

/// By quadrature over z = w·x/c, which is N(0, 1).
fn explained_by_a_line(options: &MmoeSynthetic) -> f64 {
    let planted = truth(options, Seed(options.data_seed));
    let (mut all, mut first, mut second, mut slope) = (0.0, 0.0, 0.0, 0.0);
    for step in -600..=600 {
        let z = f64::from(step) / 100.0;
        let linear = options.scale * z;
        let waves = planted.waves.iter().map(|(a, b)| (a * linear + b).sin());
        let (density, label) = ((-z * z / 2.0).exp(), linear + waves.sum::<f64>());
        all += density;
        first += density * label;
        second += density * label * label;
        slope += density * label * z;
    }
    let variance = second / all - (first / all).powi(2) + options.noise.powi(2);
    (slope / all).powi(2) / variance
}

fn options(relatedness: f64, seed: u64) -> MmoeSynthetic {
    drawn(relatedness, with_signal(seed))
}

fn drawn(relatedness: f64, seed: u64) -> MmoeSynthetic {
    MmoeSynthetic {
        features: 50,
        relatedness,
        // Twice the inputs only: there is something to gain from the other task's rows.
        rows: Rows {
            train: 100,
            val: 400,
            test: 4_000,
        },
        data_seed: seed,
        ..MmoeSynthetic::default()
    }
}

/// The variant without waves: what its labels share is known.
fn linear(relatedness: f64, seed: u64) -> MmoeSynthetic {
    MmoeSynthetic {
        waves: 0,
        rows: Rows {
            train: 4_000,
            val: 0,
            test: 0,
        },
        ..drawn(relatedness, seed)
    }
}

/// −½ ln(1 − r²).
fn of_correlation(correlation: f64) -> f64 {
    // Of nothing it is 0, not -0.
    -0.5 * (1.0 - correlation * correlation).ln() + 0.0
}

/// (I(Y_1; Y_2), I(X; Y_t)) of the linear variant, nats: −½ ln(1 − r²) with r = ρ c²/(c² + σ²), and ½ ln(1 + c²/σ²).
#[must_use]
pub fn information(options: &MmoeSynthetic) -> (f64, f64) {
    let (signal, noise) = (options.scale.powi(2), options.noise.powi(2));
    let correlation = options.relatedness * signal / (signal + noise);
    (of_correlation(correlation), 0.5 * (signal / noise).ln_1p())
}

/// One for each ρ.
#[must_use]
pub fn instances(seed: u64) -> Vec<Instance> {
    let instance = |relatedness: f64| {
        let options = options(relatedness, seed);
        let (labels, input) = information(&linear(relatedness, seed));
        let rows = options.rows;
        Instance {
            name: format!("relatedness-{relatedness}"),
            written: format!(
                "{{ type = \"mmoe_synthetic\", features = {}, relatedness = {relatedness:?}, scale = {:?}, waves = {}, noise = {:?}, train = {}, val = {}, test = {}, data_seed = {} }}",
                options.features,
                options.scale,
                options.waves,
                options.noise,
                rows.train,
                rows.val,
                rows.test,
                options.data_seed
            ),
            truth: json!({
                "relatedness": relatedness, "linear_label_information_nats": labels,
                "linear_input_information_nats": input,
            }),
            tasks: tasks(2, "regression"),
            model: "[encoder]\ntype = \"mlp\"\nhidden = []\n\n[sharing]\ntype = \"latent\"\ndimension = 1\n\n[train]\nepochs = 100\nbatch_size = 50\noptimizer = { type = \"adam\", lr = 0.02 }\nschedule = \"cosine\"\n".to_owned(),
            source: Box::new(options),
        }
    };
    RELATEDNESS.map(instance).into()
}

/// What the estimators find of the linear variant.
///
/// # Errors
/// Labels that cannot be measured.
pub fn of_labels(seed: u64) -> Result<Vec<Check>, PlantedError> {
    let mut checks = Vec::new();
    for relatedness in RELATEDNESS {
        let options = linear(relatedness, seed);
        let (labels, input) = information(&options);
        let table = options.load(&Reading::new(Seed(0)))?;
        let (x, y) = numbers(&table, &rows_of(&table, Part::Train));
        let rows = y.len() as f64;
        let columns = transposed(&y);
        let (Some(first), Some(second)) = (columns.first(), columns.get(1)) else {
            return Err(PlantedError::Shape {
                what: "targets",
                found: columns.len(),
                wanted: 2,
            });
        };
        let found = gaussian_copula(&Points::line(first)?, &Points::line(second)?)?;
        // The delta method: the deviation of −½ ln(1 − r²) is r/√n, and its mean is 1/2n too high.
        let correlation = (1.0 - (-2.0 * labels).exp()).sqrt();
        let error = correlation / rows.sqrt();
        let found = Measure::of(found, Unit::Nats, "Gaussian of normal scores", y.len());
        // At no correlation the first order vanishes: there is no error to tell.
        let found = if error > 0.0 {
            found.with_se(error)
        } else {
            found
        };
        checks.push(Check::near(
            format!("linear, relatedness {relatedness}: label information"),
            found,
            labels,
            4.0 * error + 8.0 / rows,
        ));
        if relatedness == 0.0 {
            // ½ ln of the ratio of the variances, degrees of freedom taken off.
            let map = least_squares(&x, &y)?;
            let weights = transposed(&map);
            let own = weights.first().map_or(&[][..], Vec::as_slice);
            let left = x.iter().zip(first).map(|(x, y)| (y - dot(x, own)).powi(2));
            let noise = left.sum::<f64>() / (rows - own.len() as f64);
            let total = dot(first, first) / rows;
            checks.push(Check::near(
                "linear: what the input says of a label, nats",
                0.5 * (total / noise).ln(),
                input,
                4.0 / rows.sqrt(),
            ));
        }
    }
    Ok(Check::all_by(
        checks,
        "ratio of variances, least squares",
        4_000,
    ))
}

/// Bits transferred at each ρ, mean over both tasks: they must not decrease.
#[must_use]
pub fn of_transfer(found: &[(f64, [Measure; 2])]) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    let mut before = f64::NEG_INFINITY;
    for (relatedness, tasks) in found {
        let bits = tasks.iter().map(|task| task.value.unwrap_or(f64::NAN));
        let bits = bits.sum::<f64>() / 2.0;
        let se = tasks.iter().map(|task| task.se.unwrap_or(0.0).powi(2));
        let se = se.sum::<f64>().sqrt() / 2.0;
        let rows = tasks.iter().map(|task| task.n).max().unwrap_or(0);
        let mean = Measure::of(
            bits,
            Unit::Bits,
            "mean of both tasks' paired bits",
            rows as usize,
        );
        let mark = if before.is_finite() {
            Mark::AtLeast(before)
        } else {
            Mark::Told
        };
        checks.push(Check::of(
            format!("relatedness {relatedness}: transferred"),
            mean.with_se(se),
            mark,
        ));
        before = bits;
    }
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Oracle: the squared correlation of w·x with the labels of 4000 rows.
    #[test]
    fn every_seed_has_a_signal_that_a_line_can_find() {
        for seed in 1..=60 {
            let options = options(1.0, seed);
            let weights = &truth(&options, Seed(options.data_seed)).weights[0];
            let table = options.load(&Reading::new(Seed(0))).unwrap();
            let (x, y) = numbers(&table, &rows_of(&table, Part::Test));
            let linear: Vec<f64> = x.iter().map(|x| dot(x, weights)).collect();
            let label: Vec<f64> = y.iter().map(|y| y[0]).collect();
            let centred = |values: &[f64]| -> Vec<f64> {
                let mean = crate::linear::mean(values);
                values.iter().map(|value| value - mean).collect()
            };
            let (linear, label) = (centred(&linear), centred(&label));
            let share =
                dot(&linear, &label).powi(2) / (dot(&linear, &linear) * dot(&label, &label));
            // Four standard errors of a squared correlation near one half.
            assert!(share > SIGNAL - 0.05, "seed {seed}: {share}");
            assert!((share - explained_by_a_line(&options)).abs() < 0.05);
        }
        // Of seed 5 the sines leave a deviation of 0.04 beside noise of 0.1; seeds with a signal stay themselves.
        assert!(explained_by_a_line(&drawn(1.0, 5)) < 0.15);
        assert_eq!([1, 101, 201].map(with_signal), [1, 101, 201]);
    }

    #[test]
    fn less_transfer_at_a_higher_relatedness_misses_the_mark() {
        let bits = |value| {
            let measure = Measure::of(value, Unit::Bits, "paired", 10);
            [measure.clone(), measure]
        };
        let passed = |values: [f64; 3]| -> Vec<Option<bool>> {
            let found: Vec<_> = [0.0, 0.5, 1.0].into_iter().zip(values.map(bits)).collect();
            of_transfer(&found).iter().map(Check::passed).collect()
        };
        assert_eq!(passed([-0.1, 0.0, 0.2]), [None, Some(true), Some(true)]);
        assert_eq!(passed([0.0, 0.2, 0.1]), [None, Some(true), Some(false)]);
    }
}
