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
/// Single groups that a first cover is grown from.
const STARTS: usize = 20;
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
    let (mut search, chosen) = searched(affinity, most, BRANCHES)?;
    let mut proposal = search.proposal(&chosen);
    if proposal.is_exact {
        search.again_without(&chosen);
        let is_known = search.best.is_some() && search.branches < BRANCHES;
        proposal.runner_up = is_known.then_some(search.best_score);
    }
    Ok(proposal)
}

/// As [`cover`], without the second best and without insisting on a proof: for resamples.
pub(super) fn quick_cover(affinity: &Affinity, most: usize) -> Result<Proposal, InformationError> {
    let (search, chosen) = searched(affinity, most, BRANCHES / 100)?;
    Ok(search.proposal(&chosen))
}

fn searched(
    affinity: &Affinity,
    most: usize,
    branches: u64,
) -> Result<(Search, Vec<usize>), InformationError> {
    let tasks = affinity.tasks();
    at_least("tasks", tasks, 1)?;
    at_least("groups", most, 1)?;
    at_most("tasks of a cover", tasks, TASKS)?;
    let mut search = Search::new(affinity, most, branches);
    // A good cover first: the bound is worth little without one.
    let grown = search.greedy();
    search.branch(0, &mut Vec::new(), &vec![f64::NEG_INFINITY; tasks]);
    let chosen = search.best.clone().unwrap_or(grown);
    Ok((search, chosen))
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
    /// Branches that are looked at.
    limit: u64,
    /// Serving groups that are not looked for.
    known: Option<Vec<u32>>,
}

impl Search {
    fn new(affinity: &Affinity, most: usize, limit: u64) -> Self {
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
            limit,
            known: None,
        }
    }

    /// A few single groups that are worth most, each with the group that adds most, again and again: the best of these covers. The
    /// score to beat is a hair below its own, so that the search still finds the lexicographically first cover of that score.
    fn greedy(&mut self) -> Vec<usize> {
        let scores = |place: usize| self.candidates.get(place).map(|one| &one.scores);
        let value = |place: &usize| scores(*place).map_or(f64::NEG_INFINITY, |own| worth(own));
        let mut starts: Vec<usize> = (0..self.candidates.len()).collect();
        starts.sort_by(|left, right| value(right).total_cmp(&value(left)));
        let (mut best, mut grown) = (f64::NEG_INFINITY, Vec::new());
        for start in starts.into_iter().take(STARTS) {
            let mut chosen = vec![start];
            let mut covered = scores(start).cloned().unwrap_or_default();
            for _ in 1..self.most {
                let next = self.candidates.iter().enumerate();
                let next = next
                    .map(|(place, candidate)| (place, larger(&covered, &candidate.scores)))
                    .max_by(|left, right| worth(&left.1).total_cmp(&worth(&right.1)));
                if let Some((place, more)) = next {
                    chosen.push(place);
                    covered = more;
                }
            }
            let (total, chosen) = self.improved(chosen);
            if total > best {
                best = total;
                grown = chosen;
            }
        }
        // The same sum in another order of groups may round lower.
        self.best_score = best - 1e-9 * best.abs().max(1.0);
        grown
    }

    /// Exchanges one group at a time for the one that serves best beside the others, while that helps; the score with the cover.
    fn improved(&self, mut chosen: Vec<usize>) -> (f64, Vec<usize>) {
        let tasks = self.to_come.first().map_or(0, Vec::len);
        let mut now = f64::NEG_INFINITY;
        loop {
            let mut best = (now + 1e-12, None);
            for place in 0..chosen.len() {
                let others = chosen
                    .iter()
                    .enumerate()
                    .filter(|(other, _)| *other != place);
                let rest = others
                    .filter_map(|(_, &other)| self.candidates.get(other))
                    .fold(vec![f64::NEG_INFINITY; tasks], |rest, own| {
                        larger(&rest, &own.scores)
                    });
                for (other, candidate) in self.candidates.iter().enumerate() {
                    let scores = rest.iter().zip(&candidate.scores);
                    let total: f64 = scores.map(|(rest, own)| rest.max(*own)).sum();
                    if total > best.0 {
                        best = (total, Some((place, other)));
                    }
                }
            }
            let (total, Some((place, other))) = best else {
                return (now, chosen);
            };
            now = total;
            if let Some(slot) = chosen.get_mut(place) {
                *slot = other;
            }
        }
    }

    /// What was found, without groups that serve nobody.
    fn proposal(&self, chosen: &[usize]) -> Proposal {
        let serving = self.serving(chosen);
        let groups = distinct(&serving);
        let place = |set: &u32| groups.iter().position(|group| group == set).unwrap_or(0);
        Proposal {
            score: self.best_score,
            runner_up: None,
            is_exact: self.branches < self.limit,
            served: serving.iter().map(place).collect(),
            groups: groups.iter().map(|&set| members(set).collect()).collect(),
        }
    }

    /// The group that serves each task best, the first of equals.
    fn serving(&self, chosen: &[usize]) -> Vec<u32> {
        let tasks = self.to_come.first().map_or(0, Vec::len);
        let mut best = vec![(f64::NEG_INFINITY, 0); tasks];
        for candidate in chosen
            .iter()
            .filter_map(|&place| self.candidates.get(place))
        {
            for (best, &score) in best.iter_mut().zip(&candidate.scores) {
                if score > best.0 {
                    *best = (score, candidate.set);
                }
            }
        }
        best.into_iter().map(|(_, set)| set).collect()
    }

    /// The best cover with other serving groups than those of `chosen`: first among the neighbours of that one, for a bound.
    fn again_without(&mut self, chosen: &[usize]) {
        self.known = Some(distinct(&self.serving(chosen)));
        self.best = None;
        self.best_score = f64::NEG_INFINITY;
        self.branches = 0;
        let mut bar = f64::NEG_INFINITY;
        let places = (0..chosen.len()).chain((chosen.len() < self.most).then_some(chosen.len()));
        for place in places {
            for other in 0..self.candidates.len() {
                let mut changed = chosen.to_vec();
                match changed.get_mut(place) {
                    Some(slot) => *slot = other,
                    None => changed.push(other),
                }
                let scores = changed
                    .iter()
                    .filter_map(|&one| Some(&self.candidates.get(one)?.scores));
                let total: f64 = scores
                    .fold(Vec::new(), |best: Vec<f64>, own| {
                        if best.is_empty() {
                            own.clone()
                        } else {
                            larger(&best, own)
                        }
                    })
                    .iter()
                    .sum();
                if total > bar && !self.is_known(&changed) {
                    bar = total;
                }
            }
        }
        if bar.is_finite() {
            self.best_score = bar - 1e-9 * bar.abs().max(1.0);
        }
        let tasks = self.to_come.first().map_or(0, Vec::len);
        self.branch(0, &mut Vec::new(), &vec![f64::NEG_INFINITY; tasks]);
    }

    fn is_known(&self, chosen: &[usize]) -> bool {
        let known = self.known.as_ref();
        known.is_some_and(|known| *known == distinct(&self.serving(chosen)))
    }

    fn branch(&mut self, first: usize, chosen: &mut Vec<usize>, scores: &[f64]) {
        let total: f64 = scores.iter().sum();
        if total > self.best_score + 1e-12 && !self.is_known(chosen) {
            self.best_score = total;
            self.best = Some(chosen.clone());
        }
        if chosen.len() == self.most {
            return;
        }
        for place in first..self.candidates.len() {
            if self.branches >= self.limit {
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

/// Each set once, lexicographically.
fn distinct(sets: &[u32]) -> Vec<u32> {
    let mut sets = sets.to_vec();
    sets.sort_by(|left, right| members(*left).cmp(members(*right)));
    sets.dedup();
    sets
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
