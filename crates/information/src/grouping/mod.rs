//! Who should train with whom, from a matrix of affinities: a proposal, never a decision.
//!
//! - [`partition`]: disjoint groups, one model each, maximising Σ over pairs in a group of (A_ij - θ).
//! - [`cover`]: at most b groups that may overlap, each task served by one of them (Standley et al. 2020).
//! - [`Objective`] is one of the two; [`co_membership`]: how often resamples of the matrix let one task train with another.
//!
//! Affinities predict gains poorly (Standley et al. 2020; Azorin et al. 2023): train the proposal, all together and all alone, and
//! compare the bits.

mod affinity;
mod cover;
mod greedy;
mod partition;

pub use affinity::Affinity;
pub use cover::cover;
pub use partition::partition;

use rayon::prelude::*;
use serde::Serialize;

use crate::InformationError;

/// Groups, how good they are and how clearly they are the best.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// The tasks of each group, in order.
    pub groups: Vec<Vec<usize>>,
    /// The place of the group that serves each task.
    pub served: Vec<usize>,
    /// The objective's value.
    #[serde(skip)]
    pub score: f64,
    /// The value of the second best proposal; none if there is no other, or the search was not exhaustive.
    #[serde(skip)]
    pub runner_up: Option<f64>,
    /// Whether this is proven to be the best. If not, the search was heuristic.
    pub is_exact: bool,
}

impl Proposal {
    /// By how much the second best is worse.
    #[must_use]
    pub fn margin(&self) -> Option<f64> {
        Some(self.score - self.runner_up?)
    }
}

/// What a grouping is the best of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Disjoint groups, of at most so many tasks.
    Partition {
        /// None for any size.
        largest: Option<usize>,
    },
    /// Groups that may overlap.
    Cover {
        /// How many at most.
        most: usize,
    },
}

impl Objective {
    /// The best grouping; a cover knows no threshold, as a task alone scores 0.
    ///
    /// # Errors
    /// As [`partition`] and [`cover`].
    pub fn propose(
        self,
        affinity: &Affinity,
        threshold: f64,
    ) -> Result<Proposal, InformationError> {
        match self {
            Self::Partition { largest } => partition(affinity, threshold, largest),
            Self::Cover { most } => cover(affinity, most),
        }
    }
}

/// The share of the matrices whose best grouping serves task t by a group with s in it, `[s, t]` row by row.
///
/// # Errors
/// If there is no matrix, or they differ in size.
pub fn co_membership(
    resamples: &[Affinity],
    threshold: f64,
    objective: Objective,
) -> Result<Vec<f64>, InformationError> {
    crate::error::at_least("resamples", resamples.len(), 1)?;
    let tasks = resamples.first().map_or(0, Affinity::tasks);
    let found: Vec<Proposal> = resamples
        .par_iter()
        .map(|affinity| {
            crate::error::same_length("tasks of two matrices", tasks, affinity.tasks())?;
            match objective {
                Objective::Partition { largest } => partition(affinity, threshold, largest),
                Objective::Cover { most } => cover::quick_cover(affinity, most),
            }
        })
        .collect::<Result<_, _>>()?;
    let mut together = vec![0.0; tasks * tasks];
    for proposal in found {
        for (t, &place) in proposal.served.iter().enumerate() {
            for s in proposal.groups.get(place).into_iter().flatten() {
                if let Some(share) = together.get_mut(s * tasks + t) {
                    *share += 1.0;
                }
            }
        }
    }
    let count = resamples.len() as f64;
    Ok(together.into_iter().map(|times| times / count).collect())
}

/// The place of the first group that has each task.
fn served(groups: &[Vec<usize>], tasks: usize) -> Vec<usize> {
    let of = |task: usize| groups.iter().position(|group| group.contains(&task));
    (0..tasks).map(|task| of(task).unwrap_or(0)).collect()
}
