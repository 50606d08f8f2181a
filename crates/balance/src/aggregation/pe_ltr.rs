//! PE-LTR: the shortest affine combination of the gradients, brought back to weights of at least `floor`.
//!
//! ŵ solves [G 1; 1ᵀ 0] [w; λ] = [0; 1], the shortest combination with Σw = 1 whatever the signs; α is the nearest point to ŵ
//! with every weight at least `floor` and Σα = 1. MGDA that is projected where it should be solved: with three tasks or more the
//! two differ, and only MGDA's promise holds.
//!
//! Source: Lin et al. 2019 (Pareto-efficient learning to rank), as in TorchEasyRec. Where we differ: inner products of the shared
//! parameters only, and an eigenvalue that is rounding gets a ridge instead of being inverted. A floor above 1/T is 1/T.

use nalgebra::DVector;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, mean_of};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::solve::{affine, project};
use crate::{Gram, Losses, Moment, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "pe_ltr",
    summary: "the shortest affine combination of the gradients, projected to weights above a floor",
    source: "Lin et al. 2019, A Pareto-Efficient Algorithm for Multiple Objective Optimization, RecSys",
    new: |options| {
        Box::new(PeLtr {
            floor: options
                .number("floor", "the least weight")
                .within(0.0..=1.0)
                .or(0.0),
        })
    },
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::Simplex),
            Promised::always(Promise::Scaling(0.0)),
        ],
        golden: &[
            Golden {
                gram: &[&[4.0, 1.0], &[1.0, 9.0]],
                alpha: &[8.0 / 11.0, 3.0 / 11.0],
                tolerance: 1e-9,
                source: "closed form for two, MGDA's",
                ..Golden::PLAIN
            },
            Golden {
                options: "floor = 0.25",
                gram: &[&[1.0, 2.0], &[2.0, 9.0]],
                alpha: &[0.75, 0.25],
                tolerance: 1e-12,
                source: "by hand: ŵ = (7/6, −1/6)",
                ..Golden::PLAIN
            },
        ],
        trial: "floor = 0.02",
        ..GramFacts::PLAIN
    },
};

struct PeLtr {
    floor: f64,
}

impl GramAggregator for PeLtr {
    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        let point = match affine(gram) {
            Some(point) => point,
            None => DVector::from_vec(mean_of(gram.tasks())),
        };
        let alpha = project(&point, self.floor);
        Weights::of(alpha.as_slice().to_vec())
    }
}
