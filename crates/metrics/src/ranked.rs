//! Scores that must be kept until the end because the metric ranks them.

use polytask_config::State;

use crate::predictions::{ClassRows, FlagRows};

/// One score and one truth for each row and label: `[rows, labels]`. Memory: 9 bytes each.
#[derive(Default)]
pub(crate) struct KeptScores {
    labels: u64,
    scores: Vec<f64>,
    truth: Vec<bool>,
}

/// The rows of one label that share one score.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tie {
    pub(crate) positives: u64,
    pub(crate) negatives: u64,
}

impl KeptScores {
    /// Two classes: the probability of the positive one. More: each class against the rest.
    pub(crate) fn keep_classes(&mut self, rows: ClassRows<'_>) {
        if let Ok(rows) = rows.binary() {
            self.labels = 1;
            rows.for_each(|(probability, truth)| self.keep(probability, truth));
            return;
        }
        self.labels = rows.classes as u64;
        for (probabilities, truth) in rows.iter() {
            for (class, &probability) in probabilities.iter().enumerate() {
                self.keep(probability, class == truth);
            }
        }
    }

    pub(crate) fn keep_flags(&mut self, rows: FlagRows<'_>) {
        self.labels = rows.labels as u64;
        for (probabilities, truths) in rows.iter() {
            probabilities
                .iter()
                .zip(truths)
                .for_each(|(&probability, &truth)| self.keep(probability, truth));
        }
    }

    fn keep(&mut self, score: f64, truth: bool) {
        // Adding zero turns −0 into 0: the two must tie.
        self.scores.push(score + 0.0);
        self.truth.push(truth);
    }

    /// The ties of each label, from the highest score down.
    pub(crate) fn rankings(&self) -> impl Iterator<Item = Vec<Tie>> {
        let labels = usize::try_from(self.labels).unwrap_or(usize::MAX);
        (0..labels).map(move |label| {
            let scores = self.scores.iter().skip(label).step_by(labels);
            let truth = self.truth.iter().skip(label).step_by(labels);
            let mut rows: Vec<(f64, bool)> = scores.copied().zip(truth.copied()).collect();
            rows.sort_unstable_by(|first, second| second.0.total_cmp(&first.0));
            let ties = rows.chunk_by(|first, second| first.0 == second.0);
            ties.map(|rows| {
                let positives = rows.iter().filter(|(_, truth)| *truth).count() as u64;
                Tie {
                    positives,
                    negatives: rows.len() as u64 - positives,
                }
            })
            .collect()
        })
    }

    pub(crate) fn state(&mut self, state: &mut State) {
        state.count("labels", &mut self.labels);
        state.numbers("scores", &mut self.scores);
        let mut truth = self.truth.iter().map(|&flag| u64::from(flag)).collect();
        state.counts("truth", &mut truth);
        if state.is_loading() {
            self.truth = truth.into_iter().map(|flag| flag != 0).collect();
        }
    }
}

/// The rank of each number from 1 up; equal numbers share the mean of their ranks.
pub(crate) fn average_ranks(numbers: &[f64]) -> Vec<f64> {
    let mut order: Vec<(f64, usize)> = numbers
        .iter()
        .enumerate()
        .map(|(row, &number)| (number + 0.0, row))
        .collect();
    order.sort_unstable_by(|first, second| first.0.total_cmp(&second.0));
    let mut ranks = vec![0.0; numbers.len()];
    let mut below = 0;
    for tie in order.chunk_by(|first, second| first.0 == second.0) {
        let rank = below as f64 + (tie.len() as f64 + 1.0) / 2.0;
        for &(_, row) in tie {
            if let Some(slot) = ranks.get_mut(row) {
                *slot = rank;
            }
        }
        below += tie.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_mean_of_their_ranks() {
        assert_eq!(average_ranks(&[3.0, 1.0, 3.0, 2.0]), [3.5, 1.0, 3.5, 2.0]);
        assert_eq!(average_ranks(&[0.0, -0.0]), [1.5, 1.5]);
    }
}
