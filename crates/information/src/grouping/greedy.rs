//! Groups of many tasks: merge the two groups that gain most, then move single tasks while that gains. Not proven best.

use super::{Affinity, Proposal};

pub(super) fn partition(affinity: &Affinity, threshold: f64, largest: usize) -> Proposal {
    let tasks = affinity.tasks();
    let between = |task: usize, group: &[usize]| -> f64 {
        group
            .iter()
            .filter(|&&other| other != task)
            .map(|&other| affinity.mutual(task, other) - threshold)
            .sum()
    };
    let mut groups: Vec<Vec<usize>> = (0..tasks).map(|task| vec![task]).collect();
    while let Some((left, right)) = best_merge(&groups, largest, &between) {
        let moved = groups.remove(right);
        if let Some(group) = groups.get_mut(left) {
            group.extend(moved);
        }
    }
    // Every move raises the score, which bounds their number; the cap is for rounding.
    for _ in 0..tasks * tasks {
        let Some((task, from, to)) = best_move(&groups, largest, &between) else {
            break;
        };
        if let Some(group) = groups.get_mut(from) {
            group.retain(|&other| other != task);
        }
        match groups.get_mut(to) {
            Some(group) => group.push(task),
            None => groups.push(vec![task]),
        }
        groups.retain(|group| !group.is_empty());
    }
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups.sort();
    let score = groups
        .iter()
        .flat_map(|group| group.iter().map(|&task| between(task, group)))
        .sum::<f64>()
        / 2.0;
    Proposal {
        served: super::served(&groups, tasks),
        groups,
        score,
        runner_up: None,
        is_exact: false,
    }
}

fn best_merge(
    groups: &[Vec<usize>],
    largest: usize,
    between: &impl Fn(usize, &[usize]) -> f64,
) -> Option<(usize, usize)> {
    let mut best = (1e-12, None);
    for (left, one) in groups.iter().enumerate() {
        for (right, other) in groups.iter().enumerate().skip(left + 1) {
            let gain: f64 = one.iter().map(|&task| between(task, other)).sum();
            if gain > best.0 && one.len() + other.len() <= largest {
                best = (gain, Some((left, right)));
            }
        }
    }
    best.1
}

/// (task, its group, the better group); the better group may be a new one.
fn best_move(
    groups: &[Vec<usize>],
    largest: usize,
    between: &impl Fn(usize, &[usize]) -> f64,
) -> Option<(usize, usize, usize)> {
    let mut best = (1e-12, None);
    for (from, group) in groups.iter().enumerate() {
        for &task in group {
            let lost = between(task, group);
            for to in (0..=groups.len()).filter(|&to| to != from) {
                let target = groups.get(to).map_or(&[][..], Vec::as_slice);
                let gain = between(task, target) - lost;
                if gain > best.0 && target.len() < largest {
                    best = (gain, Some((task, from, to)));
                }
            }
        }
    }
    best.1
}
