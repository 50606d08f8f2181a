//! A proposal of who should train with whom from affinities of any source, with what resampling says of it.

use polytask_random::Seed;
use serde::Serialize;

use crate::error::{at_least, same_length};
use crate::grouping::{Affinity, Objective, Proposal, co_membership};
use crate::special::mean_and_variance;
use crate::{Flag, InformationError, Measure, Unit};

/// Resamples: a share needs no more.
pub(super) const DRAWS: usize = 200;
/// Resamples of a cover of many tasks, each of which may take a second.
const FEW_DRAWS: usize = 40;
/// Tasks beyond which a cover is resampled less.
const QUICK_COVER: usize = 10;

/// A proposal and how sure it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grouped {
    /// The groups; tasks are named by their places.
    pub proposal: Proposal,
    /// What it is the best of.
    pub objective: Objective,
    /// The objective's value, in the affinities' unit; its `n` counts the affinities that are known.
    pub score: Measure,
    /// The value of the second best grouping; none if there is no other, or the search was not exhaustive.
    pub runner_up: Option<Measure>,
    /// By how much the second best grouping is worse.
    pub margin: Option<Measure>,
    /// Affinities, `[tasks][tasks]`: what the row's task gives the column's. None of a task with itself, and where nothing is known.
    pub affinity: Vec<Vec<Option<Measure>>>,
    /// What an affinity has to exceed for two tasks to be better off together. A cover has none.
    pub threshold: Option<Measure>,
    /// The share of resamples whose best grouping lets the row's task train with the column's, `[tasks][tasks]`.
    pub together: Vec<Vec<Measure>>,
    /// How many resamples.
    pub resamples: usize,
}

/// Affinities `[tasks, tasks]` row by row, with resamples of them. None where nothing is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Affinities {
    pub(super) tasks: usize,
    pub(super) measures: Vec<Option<Measure>>,
    pub(super) resampled: Vec<Vec<Option<f64>>>,
    /// Where a threshold comes from, and from how many affinities by chance.
    pub(super) threshold: (&'static str, usize),
}

/// The threshold of affinities that are gains already.
const GIVEN: (&str, usize) = ("given: what is above helps", 0);

impl Affinities {
    /// Means over draws (batches) of those that have a value, resampled by drawing draws anew.
    ///
    /// # Errors
    /// If there is no draw, or one is not of `tasks` by `tasks`.
    ///
    /// ```
    /// use polytask_information::grouping::Objective;
    /// use polytask_information::report::Affinities;
    ///
    /// // Two batches: tasks 0 and 1 help each other in both, 2 is in the way.
    /// let batch = |with: f64| vec![None, Some(with), Some(-0.1), Some(with), None, Some(-0.2), Some(-0.1), Some(-0.3), None];
    /// let affinities = Affinities::of_draws(&[batch(0.2), batch(0.4)], 3, "mean over batches", 7)?;
    /// let found = affinities.grouped(0.0, Objective::Partition { largest: None })?;
    /// assert_eq!(found.proposal.groups, [vec![0, 1], vec![2]]);
    /// assert_eq!(found.together[0][1].value, Some(1.0));
    /// let gain = found.affinity[0][1].as_ref().unwrap();
    /// assert!((gain.value.unwrap() - 0.3).abs() < 1e-12 && (gain.se.unwrap() - 0.1).abs() < 1e-12);
    /// # Ok::<(), polytask_information::InformationError>(())
    /// ```
    pub fn of_draws(
        draws: &[Vec<Option<f64>>],
        tasks: usize,
        estimator: &'static str,
        seed: u64,
    ) -> Result<Self, InformationError> {
        at_least("batches", draws.len(), 1)?;
        for draw in draws {
            same_length("affinities", tasks * tasks, draw.len())?;
        }
        let all: Vec<usize> = (0..draws.len()).collect();
        let resampled = (0..DRAWS).map(|draw| {
            let mut stream = Seed(seed).stream("information/group/batches", draw as u64);
            let drawn: Vec<usize> = all.iter().map(|_| stream.below(draws.len())).collect();
            means(draws, &drawn, tasks)
        });
        let measures = (0..tasks * tasks).map(|cell| {
            let known = draws
                .iter()
                .filter_map(|draw| draw.get(cell).copied().flatten());
            let known: Vec<f64> = known.collect();
            let (mean, variance) = mean_and_variance(&known);
            let measure = Measure::of(mean, Unit::One, estimator, known.len());
            match known.len() {
                0 => None,
                1 => Some(measure.flagged(Flag::FewRows)),
                count => Some(measure.with_se((variance / count as f64).sqrt())),
            }
        });
        Ok(Self {
            tasks,
            measures: measures.collect(),
            resampled: resampled.collect(),
            threshold: GIVEN,
        })
    }

    /// Measured affinities, resampled by their standard errors; one without an error stays as it is.
    ///
    /// # Errors
    /// If there are not `tasks` by `tasks`.
    pub fn of_measures(
        measures: &[Option<Measure>],
        tasks: usize,
        seed: u64,
    ) -> Result<Self, InformationError> {
        same_length("affinities", tasks * tasks, measures.len())?;
        let value = |measure: &Option<Measure>| measure.as_ref()?.value;
        let resampled = (0..DRAWS).map(|draw| {
            let mut stream = Seed(seed).stream("information/group/errors", draw as u64);
            let moved = measures.iter().map(|measure| {
                let error = measure.as_ref().and_then(|measure| measure.se);
                let step = stream.normal() * error.unwrap_or(0.0);
                value(measure).map(|value| value + step)
            });
            moved.collect()
        });
        Ok(Self {
            tasks,
            measures: measures.to_vec(),
            resampled: resampled.collect(),
            threshold: GIVEN,
        })
    }

    /// The best grouping. A pair of which nothing is known counts as the threshold: it neither joins nor parts.
    ///
    /// # Errors
    /// If there are fewer than two tasks, too many for the objective, or nothing is known of any pair.
    pub fn grouped(
        &self,
        threshold: f64,
        objective: Objective,
    ) -> Result<Grouped, InformationError> {
        at_least("tasks", self.tasks, 2)?;
        let value = |measure: &Option<Measure>| measure.as_ref()?.value;
        let values: Vec<Option<f64>> = self.measures.iter().map(value).collect();
        let known = values.iter().flatten().count();
        at_least("pairs of tasks of which anything is known", known, 1)?;
        let unit = self.measures.iter().flatten().next();
        let unit = unit.map_or(Unit::One, |measure| measure.unit);
        let (unknown, draws) = match objective {
            // A hair below: tasks that nothing brings together stay apart.
            Objective::Partition { .. } => (threshold - 1e-9 * threshold.abs().max(1.0), DRAWS),
            Objective::Cover { .. } if self.tasks <= QUICK_COVER => (-1e-9, DRAWS),
            Objective::Cover { .. } => (-1e-9, FEW_DRAWS),
        };
        let filled = |values: &Vec<Option<f64>>| {
            let values = values.iter().map(|value| value.unwrap_or(unknown));
            Affinity::new(values.collect(), self.tasks)
        };
        let proposal = objective.propose(&filled(&values)?, threshold)?;
        let resampled = self.resampled.iter().take(draws).map(filled);
        let resampled = resampled.collect::<Result<Vec<_>, _>>()?;
        let together = co_membership(&resampled, threshold, objective)?;
        let is_partition = matches!(objective, Objective::Partition { .. });
        let counted = if is_partition {
            "sum over pairs in a group of affinity less threshold"
        } else {
            "sum over tasks of the mean affinity from the others of their group"
        };
        let scored = |value: f64| {
            let measure = Measure::of(value, unit, counted, known);
            if proposal.is_exact {
                measure
            } else {
                measure.flagged(Flag::Heuristic)
            }
        };
        let shares = together.into_iter().map(|share| {
            let estimator = "share of resamples whose best grouping serves one with the other";
            Measure::of(share, Unit::One, estimator, resampled.len())
        });
        let shares: Vec<Measure> = shares.collect();
        Ok(Grouped {
            score: scored(proposal.score),
            runner_up: proposal.runner_up.map(scored),
            margin: proposal.margin().map(scored),
            proposal,
            objective,
            affinity: rows(&self.measures, self.tasks),
            threshold: is_partition
                .then(|| Measure::of(threshold, unit, self.threshold.0, self.threshold.1)),
            together: rows(&shares, self.tasks),
            resamples: resampled.len(),
        })
    }
}

/// `[tasks][tasks]` of `[tasks, tasks]`.
fn rows<T: Clone>(cells: &[T], tasks: usize) -> Vec<Vec<T>> {
    cells.chunks(tasks).map(<[T]>::to_vec).collect()
}

/// Of each pair, over the draws in `chosen` that know it.
fn means(draws: &[Vec<Option<f64>>], chosen: &[usize], tasks: usize) -> Vec<Option<f64>> {
    (0..tasks * tasks)
        .map(|cell| {
            let known = chosen
                .iter()
                .filter_map(|&draw| draws.get(draw)?.get(cell).copied().flatten());
            let (sum, count) = known.fold((0.0, 0usize), |(sum, count), value| {
                (sum + value, count + 1)
            });
            (count > 0).then(|| sum / count as f64)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_make_a_proposal_less_sure() {
        let gain = |value: f64, se: f64| Some(Measure::of(value, Unit::Bits, "D", 9).with_se(se));
        let found = |se| {
            let measures = [None, gain(0.1, se), gain(0.1, se), None];
            let affinities = Affinities::of_measures(&measures, 2, 1).unwrap();
            affinities
                .grouped(0.0, Objective::Partition { largest: None })
                .unwrap()
        };
        let share_of = |found: Grouped| found.together[0][1].value.unwrap();
        assert!(share_of(found(0.001)) > 0.999);
        // The mean of both directions is 0.1 ± 0.14: above 0 with probability 0.76.
        let share = share_of(found(0.2));
        assert!((share - 0.76).abs() < 0.09, "{share}");
        let margin = found(0.2).margin.unwrap();
        assert_eq!((margin.value, margin.unit), (Some(0.1), Unit::Bits));
    }

    #[test]
    fn nothing_known_of_a_pair_is_no_reason() {
        let draw = vec![
            None,
            Some(0.5),
            None,
            Some(0.5),
            None,
            None,
            None,
            None,
            None,
        ];
        let affinities = Affinities::of_draws(&[draw], 3, "mean", 1).unwrap();
        for objective in [
            Objective::Partition { largest: None },
            Objective::Cover { most: 2 },
        ] {
            let found = affinities.grouped(0.1, objective).unwrap();
            assert_eq!(
                found.proposal.groups,
                [vec![0, 1], vec![2]],
                "{objective:?}"
            );
        }
        assert!(
            Affinities::of_draws(&[vec![None; 4]], 2, "mean", 1)
                .unwrap()
                .grouped(0.0, Objective::Cover { most: 1 })
                .is_err()
        );
    }
}
