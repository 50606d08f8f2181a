//! GO4Align: tasks that are at the same stage of learning are weighed together.
//!
//! p_t ← p_t e^{−η l_t}, brought to the sum 1; ω_t = (Σl/l_t) p_t; the T numbers ω are split into `groups` by k-means, and each
//! task's weight is the mean of its group. η = `rate`.
//!
//! Source: Shen et al. 2024. On a line k-means has an exact solution (dynamic programming over the sorted numbers), which we
//! take instead of a random start, so that the order of the tasks does not matter. How many groups depends on the data. ln p is kept,
//! so that 10⁶ steps do not run it out; the sum of 1 is over the present tasks.

use polytask_config::State;

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::Golden;
use crate::normalize::SMALLEST_LOSS;
use crate::softmax::softmax;
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "go4align",
    summary: "one weight for each group of tasks at the same stage of learning",
    source: "Shen et al. 2024, GO4Align: Group Optimization for Multi-Task Alignment, NeurIPS",
    new: |options| {
        Box::new(Go4Align {
            groups: options
                .integer("groups", "how many groups; depends on the data")
                .at_least(1)
                .or(2),
            rate: options
                .number("rate", "how fast the weights follow the losses")
                .at_least(0.0)
                .at_most(1.0)
                .or(1e-4),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        trial: "groups = 3, rate = 0.01",
        golden: &[Golden {
            tasks: &[
                (Family::Other, 0.0, 0.0),
                (Family::Other, 0.0, 0.0),
                (Family::Other, 0.0, 0.0),
            ],
            losses: &[&[1.0, 1.0, 2.0]],
            // p = ⅓ but for 10⁻⁴; ω = (4/3, 4/3, 2/3).
            alpha: &[4.0 / 3.0, 4.0 / 3.0, 2.0 / 3.0],
            tolerance: 1e-4,
            source: "by hand",
        }],
        ..Facts::PLAIN
    },
};

/// A loss may pull this much in one step, so that a broken one does not decide for ever.
const LARGEST_PULL: f64 = 50.0;

struct Go4Align {
    groups: usize,
    rate: f64,
    /// ln p.
    tasks: PerTask<f64>,
}

impl Weighting for Go4Align {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |_| 0.0);
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let rate = self.rate;
        self.tasks.learn(losses, |logarithm, seen| {
            *logarithm -= (rate * seen.loss).min(LARGEST_PULL);
        });
        let logarithms = self.tasks.present(&losses.present);
        let logarithms: Vec<f64> = logarithms
            .map(|task| task.copied().unwrap_or(0.0))
            .collect();
        let values = losses.positive(SMALLEST_LOSS);
        let sum: f64 = values.iter().sum();
        let shares = softmax(&logarithms);
        let raw = shares
            .iter()
            .zip(&values)
            .map(|(share, loss)| sum / loss * share);
        let alpha = group_means(&raw.collect::<Vec<_>>(), self.groups);
        Weights::of(alpha).noting(losses.note())
    }

    fn state(&mut self, state: &mut State) {
        self.tasks.state(state, |logarithm, state| {
            state.number("logarithm", logarithm)
        });
    }
}

/// Each value becomes the mean of its group, for the split into at most `groups` runs of the sorted values whose squared
/// distances from their means add up to least.
fn group_means(values: &[f64], groups: usize) -> Vec<f64> {
    let mut sorted: Vec<(f64, usize)> = values.iter().copied().zip(0..).collect();
    sorted.sort_unstable_by(|first, second| first.0.total_cmp(&second.0));
    let largest = sorted
        .last()
        .map_or(1.0, |last| last.0.abs().max(f64::MIN_POSITIVE));
    // Σ and Σ² up to each place, in units of the largest, around the mean.
    let center =
        sorted.iter().map(|(value, _)| value / largest).sum::<f64>() / sorted.len().max(1) as f64;
    let mut sums = vec![(0.0, 0.0)];
    for (value, _) in &sorted {
        let value = value / largest - center;
        let (sum, squares) = sums.last().copied().unwrap_or_default();
        sums.push((sum + value, squares + value * value));
    }
    let sum_to = |place: usize| sums.get(place).copied().unwrap_or_default();
    let cost = |from: usize, to: usize| {
        let ((sum, squares), (sum_before, squares_before)) = (sum_to(to), sum_to(from));
        let (sum, squares) = (sum - sum_before, squares - squares_before);
        (squares - sum * sum / (to - from) as f64).max(0.0)
    };
    // Least cost of the first places in so many groups, and where the last of these begins.
    let count = sorted.len();
    let mut best: Vec<f64> = (0..=count)
        .map(|to| if to == 0 { 0.0 } else { cost(0, to) })
        .collect();
    let mut begins: Vec<Vec<usize>> = vec![vec![0; count + 1]];
    for _ in 1..groups.min(count) {
        let mut row = Vec::with_capacity(count + 1);
        let mut begin = Vec::with_capacity(count + 1);
        for to in 0..=count {
            let candidates = best.iter().enumerate().take(to);
            let candidates = candidates.map(|(from, before)| (before + cost(from, to), from));
            let least = candidates.min_by(|first, second| first.0.total_cmp(&second.0));
            let (total, from) = least.unwrap_or((0.0, 0));
            row.push(total);
            begin.push(from);
        }
        best = row;
        begins.push(begin);
    }
    let mut means = vec![0.0; count];
    let mut to = count;
    for begin in begins.iter().rev() {
        let from = begin.get(to).copied().unwrap_or(0);
        let group = sorted.get(from..to).unwrap_or_default();
        let mean = group
            .iter()
            .map(|(value, _)| value / group.len() as f64)
            .sum();
        for &(_, task) in group {
            if let Some(slot) = means.get_mut(task) {
                *slot = mean;
            }
        }
        to = from;
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_split_is_the_best_of_all() {
        let values = [0.1, 5.0, 0.2, 5.2, 9.0, 0.15];
        let close = |found: Vec<f64>, wanted: [f64; 6]| {
            assert!(
                found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12),
                "{found:?}"
            );
        };
        close(group_means(&values, 3), [0.15, 5.1, 0.15, 5.1, 9.0, 0.15]);
        close(group_means(&values, 6), values);
        close(group_means(&values, 1), [19.65 / 6.0; 6]);
        let low = 0.15;
        let high = 19.2 / 3.0;
        close(group_means(&values, 2), [low, high, low, high, high, low]);
    }

    #[test]
    fn no_task_and_one_task_have_their_groups_too() {
        assert!(group_means(&[], 2).is_empty());
        assert_eq!(group_means(&[3.0], 4), [3.0]);
    }
}
