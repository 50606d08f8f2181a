//! P7: weights in a plane. A model that shares two latent numbers gains nearly what knowing the plane would give; where there is
//! no plane, the same model costs bits, by the bias that theory says.
//!
//! Errors are those over all inputs, not over some test rows: with x ~ N(0, I) a linear model with weights v and constant b has the mean
//! squared error σ² + |v − w|² + b² exactly. D = ½ log₂ of the error of least squares alone over that of the model, mean over tasks.

use polytask_data::builtin::Rows;
use polytask_data::builtin::planted_low_rank::{PlantedLowRank, truth};
use polytask_data::{Part, Reading, Source as _};
use polytask_random::Seed;
use serde_json::json;

use super::seeds;
use crate::columns::{numbers, rows_of};
use crate::instance::{Instance, tasks};
use crate::linear::{Matrix, least_squares, mean, reduced_rank, singular_values, transposed};
use crate::{Check, Mark, PlantedError};

/// The rank of the shared model.
const RANK: usize = 2;

/// Which of the two data sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// All in one plane.
    Plane,
    /// In every direction alike: the negative control.
    Isotropic,
}

impl Weights {
    /// In the order of the instances.
    pub const ALL: [Self; 2] = [Self::Plane, Self::Isotropic];

    fn options(self, train: usize, tasks: usize, seed: u64) -> PlantedLowRank {
        let usual = PlantedLowRank::default();
        PlantedLowRank {
            tasks,
            rank: match self {
                Self::Plane => RANK,
                Self::Isotropic => usual.features,
            },
            rows: Rows {
                train,
                ..usual.rows
            },
            data_seed: seed,
            ..usual
        }
    }

    /// The data set of one seed: 40 tasks, 60 rows.
    #[must_use]
    pub fn instance(self, seed: u64) -> Instance {
        let options = self.options(60, 40, seed);
        let rows = options.rows;
        let weights = truth(&options, Seed(seed));
        Instance {
            name: match self {
                Self::Plane => "low-rank",
                Self::Isotropic => "full-rank",
            }
            .to_owned(),
            written: format!(
                "{{ type = \"planted_low_rank\", tasks = {}, features = {}, rank = {}, noise = {:?}, train = {}, val = {}, test = {}, data_seed = {seed} }}",
                options.tasks,
                options.features,
                options.rank,
                options.noise,
                rows.train,
                rows.val,
                rows.test
            ),
            truth: json!({
                "weights": weights,
                "transfer_cap_bits": if self == Self::Plane { options.transfer_cap() } else { None },
                "bias": bias(&weights),
            }),
            tasks: tasks(options.tasks, "regression"),
            model: format!(
                "[encoder]\ntype = \"mlp\"\nhidden = []\n\n[sharing]\ntype = \"latent\"\ndimension = {RANK}\n\n[train]\nepochs = 400\nbatch_size = 60\noptimizer = {{ type = \"adam\", lr = 0.02 }}\nschedule = \"cosine\"\n"
            ),
            source: Box::new(options),
        }
    }
}

/// Both.
#[must_use]
pub fn instances(seed: u64) -> Vec<Instance> {
    Weights::ALL.map(|weights| weights.instance(seed)).into()
}

/// Σ over i > k of s_i(W)², over the tasks: what a model of rank k cannot have, per task.
fn bias(weights: &[Vec<f64>]) -> f64 {
    let squares = singular_values(weights).into_iter().skip(RANK);
    squares.map(|value| value * value).sum::<f64>() / weights.len() as f64
}

/// Mean squared errors over all inputs, per task: of weights `[inputs, tasks]` and constants.
fn errors(planted: &[Vec<f64>], found: &[Vec<f64>], constants: &[f64], noise: f64) -> Vec<f64> {
    let columns = transposed(found);
    let tasks = planted.iter().zip(&columns).zip(constants);
    tasks
        .map(|((planted, found), constant)| {
            let squares = planted.iter().zip(found).map(|(w, v)| (w - v).powi(2));
            noise * noise + squares.sum::<f64>() + constant * constant
        })
        .collect()
}

/// ½ log₂ of the ratio, mean over tasks.
fn bits(alone: &[f64], together: &[f64]) -> f64 {
    let ratios = alone.iter().zip(together);
    mean(
        &ratios
            .map(|(one, other)| 0.5 * (one / other).log2())
            .collect::<Vec<_>>(),
    )
}

/// The errors of least squares alone and of the best map of rank 2, in closed form.
fn closed(options: &PlantedLowRank) -> Result<(Vec<f64>, Vec<f64>), PlantedError> {
    let table = options.load(&Reading::new(Seed(0)))?;
    let (x, y) = numbers(&table, &rows_of(&table, Part::Train));
    let planted = truth(options, Seed(options.data_seed));
    let none = vec![0.0; planted.len()];
    let of = |map: Matrix| errors(&planted, &map, &none, options.noise);
    Ok((of(least_squares(&x, &y)?), of(reduced_rank(&x, &y, RANK)?)))
}

/// The references: reduced-rank regression in closed form, mean over draws, beside the cap.
///
/// # Errors
/// Rows that do not determine the weights.
pub fn of_closed_forms(seed: u64, is_quick: bool) -> Result<Vec<Check>, PlantedError> {
    let draws = if is_quick { 5 } else { 20 };
    let mut checks = Vec::new();
    // (rows, tasks, what reduced-rank regression attained elsewhere, over other draws: information.md 6).
    for (train, tasks, attained) in [
        (30, 40, 0.676),
        (60, 40, 0.2535),
        (200, 40, 0.0658),
        (60, 200, 0.2714),
    ] {
        let mut found = Vec::new();
        for seed in seeds(seed, draws) {
            let (alone, together) = closed(&Weights::Plane.options(train, tasks, seed))?;
            found.push(bits(&alone, &together));
        }
        let name =
            format!("reduced-rank regression, {train} rows, {tasks} tasks: transferred, bits");
        let cap = Weights::Plane.options(train, tasks, seed).transfer_cap();
        // A tenth of the bits: draws differ by about that.
        checks.push(
            Check::of(
                name,
                mean(&found),
                Mark::Between(0.9 * attained, 1.1 * attained),
            )
            .with_truth(attained),
        );
        checks.push(Check::of(
            format!("the cap at {train} rows, {tasks} tasks, bits"),
            cap.unwrap_or(f64::NAN),
            Mark::Told,
        ));
    }
    let options = Weights::Isotropic.options(2_000, 40, seed);
    let planted = truth(&options, Seed(seed));
    let (_, together) = closed(&options)?;
    let excess = mean(&together) - options.noise.powi(2);
    checks.push(
        Check::of(
            "no plane, 2000 rows: error above the noise, over the bias",
            excess / bias(&planted),
            Mark::Between(1.0, 1.05),
        )
        .with_truth(1.0),
    );
    Ok(Check::all_by(checks, "mean over draws, all inputs", draws))
}

/// A trained model, by its predictions `[rows, tasks]` on the test rows, from which its weights follow.
///
/// # Errors
/// Predictions that do not belong to these rows.
pub fn of_model(
    weights: Weights,
    seed: u64,
    predictions: &[Vec<f64>],
) -> Result<Vec<Check>, PlantedError> {
    let options = weights.options(60, 40, seed);
    let table = options.load(&Reading::new(Seed(0)))?;
    let (x, y) = numbers(&table, &rows_of(&table, Part::Test));
    if predictions.len() != x.len() {
        return Err(PlantedError::Shape {
            what: "rows of predictions",
            found: predictions.len(),
            wanted: x.len(),
        });
    }
    let planted = truth(&options, Seed(seed));
    // A linear model's predictions are a linear function of the inputs, to the rounding of f32.
    let with_one: Matrix = x
        .iter()
        .map(|x| x.iter().copied().chain([1.0]).collect())
        .collect();
    let mut map = least_squares(&with_one, predictions)?;
    let constants = map.pop().unwrap_or_default();
    let together = errors(&planted, &map, &constants, options.noise);
    let (alone, best) = closed(&options)?;
    let (x_train, y_train) = numbers(&table, &rows_of(&table, Part::Train));
    let alone_map = least_squares(&x_train, &y_train)?;
    let found = bits(&alone, &together);
    let on_rows = bits(
        &on_test(&y, &predicted(&x, &alone_map)),
        &on_test(&y, predictions),
    );
    let checks = match weights {
        Weights::Plane => vec![
            Check::of(
                "trained, 60 rows, 40 tasks: transferred, bits",
                found,
                Mark::Between(0.20, 0.28),
            )
            .with_truth(bits(&alone, &best)),
            Check::of(
                "trained, on 1000 test rows: transferred, bits",
                on_rows,
                Mark::Told,
            ),
            Check::of(
                "the most that sharing can give (cap), bits",
                options.transfer_cap().unwrap_or(f64::NAN),
                Mark::Told,
            ),
        ],
        Weights::Isotropic => vec![
            Check::of(
                "no plane, trained, 60 rows: transferred, bits",
                found,
                Mark::AtMost(0.0),
            )
            .with_truth(bits(&alone, &best)),
            Check::of(
                "no plane, trained, on 1000 test rows: transferred, bits",
                on_rows,
                Mark::Told,
            ),
            Check::of(
                "no plane, trained: error above the noise",
                mean(&together) - options.noise.powi(2),
                Mark::AtLeast(bias(&planted)),
            )
            .with_truth(bias(&planted)),
        ],
    };
    let tasks = planted.len() as u64;
    Ok(Check::all_by(checks, "mean over tasks", tasks))
}

fn predicted(x: &[Vec<f64>], map: &[Vec<f64>]) -> Matrix {
    let weights = transposed(map);
    x.iter()
        .map(|x| weights.iter().map(|w| crate::linear::dot(w, x)).collect())
        .collect()
}

/// Mean squared errors on rows, per task.
fn on_test(truth: &[Vec<f64>], predicted: &[Vec<f64>]) -> Vec<f64> {
    let (truth, predicted) = (transposed(truth), transposed(predicted));
    let tasks = truth.iter().zip(&predicted);
    tasks
        .map(|(truth, predicted)| {
            let squares = truth.iter().zip(predicted).map(|(y, p)| (y - p).powi(2));
            squares.sum::<f64>() / truth.len() as f64
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reduced_rank_regression_as_if_trained_passes_and_knowing_nothing_does_not() {
        let options = Weights::Plane.options(60, 40, 1);
        let table = options.load(&Reading::new(Seed(0))).unwrap();
        let (x_train, y_train) = numbers(&table, &rows_of(&table, Part::Train));
        let (x, _) = numbers(&table, &rows_of(&table, Part::Test));
        let map = reduced_rank(&x_train, &y_train, RANK).unwrap();
        let checks = of_model(Weights::Plane, 1, &predicted(&x, &map)).unwrap();
        // What is read from the predictions is the map itself.
        let crate::Found::Number(found) = &checks[0].found else {
            panic!("{checks:?}")
        };
        let found = found.value.unwrap();
        assert_eq!(checks[0].passed(), Some(true), "{checks:?}");
        let (alone, best) = closed(&options).unwrap();
        assert!((found - bits(&alone, &best)).abs() < 1e-9);
        let nothing = vec![vec![0.0; 40]; x.len()];
        let checks = of_model(Weights::Plane, 1, &nothing).unwrap();
        assert_eq!(checks[0].passed(), Some(false));
    }
}
