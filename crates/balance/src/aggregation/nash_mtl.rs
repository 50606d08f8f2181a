//! Nash-MTL: the bargain in which the product of what each task gains is largest.
//!
//! α > 0 with (Gα)_t = 1/α_t. Each task's projection is positive, ‖d‖² = T whatever the gradients, and a loss multiplied by s
//! has its weight divided by s: the direction does not depend on the losses' units. Because of the fixed length a learning rate
//! means something else than elsewhere; `gain = "sum"` brings the weights back to Σα = T.
//!
//! Source: Navon et al. 2022. Where we differ: damped Newton on the convex problem ½αᵀGα − Σ ln α, to rounding, where the
//! authors run 20 rounds of a cone solver and keep old weights when it fails. Their clipping to norm 1 and updating every k
//! steps are wrappers here. A gradient of zero has no bargain to make; its weight is the mean of the others'. Where a convex
//! combination of the gradients vanishes there is no bargain at all: a ridge of 10⁻¹⁰ on the cosines gives a finite answer and
//! the residual says how far it is off.

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Heads, Scale, mean_of};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::solve::{Directions, Solved, power};
use crate::{Gram, Losses, Moment, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "nash_mtl",
    summary: "the Nash bargain between the tasks",
    source: "Navon et al. 2022, Multi-Task Learning as a Bargaining Game, ICML",
    new: |_| Box::new(NashMtl),
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::Certified),
            Promised::always(Promise::NonConflict),
            Promised::always(Promise::Scaling(-1.0)),
            Promised::always(Promise::RowScaling(-1.0)),
            Promised::always(Promise::PowerOfProjection(1.0)),
        ],
        golden: &[Golden {
            gram: &[&[4.0, 0.0], &[0.0, 0.25]],
            alpha: &[0.5, 2.0],
            tolerance: 1e-9,
            source: "by hand: α = 1/‖g‖ at a right angle",
            ..Golden::PLAIN
        }],
        ..GramFacts::PLAIN
    },
};

struct NashMtl;

impl GramAggregator for NashMtl {
    fn scale(&self) -> Scale {
        Scale::Free
    }

    fn heads(&self) -> Heads {
        Heads::Weighted
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        bargain(gram, 1.0)
    }
}

/// The weights with (Gα)_t = α_t^(−1/a).
pub(super) fn bargain(gram: &Gram, a: f64) -> Weights {
    let directions = Directions::of(gram);
    if directions.len() == 0 {
        return Weights::of(mean_of(gram.tasks()));
    }
    let solved = power(&directions, a);
    let rest = solved.point.mean();
    let point = directions.spread(&solved.point, gram.tasks(), rest);
    Solved {
        point,
        residual: solved.residual,
    }
    .weights()
}
