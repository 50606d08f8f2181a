//! Bits transferred: D = mean over test rows of log2[q_joint(y|x)/q_alone(y|x)], paired per row.
//!
//! The baseline cancels, so D is the difference of the usable informations with a far smaller variance. Negative D is negative
//! transfer. Only comparable runs give a number: same split, trunk, budget and calibration, several seeds.

use polytask_random::Stream;

use super::row_measure;
use super::rows::members;
use crate::InformationError;
use crate::error::{all_finite, at_least, same_length};
use crate::special::{mean, mean_and_variance, normal_quantile, quantile, student_quantile};
use crate::{Flag, Measure, Unit};

/// D of one pair of models, from each row's -ln q(y|x) in nats.
///
/// # Errors
/// If the rows differ in number, are fewer than two, or one is not finite.
///
/// ```
/// use polytask_information::usable::transferred;
///
/// let alone = [0.20, 0.90, 0.40, 1.30, 0.10, 0.70, 0.55, 0.35];
/// let joint = [0.15, 0.60, 0.45, 1.00, 0.10, 0.50, 0.50, 0.20];
/// let found = transferred(&alone, &joint, None)?;
/// assert_eq!(format!("{found:.3}"), "0.180 ± 0.068 bits");
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn transferred(
    alone: &[f64],
    joint: &[f64],
    groups: Option<&[u32]>,
) -> Result<Measure, InformationError> {
    row_measure(&differences(alone, joint)?, groups, "paired log ratio")
}

fn differences(alone: &[f64], joint: &[f64]) -> Result<Vec<f64>, InformationError> {
    same_length("rows alone and joint", alone.len(), joint.len())?;
    Ok(alone
        .iter()
        .zip(joint)
        .map(|(alone, joint)| alone - joint)
        .collect())
}

/// How the test rows of several seeds belong together.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// The same test rows, in the same order, under every seed; resampled by group if there are groups.
    Shared(Option<&'a [u32]>),
    /// Every seed has a split of its own.
    Own,
}

/// D over seeds, with a 95 % interval over seeds and rows; `alone` and `joint` are `[seeds][rows]`, nats.
///
/// A resample draws rows (the same rows for all seeds if they share them) and a deviation of the mean over seeds. Few seeds' own
/// values resample too narrowly, so that deviation is normal with their standard error s/√S, times t(.975; S-1)/1.96: where seeds
/// dominate this is Student's interval. The noise of rows that seeds do not share is in both draws, so that where rows dominate
/// the interval is too wide, never too narrow. The standard error has no such factor. With one seed both are over rows only, and
/// flagged.
///
/// # Errors
/// If seeds or rows differ in number, there are fewer than two rows or 40 resamples, or a value is not finite.
pub fn transferred_over_seeds(
    alone: &[Vec<f64>],
    joint: &[Vec<f64>],
    rows: Rows<'_>,
    resamples: usize,
    stream: &mut Stream,
) -> Result<Measure, InformationError> {
    same_length("seeds alone and joint", alone.len(), joint.len())?;
    at_least("seeds", alone.len(), 1)?;
    at_least("resamples", resamples, 40)?;
    let seeds = alone
        .iter()
        .zip(joint)
        .map(|(alone, joint)| differences(alone, joint))
        .collect::<Result<Vec<_>, _>>()?;
    for seed in &seeds {
        at_least("rows", seed.len(), 2)?;
        all_finite("value of a row", seed)?;
    }
    let units = units(&seeds, rows)?;
    let count = seeds.len() as f64;
    let means: Vec<f64> = seeds.iter().map(|seed| mean(seed)).collect();
    let (value, between) = mean_and_variance(&means);
    // The standard error that the seeds alone give; 0 of one seed.
    let seed_error = (between / count).sqrt();
    let widening = if seeds.len() > 1 {
        student_quantile(0.975, count - 1.0) / normal_quantile(0.975)
    } else {
        0.0
    };
    let over_rows: Vec<f64> = (0..resamples)
        .map(|_| mean(&resampled_means(&seeds, units.as_deref(), stream)))
        .collect();
    let (_, of_rows) = mean_and_variance(&over_rows);
    let mut values: Vec<f64> = over_rows
        .into_iter()
        .map(|all| all + widening * seed_error * stream.normal())
        .collect();
    values.sort_by(f64::total_cmp);
    let n: usize = match rows {
        Rows::Shared(_) => seeds.first().map_or(0, Vec::len),
        Rows::Own => seeds.iter().map(Vec::len).sum(),
    };
    let measure = Measure::of(
        value,
        Unit::Nats,
        "paired log ratio, bootstrap over rows, Student's t over seeds",
        n,
    )
    .with_se((of_rows + seed_error.powi(2)).sqrt())
    .with_interval([quantile(&values, 0.025), quantile(&values, 0.975)]);
    let measure = if seeds.len() < 3 {
        measure.flagged(Flag::FewRows)
    } else {
        measure
    };
    Ok(measure.in_bits())
}

/// The sets of rows that are drawn together, if all seeds share them.
fn units(seeds: &[Vec<f64>], rows: Rows<'_>) -> Result<Option<Vec<Vec<usize>>>, InformationError> {
    let Rows::Shared(groups) = rows else {
        return Ok(None);
    };
    let count = seeds.first().map_or(0, Vec::len);
    for seed in seeds {
        same_length("rows of two seeds", count, seed.len())?;
    }
    let Some(groups) = groups else {
        return Ok(Some((0..count).map(|row| vec![row]).collect()));
    };
    same_length("rows and groups", count, groups.len())?;
    Ok(Some(members(groups)))
}

fn resampled_means(
    seeds: &[Vec<f64>],
    units: Option<&[Vec<usize>]>,
    stream: &mut Stream,
) -> Vec<f64> {
    let Some(units) = units else {
        return seeds
            .iter()
            .map(|seed| {
                let drawn =
                    (0..seed.len()).filter_map(|_| seed.get(stream.below(seed.len())).copied());
                drawn.sum::<f64>() / seed.len() as f64
            })
            .collect();
    };
    let mut sums = vec![0.0; seeds.len()];
    let mut rows = 0usize;
    for _ in 0..units.len() {
        for &row in units
            .get(stream.below(units.len()))
            .map_or(&[][..], Vec::as_slice)
        {
            rows += 1;
            for (sum, seed) in sums.iter_mut().zip(seeds) {
                *sum += seed.get(row).copied().unwrap_or(0.0);
            }
        }
    }
    sums.iter().map(|sum| sum / rows as f64).collect()
}
