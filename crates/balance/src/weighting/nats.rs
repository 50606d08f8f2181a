//! Nats: every loss in the unit of information, so that the sum is one number of nats.
//!
//! A log-loss is in nats already: α = 1. A squared error becomes ½ ln MSE, the Gaussian log-likelihood with its best
//! variance, whose gradient is ∇MSE/(2 MSE): α = 1/(2 max(m, `floor`)) with m an average of the loss over the past steps,
//! the step's own included. The sum of all then falls by exactly the usable information that the model gains.
//!
//! m = Σ d^k n_k L_k / Σ d^k n_k over the steps k back in which the task had labels, n the labelled rows and d = `decay`: an
//! exponential average that starts without bias and in which a batch counts by its rows. Other losses have no unit of
//! information without a likelihood: α = 1.
//!
//! Source: our own (the profiled Gaussian likelihood; Kendall et al. 2018 at rest).

use polytask_config::State;

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::{Golden, Promise};
use crate::{Family, Losses, PerTask, Seen, TaskFacts, Weights, Wrapper};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "nats",
    summary: "every loss in nats: a squared error counts as half the logarithm of itself",
    source: "profiled Gaussian likelihood; Kendall, Gal, Cipolla 2018 at rest",
    new: |options| {
        Box::new(Nats {
            decay: options
                .number(
                    "decay",
                    "how much of the average of squared errors a step keeps",
                )
                .at_least(0.0)
                .below(1.0)
                .or(0.99),
            floor: options
                .number("floor", "a squared error counts as at least this")
                .above(0.0)
                .or(1e-8),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        promises: &[Promise::Independent],
        trial: "decay = 0.5, floor = 0.01",
        golden: &[Golden {
            tasks: &[
                (Family::SquaredError, 0.0, 1.0),
                (Family::Classification, 0.7, 0.0),
            ],
            losses: &[&[0.5, 2.0], &[0.25, 1.0]],
            // m = (0.99 · 0.5 + 0.25) / 1.99 = 0.745 / 1.99.
            alpha: &[1.99 / 1.49, 1.0],
            tolerance: 1e-15,
            source: "by hand",
        }],
        without: &[(
            Wrapper::LogLoss,
            "which takes the logarithm of a regression itself, and leaves a log-loss in nats",
        )],
        ..Facts::PLAIN
    },
};

struct Nats {
    decay: f64,
    floor: f64,
    tasks: PerTask<Average>,
}

/// The average of one task's squared error; nothing for other losses.
struct Average {
    is_squared_error: bool,
    /// Σ d^k n_k L_k.
    errors: f64,
    /// Σ d^k n_k.
    rows: f64,
}

impl Average {
    fn learn(&mut self, seen: Seen, decay: f64) {
        if self.is_squared_error {
            let rows = seen.rows.max(1) as f64;
            self.errors = decay * self.errors + rows * seen.loss;
            self.rows = decay * self.rows + rows;
        }
    }

    /// Before the first loss there is nothing to divide by.
    fn alpha(&self, floor: f64) -> f64 {
        if self.rows > 0.0 {
            0.5 / (self.errors / self.rows).max(floor)
        } else {
            1.0
        }
    }
}

impl Weighting for Nats {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |task| Average {
            is_squared_error: task.family == Family::SquaredError,
            errors: 0.0,
            rows: 0.0,
        });
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        self.tasks
            .learn(losses, |task, seen| task.learn(seen, self.decay));
        self.tasks.weights(losses, |task| task.alpha(self.floor))
    }

    fn state(&mut self, state: &mut State) {
        self.tasks.state(state, |task, state| {
            state.number("errors", &mut task.errors);
            state.number("rows", &mut task.rows);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn average(decay: f64, losses: &[(f64, usize)]) -> Average {
        let mut average = Average {
            is_squared_error: true,
            errors: 0.0,
            rows: 0.0,
        };
        losses.iter().for_each(|&(loss, rows)| {
            average.learn(
                Seen {
                    task: 0,
                    loss,
                    rows,
                },
                decay,
            )
        });
        average
    }

    #[test]
    fn at_rest_the_gradient_is_that_of_half_the_logarithm() {
        const STEP: f64 = 1e-6;
        // MSE(w) = (w − 1)² + 0.1 at w = 3: by differences of ½ ln MSE, and as α times that of MSE.
        let error = |w: f64| (w - 1.0).powi(2) + 0.1;
        let wanted = (error(3.0 + STEP).ln() - error(3.0 - STEP).ln()) / (4.0 * STEP);
        let alpha = average(0.99, &vec![(error(3.0), 32); 1000]).alpha(1e-8);
        assert!((alpha * 2.0 * (3.0 - 1.0) - wanted).abs() < 1e-9);
    }

    #[test]
    fn a_batch_counts_by_its_rows() {
        // One loss over 30 rows and one over 10, nearly nothing forgotten: the mean over the 40 rows.
        let average = average(0.999_999, &[(1.0, 30), (2.0, 10)]);
        assert!((average.alpha(1e-8) - 0.5 / 1.25).abs() < 1e-5);
    }

    #[test]
    fn a_squared_error_of_zero_counts_as_the_floor() {
        assert_eq!(average(0.99, &[(0.0, 8)]).alpha(1e-8), 0.5e8);
    }
}
