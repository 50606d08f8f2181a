//! The best b groups that may overlap, each task served by one (Standley et al. 2020): exact branch and bound.
//!
//! A group g serves a task t in it with score(g, t) = mean over the others i of g of A_{i->t}; a task alone scores 0. Groups are
//! tried in lexicographic order; a branch is left when Σ_t max(score so far, best score among the groups still to come) cannot
//! pass the best cover known.

use super::affinity::members;
use super::{Affinity, Proposal};
use crate::InformationError;
use crate::error::{at_least, at_most};

/// Tasks a cover may have.
const TASKS: usize = 14;
/// Branches looked at before the search gives up its proof; some seconds.
const BRANCHES: u64 = 50_000_000;

/// At most `most` groups maximising the sum of the tasks' scores. Ties go to the lexicographically first groups.
///
/// # Errors
/// If there is no task or no group, or more than 14 tasks.
///
/// ```
/// use polytask_information::grouping::{Affinity, cover};
///
/// // Task 1 helps 0 and 2 but is helped by nobody: it serves itself alone.
/// let affinity = Affinity::new(vec![0.0, -0.1, 0.0, 0.3, 0.0, 0.2, 0.0, -0.1, 0.0], 3)?;
/// let proposal = cover(&affinity, 3)?;
/// assert_eq!(proposal.groups, [vec![0, 1], vec![1], vec![1, 2]]);
/// assert!((proposal.score - 0.5).abs() < 1e-12);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn cover(affinity: &Affinity, most: usize) -> Result<Proposal, InformationError> {
    let tasks = affinity.tasks();
    at_least("tasks", tasks, 1)?;
    at_least("groups", most, 1)?;
    at_most("tasks of a cover", tasks, TASKS)?;
    let mut search = Search::new(affinity, most);
    // A good cover first: the bound is worth little without one.
    search.greedy();
    search.branch(0, &mut Vec::new(), &vec![f64::NEG_INFINITY; tasks]);
    let found = search.best.unwrap_or_default();
    Ok(Proposal {
        score: search.best_score,
        runner_up: None,
        is_exact: search.branches < BRANCHES,
        groups: found
            .iter()
            .filter_map(|&place| search.candidates.get(place))
            .map(|candidate| members(candidate.set).collect())
            .collect(),
    })
}

struct Candidate {
    set: u32,
    /// Per task; -infinity for tasks outside.
    scores: Vec<f64>,
}

struct Search {
    candidates: Vec<Candidate>,
    /// Per candidate, the best score of every task among it and the ones after it.
    to_come: Vec<Vec<f64>>,
    most: usize,
    best: Option<Vec<usize>>,
    best_score: f64,
    branches: u64,
}

impl Search {
    fn new(affinity: &Affinity, most: usize) -> Self {
        let tasks = affinity.tasks();
        let mut candidates: Vec<Candidate> = (1..1u32 << tasks)
            .map(|set| Candidate {
                set,
                scores: (0..tasks).map(|task| score(affinity, set, task)).collect(),
            })
            .collect();
        candidates.sort_by(|left, right| members(left.set).cmp(members(right.set)));
        let mut to_come = vec![vec![f64::NEG_INFINITY; tasks]];
        for candidate in candidates.iter().rev() {
            let next = to_come.last().map_or(&[][..], Vec::as_slice);
            to_come.push(larger(next, &candidate.scores));
        }
        to_come.reverse();
        Self {
            candidates,
            to_come,
            most,
            best: None,
            best_score: f64::NEG_INFINITY,
            branches: 0,
        }
    }

    /// The whole as one group or every task alone, then the group that adds most, again and again; without keeping the groups, so
    /// that the search still finds the lexicographically first cover of that score.
    fn greedy(&mut self) {
        for start in 0..self.candidates.len() {
            let Some(mut scores) = self.candidates.get(start).map(|one| one.scores.clone()) else {
                continue;
            };
            for _ in 1..self.most {
                let next = self
                    .candidates
                    .iter()
                    .map(|candidate| larger(&scores, &candidate.scores))
                    .max_by(|left, right| worth(left).total_cmp(&worth(right)));
                scores = next.unwrap_or(scores);
            }
            let total: f64 = scores.iter().sum();
            self.best_score = self.best_score.max(total);
        }
        // The same sum in another order of groups may round lower.
        self.best_score -= 1e-9 * self.best_score.abs().max(1.0);
    }

    fn branch(&mut self, first: usize, chosen: &mut Vec<usize>, scores: &[f64]) {
        let total: f64 = scores.iter().sum();
        if total > self.best_score + 1e-12 {
            self.best_score = total;
            self.best = Some(chosen.clone());
        }
        if chosen.len() == self.most {
            return;
        }
        for place in first..self.candidates.len() {
            if self.branches >= BRANCHES {
                return;
            }
            self.branches += 1;
            let (Some(candidate), Some(to_come)) =
                (self.candidates.get(place), self.to_come.get(place))
            else {
                return;
            };
            let bound: f64 = scores
                .iter()
                .zip(to_come)
                .map(|(now, later)| now.max(*later))
                .sum();
            if bound <= self.best_score + 1e-12 {
                return;
            }
            let is_last = chosen.len() + 1 == self.most;
            let next = larger(scores, &candidate.scores);
            let covers = next.iter().all(|score| score.is_finite());
            let adds = next.iter().zip(scores).any(|(next, now)| next > now);
            if adds && (covers || !is_last) {
                chosen.push(place);
                self.branch(place + 1, chosen, &next);
                chosen.pop();
            }
        }
    }
}

fn score(affinity: &Affinity, set: u32, task: usize) -> f64 {
    if set >> task & 1 == 0 {
        return f64::NEG_INFINITY;
    }
    let others = set.count_ones() - 1;
    if others == 0 {
        return 0.0;
    }
    members(set)
        .filter(|&other| other != task)
        .map(|other| affinity.given(other, task))
        .sum::<f64>()
        / f64::from(others)
}

fn larger(left: &[f64], right: &[f64]) -> Vec<f64> {
    left.iter()
        .zip(right)
        .map(|(left, right)| left.max(*right))
        .collect()
}

/// A sum in which a task nobody serves counts as worse than anything.
fn worth(scores: &[f64]) -> f64 {
    scores
        .iter()
        .map(|score| if score.is_finite() { *score } else { -1e6 })
        .sum()
}
