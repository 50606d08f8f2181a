//! The one number that picks "best", and the patience that stops a run.
//!
//! score = Σ w·m·s / Σ |w| over the named metrics, s = +1 where higher is better and -1 where lower is better, so that
//! a higher score is always better. A metric that is undefined makes the score undefined, and an undefined score is
//! never best. After a score it counts as no better, for a model that diverged must not wait for ever; before the first
//! score there is nothing that it could fall short of, and patience does not run.

use polytask_config::State;

/// One term of the score.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// `val/digit/accuracy`.
    pub key: String,
    /// Its weight.
    pub weight: f64,
    /// +1 if higher is better, -1 if lower is.
    pub sign: f64,
}

/// The score of one evaluation, from `metric(key)`; `None` if any term is undefined or there is none.
#[must_use]
pub fn score(terms: &[Term], metric: impl Fn(&str) -> Option<f64>) -> Option<f64> {
    let mut sum = 0.0;
    let mut weights = 0.0;
    for term in terms {
        let value = metric(&term.key).filter(|value| value.is_finite())?;
        sum += term.weight * term.sign * value;
        weights += term.weight.abs();
    }
    (weights > 0.0).then(|| sum / weights)
}

/// The best score so far, and how long ago it was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Best {
    /// The best score.
    pub score: Option<f64>,
    /// The step of the best score.
    pub step: u64,
    /// Its epoch.
    pub epoch: u64,
    /// Evaluations since; 0 as long as there was no score.
    pub since: u64,
}

impl Best {
    /// Takes in one evaluation; says whether it is the best so far by more than `margin`.
    pub fn observe(&mut self, score: Option<f64>, margin: f64, step: u64, epoch: u64) -> bool {
        let is_best = match (score, self.score) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(now), Some(best)) => now > best + margin,
        };
        if is_best {
            *self = Self {
                score,
                step,
                epoch,
                since: 0,
            };
        } else if self.score.is_some() {
            self.since += 1;
        }
        is_best
    }

    pub(crate) fn state(&mut self, state: &mut State) {
        state.optional_number("score", &mut self.score);
        state.count("step", &mut self.step);
        state.count("epoch", &mut self.epoch);
        state.count("since", &mut self.since);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_is_better_metrics_count_negatively() {
        let terms = [
            Term {
                key: "a".into(),
                weight: 3.0,
                sign: 1.0,
            },
            Term {
                key: "b".into(),
                weight: 1.0,
                sign: -1.0,
            },
        ];
        let value = score(&terms, |key| Some(if key == "a" { 0.5 } else { 2.0 }));
        assert_eq!(value, Some((1.5 - 2.0) / 4.0));
    }

    #[test]
    fn an_undefined_score_is_never_best() {
        let terms = [Term {
            key: "a".into(),
            weight: 1.0,
            sign: 1.0,
        }];
        assert_eq!(score(&terms, |_| Some(f64::NAN)), None);
        let mut best = Best::default();
        assert!(!best.observe(None, 0.0, 1, 0));
        assert_eq!(best.since, 0);
        assert!(best.observe(Some(-5.0), 0.0, 2, 1));
        assert!(!best.observe(None, 0.0, 3, 2));
        assert!(!best.observe(Some(-5.0), 0.0, 4, 3));
        assert_eq!((best.step, best.since), (2, 2));
        assert!(!best.observe(Some(-4.95), 0.1, 5, 4));
        assert!(best.observe(Some(-4.0), 0.1, 6, 5));
    }
}
