//! Which features tell about which task, and how much the tasks' profiles overlap.

use polytask_random::Seed;
use rayon::prelude::*;
use serde::Serialize;

use super::input::ReportOptions;
use super::prepared::Prepared;
use super::tested::Tested;
use crate::similarity::cosines;
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
                .map(|measure| measure.value.unwrap_or(0.0))
                .collect::<Vec<f64>>(),
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
    let overlap = cosines(&profiles)?
        .into_iter()
        .map(|cosine| Measure::of(cosine, Unit::One, "cosine of feature profiles", count))
        .collect();
    Ok((rankings, overlap))
}
