//! Nash-MTL: the bargain in which the product of what each task gains is largest.
//!
//! α > 0 with (Gα)_t = 1/α_t. Each task's projection is positive, ‖d‖² = T whatever the gradients, and a loss multiplied by s
//! has its weight divided by s: the direction does not depend on the losses' units. Because of the fixed length a learning rate
//! means something else than elsewhere; `gain = "sum"` brings the weights back to Σα = T.
//!
//! Source: Navon et al. 2022. Where we differ: damped Newton on the convex problem ½αᵀGα − Σ ln α, to rounding, where the
//! authors run 20 rounds of a cone solver and keep old weights when it fails. Their clipping to norm 1 and updating every k
//! steps are wrappers here. A gradient of zero has no bargain to make; its weight is the mean of the others'. Where a convex
//! combination of the gradients vanishes there is no bargain at all: a ridge of 10⁻¹⁰ on the cosines gives a finite answer, with a
//! note, and the residual says how far it is off.

use nalgebra::DVector;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Heads, Scale, mean_of};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::solve::{Directions, Solved, TOLERANCE, min_norm, power};
use crate::{Gram, Losses, Moment, Note, Weights};

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

/// A sum of directions this short, as a share of their weights, is as good as zero: with a ridge of 10⁻¹⁰ it is about 10⁻⁵.
const VANISHES: f64 = 1e-4;

/// The weights with (Gα)_t = α_t^(−1/a).
pub(super) fn bargain(gram: &Gram, a: f64) -> Weights {
    let directions = Directions::of(gram);
    if directions.len() == 0 {
        return Weights::of(mean_of(gram.tasks()));
    }
    let solved = power(&directions, a);
    let is_bargain = solved.residual <= TOLERANCE || !cancel(&directions, &solved.point);
    let rest = solved.point.mean();
    let point = directions.spread(&solved.point, gram.tasks(), rest);
    let weights = Solved {
        point,
        residual: solved.residual,
    }
    .weights();
    if is_bargain {
        weights
    } else {
        weights.noting(Some(Note::Unbounded))
    }
}

/// Whether a sum of the gradients with positive weights vanishes: that of the weights found, which the ridge then keeps small, or
/// the shortest.
fn cancel(directions: &Directions, weights: &DVector<f64>) -> bool {
    let unit = Gram::of_upper_half(directions.positions.clone(), directions.cosines.as_slice());
    let is_short =
        |shares: &DVector<f64>| unit.shared_norm(shares.as_slice()) <= VANISHES * shares.sum();
    is_short(&weights.component_mul(&directions.norms)) || is_short(&min_norm(&unit).point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_gradients_cancel_the_note_says_that_there_is_no_bargain() {
        let opposed = [[1.0, 0.0, 0.0], [-2.0, 0.0, 0.0], [0.0, 0.0, 1.0]].map(Vec::from);
        let nearly = [[1.0, 1e-7, 0.0], [-2.0, 1e-7, 0.0], [0.0, 0.0, 1e6]].map(Vec::from);
        let apart = [[1.0, 0.1, 0.0], [-2.0, 0.1, 0.0], [0.0, 0.0, 1.0]].map(Vec::from);
        for a in [0.5, 1.0, 2.0, 10.0] {
            for (rows, note) in [
                (&opposed, Some(Note::Unbounded)),
                (&nearly, Some(Note::Unbounded)),
                (&apart, None),
            ] {
                let gram = Gram::of_rows(vec![0, 1, 2], rows).unwrap();
                let weights = bargain(&gram, a);
                assert_eq!(weights.note, note, "a = {a}: {weights:?}");
                assert!(weights.alpha.iter().all(|weight| weight.is_finite()));
            }
        }
    }
}
