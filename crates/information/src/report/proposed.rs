//! A proposal of who should train with whom from affinities of any source, with what resampling says of it.

use polytask_random::Seed;
use serde::Serialize;

use crate::error::{at_least, same_length};
use crate::grouping::{Affinity, Objective, Proposal, co_membership};
use crate::{InformationError, Measure};

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
    /// By how much the second best grouping is worse, in the affinities' unit.
    pub margin: Option<f64>,
    /// Affinities, `[tasks][tasks]`: what the row's task gives the column's. None of a task with itself, and where nothing is known.
    pub affinity: Vec<Vec<Option<f64>>>,
    /// What an affinity has to exceed for two tasks to be better off together. A cover has none.
    pub threshold: Option<f64>,
    /// The share of resamples whose best grouping lets the row's task train with the column's, `[tasks][tasks]`.
    pub together: Vec<Vec<f64>>,
    /// How many resamples.
    pub resamples: usize,
}

/// Affinities `[tasks, tasks]` row by row, with resamples of them. None where nothing is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Affinities {
    pub(super) tasks: usize,
    pub(super) values: Vec<Option<f64>>,
    pub(super) resampled: Vec<Vec<Option<f64>>>,
}

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
    /// let affinities = Affinities::of_draws(&[batch(0.2), batch(0.4)], 3, 7)?;
    /// let found = affinities.grouped(0.0, Objective::Partition { largest: None })?;
    /// assert_eq!(found.proposal.groups, [vec![0, 1], vec![2]]);
    /// assert_eq!(found.together[0][1], 1.0);
    /// # Ok::<(), polytask_information::InformationError>(())
    /// ```
    pub fn of_draws(
        draws: &[Vec<Option<f64>>],
        tasks: usize,
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
        Ok(Self {
            tasks,
            values: means(draws, &all, tasks),
            resampled: resampled.collect(),
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
            values: measures.iter().map(value).collect(),
            resampled: resampled.collect(),
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
        let known = self.values.iter().flatten().count();
        at_least("pairs of tasks of which anything is known", known, 1)?;
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
        let proposal = objective.propose(&filled(&self.values)?, threshold)?;
        let resampled = self.resampled.iter().take(draws).map(filled);
        let resampled = resampled.collect::<Result<Vec<_>, _>>()?;
        let together = co_membership(&resampled, threshold, objective)?;
        Ok(Grouped {
            margin: proposal.margin(),
            proposal,
            objective,
            affinity: self.values.chunks(self.tasks).map(<[_]>::to_vec).collect(),
            threshold: matches!(objective, Objective::Partition { .. }).then_some(threshold),
            together: together.chunks(self.tasks).map(<[_]>::to_vec).collect(),
            resamples: resampled.len(),
        })
    }
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
    use crate::Unit;

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
        assert!(found(0.001).together[0][1] > 0.999);
        // The mean of both directions is 0.1 ± 0.14: above 0 with probability 0.76.
        let share = found(0.2).together[0][1];
        assert!((share - 0.76).abs() < 0.09, "{share}");
        assert_eq!(found(0.2).margin, Some(0.1));
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
        let affinities = Affinities::of_draws(&[draw], 3, 1).unwrap();
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
            Affinities::of_draws(&[vec![None; 4]], 2, 1)
                .unwrap()
                .grouped(0.0, Objective::Cover { most: 1 })
                .is_err()
        );
    }
}
