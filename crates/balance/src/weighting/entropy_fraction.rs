//! Entropy fraction: every loss as a share of what knowing nothing costs, so that each starts at 1 and 0 is perfect.
//!
//! A log-loss is divided by the entropy H of the task's training labels: α = 1/max(H, `entropy_floor`). Without the floor a
//! task with 1 % positives (H = 0.056 nats) would count 17.9 times. A squared error is divided by the variance of the
//! training target: α = 1/Var, the loss being the fraction of variance unexplained; not by the Gaussian entropy, which
//! depends on the unit and may be negative. A constant target (Var below 10⁻⁸) and other losses count 1.
//!
//! Source: our own.

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::{Golden, Promise};
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "entropy_fraction",
    summary: "every loss as a share of the entropy or variance of its labels",
    source: "normalized cross-entropy; fraction of variance unexplained",
    new: |options| {
        Box::new(EntropyFraction {
            floor: options
                .number(
                    "entropy_floor",
                    "an entropy counts as at least this many nats",
                )
                .above(0.0)
                .or(0.1),
            alpha: PerTask::default(),
        })
    },
    facts: Facts {
        promises: &[Promise::Independent],
        trial: "entropy_floor = 0.5",
        golden: &[Golden {
            tasks: &[
                (Family::Classification, 0.5, 0.0),
                (Family::Classification, 0.056, 0.0),
                (Family::SquaredError, 0.0, 4.0),
                (Family::SquaredError, 0.0, 0.0),
                (Family::Other, 0.0, 4.0),
            ],
            losses: &[&[1.0, 1.0, 1.0, 1.0, 1.0]],
            alpha: &[2.0, 10.0, 0.25, 1.0, 1.0],
            tolerance: 1e-15,
            source: "by hand",
        }],
        without: super::CONSTANT,
        ..Facts::PLAIN
    },
};

/// A target that varies by less than this is constant but for rounding.
const CONSTANT: f64 = 1e-8;

struct EntropyFraction {
    floor: f64,
    alpha: PerTask<f64>,
}

impl Weighting for EntropyFraction {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.alpha.start(tasks, |task| match task.family {
            Family::Classification => 1.0 / task.entropy.max(self.floor),
            Family::SquaredError if task.variance > CONSTANT => 1.0 / task.variance,
            Family::SquaredError | Family::Other => 1.0,
        });
    }

    fn needs(&self) -> Needs {
        Needs::Nothing
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        self.alpha.weights(losses, |&alpha| alpha)
    }
}
