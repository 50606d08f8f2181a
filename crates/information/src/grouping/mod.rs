//! Who should train with whom, from a matrix of affinities: a proposal, never a decision.
//!
//! - [`partition`]: disjoint groups, one model each, maximising Σ over pairs in a group of (A_ij - θ).
//! - [`cover`]: at most b groups that may overlap, each task served by one of them (Standley et al. 2020).
//! - [`co_membership`]: how often resamples of the matrix put two tasks together.
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

use serde::Serialize;

use crate::InformationError;

/// Groups, how good they are and how clearly they are the best.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proposal {
    /// The tasks of each group, in order.
    pub groups: Vec<Vec<usize>>,
    /// The objective's value.
    pub score: f64,
    /// The value of the second best proposal; none if there is no other, or the search was not exhaustive.
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

/// The share of the matrices whose best [`partition`] puts tasks s and t together, `[tasks, tasks]` row by row.
///
/// # Errors
/// If there is no matrix, or they differ in size.
pub fn co_membership(
    resamples: &[Affinity],
    threshold: f64,
    largest: Option<usize>,
) -> Result<Vec<f64>, InformationError> {
    crate::error::at_least("resamples", resamples.len(), 1)?;
    let tasks = resamples.first().map_or(0, Affinity::tasks);
    let mut together = vec![0.0; tasks * tasks];
    for affinity in resamples {
        crate::error::same_length("tasks of two matrices", tasks, affinity.tasks())?;
        for group in partition(affinity, threshold, largest)?.groups {
            for s in &group {
                for t in &group {
                    if let Some(share) = together.get_mut(s * tasks + t) {
                        *share += 1.0 / resamples.len() as f64;
                    }
                }
            }
        }
    }
    Ok(together)
}
