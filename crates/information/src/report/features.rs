//! Which features tell about which task, and how much the tasks' profiles overlap.

use polytask_random::{Seed, Stream};
use rayon::prelude::*;
use serde::Serialize;

use super::input::{Features, ReportOptions, read};
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
    features: &dyn Features,
    tasks: &[Prepared],
    options: &ReportOptions,
) -> Result<(Vec<Ranking>, Vec<Measure>), InformationError> {
    let count = features.count();
    let rows = tasks.first().map_or(0, |task| task.labels.len());
    // Of each feature its name and what it tells of each task: the feature itself is let go.
    let told = (0..count)
        .into_par_iter()
        .map(
            |place| -> Result<(String, Vec<Measure>), InformationError> {
                let feature = Prepared::of(&*read(features, place, rows)?);
                let measures = tasks.par_iter().enumerate().map(|(task, labels)| {
                    let place = (task * count + place) as u64;
                    let mut stream = Seed(options.seed).stream("information/feature", place);
                    told(&feature, labels, options, &mut stream)
                });
                Ok((feature.name.clone(), measures.collect::<Result<_, _>>()?))
            },
        )
        .collect::<Result<Vec<_>, InformationError>>()?;
    let of_task = |task: usize| {
        told.iter()
            .filter_map(move |(_, all)| all.get(task).cloned())
    };
    let mut measures: Vec<Measure> = (0..tasks.len()).flat_map(of_task).collect();
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
        let names = told.iter().map(|(name, _)| name);
        let mut order: Vec<(&String, &Measure)> = names.zip(measures).collect();
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
                .map(|(name, measure)| (name.clone(), measure.clone()))
                .collect(),
        });
    }
    let significant: Vec<bool> = rankings.iter().map(|one| one.significant > 0).collect();
    let overlap = overlap(&profiles, &significant, options);
    Ok((rankings, overlap))
}

/// I(feature; label) of a table of both.
fn told(
    feature: &Prepared,
    task: &Prepared,
    options: &ReportOptions,
    stream: &mut Stream,
) -> Result<Measure, InformationError> {
    let sides = [feature, task].map(|side| (side.labels.as_slice(), side.classes));
    let mut measure = Tested::of(sides[0], sides[1], options, 0, stream)?.measure;
    if feature.real.is_some() || task.real.is_some() {
        // Binning loses information and makes none.
        measure.flag(Flag::LowerBound);
        measure.estimator = format!("8 bins, {}", measure.estimator).into();
    }
    Ok(measure)
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
