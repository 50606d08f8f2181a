//! Scale-invariant: the sum of the losses' logarithms, which knows no units.
//!
//! Σ ln l_t has the gradient Σ ∇l_t/l_t: α_t = 1/max(l_t, `floor`). A loss multiplied by a constant changes nothing. It is
//! uncertainty weighting at rest (UW-O of Kirchdorfer et al. 2024) but for a factor of 2.
//!
//! Source: baseline of Navon et al. 2022. A loss that is negative counts as 1, with a note: it has no logarithm.

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::{Golden, Promise};
use crate::{Family, Losses, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "scale_invariant",
    summary: "the sum of the losses' logarithms",
    source: "baseline of Navon et al. 2022, Multi-Task Learning as a Bargaining Game, ICML",
    new: |options| {
        Box::new(ScaleInvariant {
            floor: options
                .number("floor", "a loss counts as at least this")
                .above(0.0)
                .or(1e-8),
        })
    },
    facts: Facts {
        promises: &[Promise::Independent],
        trial: "floor = 0.5",
        golden: &[Golden {
            tasks: &[
                (Family::SquaredError, 0.0, 1.0),
                (Family::Other, 0.0, 0.0),
                (Family::Other, 0.0, 0.0),
            ],
            losses: &[&[0.25, 5.0, 0.0]],
            alpha: &[4.0, 0.2, 1e8],
            tolerance: 1e-15,
            source: "definition",
        }],
        without: super::LOGARITHMIC,
        ..Facts::PLAIN
    },
};

struct ScaleInvariant {
    floor: f64,
}

impl Weighting for ScaleInvariant {
    fn start(&mut self, _: &[TaskFacts]) {}

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let alpha = losses.positive(self.floor).into_iter().map(f64::recip);
        Weights::of(alpha.collect()).noting(losses.note())
    }
}
