//! FairGrad: the utility of every task's progress is added up, by the fairness that `alpha` sets.
//!
//! w > 0 with (Gw)_t = w_t^(−1/`alpha`). `alpha` = 1 is Nash-MTL's proportional fairness; as it grows the tasks' projections
//! tend to be equal, as it falls towards 0 the sum of the gradients.
//!
//! Source: Ban, Ji 2024. Where we differ: damped Newton on the convex problem, to rounding, where the authors run a bounded
//! least-squares solver from a random start. Their runs all use 2; LibMTL's default is 1. Gradients of zero and Pareto-
//! stationary points are as in `nash_mtl`.

use super::nash_mtl::bargain;
use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::{Gram, Losses, Moment, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "fairgrad",
    summary: "weights that are fair by a chosen measure of fairness",
    source: "Ban, Ji 2024, Fair Resource Allocation in Multi-Task Learning, ICML",
    new: |options| {
        Box::new(FairGrad {
            fairness: options
                .number(
                    "alpha",
                    "fairness: 1 proportional, above it more for the slow tasks",
                )
                .within(0.5..=10.0)
                .or(2.0),
        })
    },
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::Certified),
            Promised::always(Promise::NonConflict),
            // s²G w = w^(−1/2): w ∝ s^(−4/3).
            Promised::by_default(Promise::Scaling(-4.0 / 3.0)),
            Promised::with("alpha = 1.0", Promise::Scaling(-1.0)),
            Promised::with("alpha = 0.5", Promise::Scaling(-2.0 / 3.0)),
            Promised::by_default(Promise::PowerOfProjection(2.0)),
            Promised::with("alpha = 1.0", Promise::PowerOfProjection(1.0)),
            Promised::with("alpha = 0.5", Promise::PowerOfProjection(0.5)),
        ],
        golden: &[
            Golden {
                gram: &[&[4.0, 0.0], &[0.0, 0.125]],
                // 4 w = w^(−1/2): w = 4^(−2/3); 8^(2/3) = 4.
                alpha: &[0.396_850_262_992_049_9, 4.0],
                tolerance: 1e-9,
                source: "by hand: w = ‖g‖^(−4/3) at a right angle",
                ..Golden::PLAIN
            },
            Golden {
                options: "alpha = 1.0",
                gram: &[&[4.0, 0.0], &[0.0, 0.25]],
                alpha: &[0.5, 2.0],
                tolerance: 1e-9,
                source: "Nash-MTL",
                ..Golden::PLAIN
            },
        ],
        trial: "alpha = 1.0",
        ..GramFacts::PLAIN
    },
};

struct FairGrad {
    fairness: f64,
}

impl GramAggregator for FairGrad {
    fn scale(&self) -> Scale {
        Scale::Free
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        bargain(gram, self.fairness)
    }
}
