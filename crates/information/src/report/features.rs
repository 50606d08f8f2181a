//! Which features tell about which task, and how much the tasks' profiles overlap.

use polytask_random::Seed;
use rayon::prelude::*;
use serde::Serialize;

use super::input::ReportOptions;
use super::prepared::Prepared;
use super::tested::Tested;
use crate::special::sum;
use crate::{Flag, InformationError, Measure, Unit, benjamini_hochberg};

/// A task's best features.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ranking {
    /// The task's place.
    pub task: usize,
    /// How many features were tested.
    pub tested: usize,
    /// How many of them are significant.
    pub significant: usize,
    /// The best ones, best first: (name, I(feature; label) in bits).
    pub best: Vec<(String, Measure)>,
}

/// The rankings and the cosines of the tasks' profiles, `[tasks, tasks]` row by row.
pub(super) fn rankings(
    features: &[Prepared],
    tasks: &[Prepared],
    options: &ReportOptions,
) -> Result<(Vec<Ranking>, Vec<Measure>), InformationError> {
    let count = features.len();
    let mut measures = (0..tasks.len() * count)
        .into_par_iter()
        .map(|place| -> Result<Measure, InformationError> {
            let (Some(task), Some(feature)) =
                (tasks.get(place / count), features.get(place % count))
            else {
                return Ok(Measure::absent(
                    Unit::Bits,
                    "plug-in - EMI",
                    0,
                    Flag::Undefined,
                ));
            };
            let mut stream = Seed(options.seed).stream("information/feature", place as u64);
            let tested = Tested::of(
                (&feature.labels, feature.classes),
                (&task.labels, task.classes),
                options,
                0,
                &mut stream,
            )?;
            let mut measure = tested.measure;
            if feature.real.is_some() || task.real.is_some() {
                // Binning loses information and makes none.
                measure.flag(Flag::LowerBound);
                measure.estimator = format!("8 bins, {}", measure.estimator).into();
            }
            Ok(measure)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let p: Vec<Option<f64>> = measures.iter().map(|measure| measure.p).collect();
    measures
        .iter_mut()
        .zip(benjamini_hochberg(&p))
        .for_each(|(measure, q)| measure.q = q);
    let mut rankings = Vec::new();
    let mut profiles = Vec::new();
    for (task, measures) in measures.chunks_exact(count.max(1)).enumerate() {
        profiles.push(
            measures
                .iter()
                .map(|measure| measure.value)
                .collect::<Vec<Option<f64>>>(),
        );
        let mut order: Vec<(&Prepared, &Measure)> = features.iter().zip(measures).collect();
        order.sort_by(|left, right| {
            right
                .1
                .value
                .unwrap_or(f64::MIN)
                .total_cmp(&left.1.value.unwrap_or(f64::MIN))
        });
        rankings.push(Ranking {
            task,
            tested: measures
                .iter()
                .filter(|measure| measure.p.is_some())
                .count(),
            significant: measures
                .iter()
                .filter(|measure| measure.is_significant(options.rate))
                .count(),
            best: order
                .into_iter()
                .take(options.features)
                .map(|(feature, measure)| (feature.name.clone(), measure.clone()))
                .collect(),
        });
    }
    let significant: Vec<bool> = rankings.iter().map(|one| one.significant > 0).collect();
    let overlap = overlap(&profiles, &significant, options);
    Ok((rankings, overlap))
}

/// The cosine of each two profiles against those of one profile with its features in any other order, `[tasks, tasks]` row by row.
///
/// Informations are mostly not negative, so profiles that have nothing to do with each other have a cosine well above 0: that is the
/// null mean, (sum a)(sum b)/(n |a| |b|), exact. Features that go together (blocks of a picture) are fewer than they seem, for which
/// p is too small. Undefined where neither task has a significant feature: two profiles of noise.
fn overlap(
    profiles: &[Vec<Option<f64>>],
    significant: &[bool],
    options: &ReportOptions,
) -> Vec<Measure> {
    const ESTIMATOR: &str = "cosine of feature profiles; null: features in any order";
    let tasks = profiles.len();
    let measure = |place: usize| {
        let (left, right) = (place / tasks, place % tasks);
        let has_any = |task: usize| significant.get(task).copied().unwrap_or(false);
        let (Some(one), Some(other)) = (profiles.get(left), profiles.get(right)) else {
            return Measure::absent(Unit::One, ESTIMATOR, 0, Flag::Undefined);
        };
        // A feature that never varies tells nothing of either: it would make chance look smaller.
        let (one, other): (Vec<f64>, Vec<f64>) = one
            .iter()
            .zip(other)
            .filter_map(|(one, other)| one.zip(*other))
            .unzip();
        let count = one.len();
        if !has_any(left) && !has_any(right) {
            return Measure::absent(Unit::One, ESTIMATOR, count, Flag::Undefined);
        }
        let norms = dot(&one, &one).sqrt() * dot(&other, &other).sqrt();
        let measure = Measure::of(dot(&one, &other) / norms, Unit::One, ESTIMATOR, count)
            .flagged(Flag::Exploratory);
        if left == right || measure.value.is_none() {
            return measure;
        }
        let null = sum(one.iter().copied()) * sum(other.iter().copied()) / count as f64 / norms;
        // Both orders of a pair are the same test.
        let pair = left.min(right) * tasks + left.max(right);
        let mut stream = Seed(options.seed).stream("information/overlap", pair as u64);
        let (one, other) = if left < right {
            (one, other)
        } else {
            (other, one)
        };
        let mut shuffled = other.clone();
        let observed = dot(&one, &other);
        let mut reached = 0usize;
        for _ in 0..options.permutations {
            stream.shuffle(&mut shuffled);
            reached += usize::from(dot(&one, &shuffled) >= observed - 1e-12 * norms);
        }
        let p = (1.0 + reached as f64) / (options.permutations as f64 + 1.0);
        measure.with_null(null, Some(p))
    };
    (0..tasks * tasks).into_par_iter().map(measure).collect()
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}
