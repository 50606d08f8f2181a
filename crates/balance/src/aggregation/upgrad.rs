//! UPGrad: each gradient is projected onto the directions in which no loss rises, and the projections are averaged.
//!
//! With G divided by its trace and `ridge` added to its diagonal, for each task i: v_i = argmin vᵀGv over v ≥ e_i/T; α = Σ v_i.
//! Where no two gradients conflict it is the mean.
//!
//! Source: Quinton, Rey 2024 (TorchJD). Solved exactly, each of the T bounded problems by a dual active set. The ridge is
//! theirs: without it a stationary point has no bounded weights, with it a task may lose up to about `ridge` of the trace.

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, mean_of};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::dual_cone::{ridge, ridged, unconflicted};
use crate::{Gram, Losses, Moment, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "upgrad",
    summary: "the mean of the gradients, each freed of its conflicts with all others",
    source: "Quinton, Rey 2024, Jacobian Descent for Multi-Objective Optimization",
    new: |options| {
        Box::new(UpGrad {
            ridge: ridge(options),
        })
    },
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::Certified),
            Promised::always(Promise::PlainWithoutConflict),
            Promised::always(Promise::Scaling(0.0)),
            Promised::with("ridge = 1e-14", Promise::NonConflict),
        ],
        golden: &[Golden {
            options: "ridge = 1e-9",
            gram: &[&[4.0, -1.0], &[-1.0, 1.0]],
            // v_1 = ½(1, 1), v_2 = ½(¼, 1).
            alpha: &[0.625, 1.0],
            tolerance: 1e-6,
            source: "by hand: half of what PCGrad gives for two",
            ..Golden::PLAIN
        }],
        trial: "ridge = 0.001",
        ..GramFacts::PLAIN
    },
};

struct UpGrad {
    ridge: f64,
}

impl GramAggregator for UpGrad {
    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        match ridged(gram, self.ridge) {
            Some(matrix) => unconflicted(&matrix).weights(),
            None => Weights::of(mean_of(gram.tasks())),
        }
    }
}
