//! Krum: only the gradients nearest to their neighbours count; an outlier is left out.
//!
//! ‖g_i − g_j‖² = G_ii + G_jj − 2G_ij. A task's score is the sum of its distances to its T − f − 2 nearest others, f =
//! `byzantine`; α = 1/m for the m = `selected` tasks of lowest score. It needs T ≥ f + 3; with fewer present it is the mean, with a
//! note. Of equal scores the shorter gradient comes first; of those that are of one length too, each has its share of the
//! places that are left, whatever their order.
//!
//! Source: Blanchard et al. 2017. As in TorchJD the distances are added, not their squares.

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, mean_of};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::{Gram, Losses, Moment, Note, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "krum",
    summary: "the mean of the gradients that are nearest to the others",
    source: "Blanchard et al. 2017, Machine Learning with Adversaries, NeurIPS",
    new: |options| {
        Box::new(Krum {
            byzantine: options
                .integer("byzantine", "how many gradients may be outliers")
                .or(1),
            selected: options
                .integer("selected", "how many gradients are taken")
                .at_least(1)
                .or(1),
        })
    },
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::Simplex),
            Promised::always(Promise::Scaling(0.0)),
        ],
        golden: &[Golden {
            options: "selected = 2",
            // On a line at 1, 1.1, 1.2 and 9: two neighbours each but for the outlier.
            gram: &[
                &[1.0, 1.1, 1.2, 9.0],
                &[1.1, 1.21, 1.32, 9.9],
                &[1.2, 1.32, 1.44, 10.8],
                &[9.0, 9.9, 10.8, 81.0],
            ],
            alpha: &[0.5, 0.5, 0.0, 0.0],
            source: "by hand: one nearest each, at 0.1, of which the shorter two",
            ..Golden::PLAIN
        }],
        trial: "byzantine = 0, selected = 2",
        ..GramFacts::PLAIN
    },
};

struct Krum {
    byzantine: usize,
    selected: usize,
}

impl GramAggregator for Krum {
    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        let tasks = gram.tasks();
        let wanted = self.byzantine.saturating_add(3).max(self.selected);
        if tasks < wanted {
            let note = (tasks > 1).then_some(Note::TooFewTasks { wanted });
            return Weights::of(mean_of(tasks)).noting(note);
        }
        let scale = gram.norms().max().max(f64::MIN_POSITIVE);
        let mut scores: Vec<(f64, f64, usize)> = (0..tasks)
            .map(|task| {
                let others = (0..tasks).filter(|&other| other != task);
                let mut distances: Vec<f64> = others
                    .map(|other| {
                        let squared = gram.at(task, task) + gram.at(other, other)
                            - 2.0 * gram.at(task, other);
                        // To nine digits of the longest gradient, so that equal distances stay equal.
                        let distance = squared.max(0.0).sqrt() / scale;
                        (distance * 1e9).round()
                    })
                    .collect();
                distances.sort_unstable_by(f64::total_cmp);
                let nearest = distances.iter().take(tasks - self.byzantine - 2);
                let length = gram.at(task, task).sqrt() / scale;
                (nearest.sum(), (length * 1e9).round(), task)
            })
            .collect();
        scores.sort_by(|first, second| {
            let by_score = first.0.total_cmp(&second.0);
            by_score.then(first.1.total_cmp(&second.1))
        });
        let mut alpha = vec![0.0; tasks];
        let mut places = self.selected;
        for equal in scores.chunk_by(|first, second| (first.0, first.1) == (second.0, second.1)) {
            let taken = places.min(equal.len());
            places -= taken;
            for &(_, _, task) in equal {
                if let Some(weight) = alpha.get_mut(task) {
                    *weight = taken as f64 / (equal.len() * self.selected) as f64;
                }
            }
        }
        Weights::of(alpha)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_planted_outlier_is_left_out() {
        let mut stream = polytask_random::Seed(5).stream("krum", 0);
        let mut rows: Vec<Vec<f64>> = (0..8)
            .map(|_| (0..20).map(|_| 1.0 + 0.1 * stream.normal()).collect())
            .collect();
        rows[3].iter_mut().for_each(|value| *value *= -50.0);
        let gram = Gram::of_rows((0..8).collect(), &rows).unwrap();
        for selected in 1..=7 {
            let mut krum = Krum {
                byzantine: 1,
                selected,
            };
            let weights = krum.weights(&gram, &Losses::default(), Moment::default());
            assert_eq!(weights.alpha[3], 0.0);
            assert!((weights.alpha.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn gradients_that_nothing_tells_apart_share_a_place() {
        let rows = [[1.0, 0.0], [-1.0, 0.0], [0.0, 3.0], [0.0, -3.0]].map(|row| row.to_vec());
        let gram = Gram::of_rows((0..4).collect(), &rows).unwrap();
        let mut krum = Krum {
            byzantine: 0,
            selected: 1,
        };
        let weights = krum.weights(&gram, &Losses::default(), Moment::default());
        assert_eq!(weights.alpha, [0.5, 0.5, 0.0, 0.0]);
    }
}
