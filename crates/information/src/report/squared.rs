//! How near a number could be told from one other label alone.
//!
//! The mean squared error of any rule from that label is at least e^(2h)/(2πe), h the differential entropy of the number given the
//! label. h is estimated (Kozachenko-Leonenko) and no proof, unlike the bounds for classes; of features nothing follows, as a model's
//! loss bounds h from above only.

use rayon::prelude::*;
use serde::Serialize;

use super::input::ReportOptions;
use super::prepared::Prepared;
use crate::bounds::squared_error_floor;
use crate::continuous::{Points, differential_entropy};
use crate::special::mean_and_variance;
use crate::{Flag, InformationError, Measure, Unit};

/// Rows that one class of a source, or a source of numbers, must have.
const LEAST: usize = 50;
/// Rows that are looked at, at most.
const MOST: usize = 5000;
/// The share of equal values above which a number has no density.
const TIES: f64 = 0.01;

/// A floor so far above the whole variance, which no law allows, shows that neighbours suit the two labels badly: such a source is left
/// out. What is nearer is noise, and flagged.
const WRONG: f64 = 1.2;

/// The best single source of a task with a number.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SquaredFloor {
    /// The place of the task to tell.
    pub task: usize,
    /// The place of the label it is told from.
    pub from: usize,
    /// h(task | from), bits; it has the unit of the number, so that only differences say something.
    pub entropy: Measure,
    /// The mean squared error of a line through the source, or of the means of its classes, leave-one-out, as a share of the number's
    /// variance: attained.
    pub attained: Measure,
    /// The least mean squared error of a rule from that label, as a share of the number's variance; flagged where it is above what is
    /// attained.
    pub floor: Measure,
}

/// For each task with a number the source that leaves the least entropy.
pub(super) fn floors(
    tasks: &[Prepared],
    options: &ReportOptions,
) -> Result<Vec<SquaredFloor>, InformationError> {
    let found: Vec<Option<SquaredFloor>> = tasks
        .par_iter()
        .enumerate()
        .map(|(place, task)| match &task.real {
            Some(values) => best(place, values, tasks, options.neighbours),
            None => Ok(None),
        })
        .collect::<Result<_, InformationError>>()?;
    Ok(found.into_iter().flatten().collect())
}

fn best(
    place: usize,
    values: &[Option<f64>],
    tasks: &[Prepared],
    k: usize,
) -> Result<Option<SquaredFloor>, InformationError> {
    let mut best: Option<SquaredFloor> = None;
    for (from, source) in tasks.iter().enumerate().filter(|(from, _)| *from != place) {
        let Some(told) = told(values, source, k)? else {
            continue;
        };
        let floor = told.floor(place, from);
        if floor.floor.value.is_none_or(|share| share > WRONG) {
            continue;
        }
        if best
            .as_ref()
            .is_none_or(|best| floor.floor.value < best.floor.value)
        {
            best = Some(floor);
        }
    }
    Ok(best)
}

/// A number given another label, on the rows with both.
struct Told {
    /// h(task | from), nats.
    conditional: f64,
    variance: f64,
    /// Leave-one-out, of a least squares fit.
    attained: f64,
    rows: usize,
    is_subsampled: bool,
}

impl Told {
    fn floor(&self, task: usize, from: usize) -> SquaredFloor {
        let record = |value: f64, unit, estimator: &'static str| {
            let measure = Measure::of(value, unit, estimator, self.rows).flagged(Flag::Exploratory);
            if self.is_subsampled {
                measure.flagged(Flag::Subsampled)
            } else {
                measure
            }
        };
        let least = squared_error_floor(self.conditional) / self.variance;
        let share = record(
            least,
            Unit::One,
            "e^(2h)/(2πe) over the variance, h estimated",
        );
        SquaredFloor {
            task,
            from,
            entropy: record(self.conditional, Unit::Nats, "Kozachenko-Leonenko").in_bits(),
            attained: record(
                self.attained / self.variance,
                Unit::One,
                "least squares, leave-one-out, over the variance",
            ),
            floor: if least > (self.attained / self.variance).min(1.0) {
                share.flagged(Flag::AboveAttained)
            } else {
                share
            },
        }
    }
}

/// None if the rows do not allow a number: too few, or one without a density.
fn told(
    values: &[Option<f64>],
    source: &Prepared,
    k: usize,
) -> Result<Option<Told>, InformationError> {
    let mut rows: Vec<(f64, f64)> = match &source.real {
        Some(others) => {
            let both = values.iter().zip(others);
            both.filter_map(|(value, other)| Some(((*value)?, (*other)?)))
                .collect()
        }
        None => {
            let both = values.iter().zip(&source.labels);
            both.filter_map(|(value, label)| Some(((*value)?, f64::from((*label)?))))
                .collect()
        }
    };
    let all = rows.len();
    if all > MOST {
        rows = (0..MOST)
            .filter_map(|place| rows.get(place * all / MOST).copied())
            .collect();
    }
    let own: Vec<f64> = rows.iter().map(|(value, _)| *value).collect();
    let (_, variance) = mean_and_variance(&own);
    if rows.len() < LEAST.max(k + 1) || is_tied(&own) || variance <= 0.0 {
        return Ok(None);
    }
    let (conditional, attained) = if source.real.is_some() {
        let other: Vec<f64> = rows.iter().map(|(_, other)| *other).collect();
        let (_, spread) = mean_and_variance(&other);
        if is_tied(&other) || spread <= 0.0 {
            return Ok(None);
        }
        // Of one scale: the neighbours are nearest in the larger difference.
        let (scale, other_scale) = (variance.sqrt(), spread.sqrt());
        let both = rows
            .iter()
            .flat_map(|(value, other)| [value / scale, other / other_scale]);
        let joint = differential_entropy(&Points::new(both.collect(), 2)?, k)?;
        let other: Vec<f64> = other.iter().map(|value| value / other_scale).collect();
        let conditional = joint - differential_entropy(&Points::line(&other)?, k)? + scale.ln();
        (conditional, line_error(&rows))
    } else {
        let mut classes: Vec<Vec<f64>> = vec![Vec::new(); source.classes];
        for (value, class) in &rows {
            if let Some(class) = classes.get_mut(*class as usize) {
                class.push(*value);
            }
        }
        let (mut sum, mut squares) = (0.0, 0.0);
        for class in classes.iter().filter(|class| !class.is_empty()) {
            if class.len() < LEAST.max(k + 1) {
                return Ok(None);
            }
            let share = class.len() as f64 / rows.len() as f64;
            sum += share * differential_entropy(&Points::line(class)?, k)?;
            // Left out, a row is n/(n-1) times as far from the mean of the others.
            let own = class.len() as f64;
            squares += mean_and_variance(class).1 * own * own / (own - 1.0);
        }
        (sum, squares / rows.len() as f64)
    };
    Ok(Some(Told {
        conditional,
        variance,
        attained,
        rows: rows.len(),
        is_subsampled: all > rows.len(),
    }))
}

/// The mean squared error of the line through (y, x) pairs, each left out in its turn: e/(1 - h), h = 1/n + (x - mean)²/Σ(x - mean)².
fn line_error(rows: &[(f64, f64)]) -> f64 {
    let n = rows.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| rows.iter().map(of).sum::<f64>() / n;
    let (y_mean, x_mean) = (mean(|row| row.0), mean(|row| row.1));
    let (mut xx, mut xy) = (0.0, 0.0);
    for (y, x) in rows {
        xx += (x - x_mean).powi(2);
        xy += (x - x_mean) * (y - y_mean);
    }
    let left_out = rows.iter().map(|(y, x)| {
        let residual = y - y_mean - xy / xx * (x - x_mean);
        (residual / (1.0 - 1.0 / n - (x - x_mean).powi(2) / xx)).powi(2)
    });
    left_out.sum::<f64>() / n
}

fn is_tied(values: &[f64]) -> bool {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let same = sorted.windows(2).filter(|pair| pair.first() == pair.last());
    same.count() as f64 > TIES * values.len() as f64
}
