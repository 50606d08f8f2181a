//! UW-SO: the inverse losses, through a softmax.
//!
//! α = softmax((1/l) / `temperature`): uncertainty weighting with its best scales, and a temperature that says how far the
//! smallest loss may go ahead. The weights add up to 1. The temperature depends on the data and has to be tuned.
//!
//! Source: Kirchdorfer et al. 2024, from secondary summaries. A loss counts as at least 10⁻⁸.

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::Golden;
use crate::normalize::SMALLEST_LOSS;
use crate::softmax::softmax;
use crate::{Family, Losses, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "uw_so",
    summary: "softmax of the inverse losses",
    source: "Kirchdorfer et al. 2024, Analytical Uncertainty-Based Loss Weighting, arXiv 2408.07985",
    new: |options| {
        Box::new(UwSo {
            temperature: options
                .number(
                    "temperature",
                    "the larger, the more equal; depends on the data",
                )
                .above(0.0)
                .or(1.0),
        })
    },
    facts: Facts {
        trial: "temperature = 5.0",
        golden: &[Golden {
            tasks: &[(Family::Other, 0.0, 0.0), (Family::Other, 0.0, 0.0)],
            losses: &[&[1.0, 0.5]],
            alpha: &[0.268_941_421_369_995_1, 0.731_058_578_630_004_9],
            tolerance: 1e-14,
            source: "by hand: softmax(1, 2)",
        }],
        ..Facts::PLAIN
    },
};

struct UwSo {
    temperature: f64,
}

impl Weighting for UwSo {
    fn start(&mut self, _: &[TaskFacts]) {}

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let inverse = losses
            .positive(SMALLEST_LOSS)
            .into_iter()
            .map(|loss| 1.0 / loss / self.temperature);
        Weights::of(softmax(&inverse.collect::<Vec<_>>())).noting(losses.note())
    }
}
