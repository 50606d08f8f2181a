//! ConFIG: the unit direction with the same cosine to every gradient, as long as all of them together want.
//!
//! With D the norms and C the cosines: c = D⁻¹C⁺1, u = Jᵀc/‖Jᵀc‖, d = (Σ_t g_t·u) u. In terms of the Gram matrix
//! α = c · (1ᵀGc)/(cᵀGc). Where the directions depend on each other the cosines are as equal as they can be;
//! where they add up to zero none is above it, and the sum is taken, with a note.
//!
//! Source: Liu et al. 2025. The authors compute C⁺ from the gradients themselves; the form here is the same (`contract`
//! compares the cosines). Its momentum form, `m_config`, needs the gradients entry by entry.

use nalgebra::DVector;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::solve::{Directions, Spectrum};
use crate::{Gram, Losses, Moment, Note, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "config",
    summary: "the direction with equal cosines to all gradients",
    source: "Liu, Chu, Thuerey 2025, ConFIG: Towards Conflict-free Training of Physics Informed Neural Networks, ICLR",
    new: |_| Box::new(ConFig),
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::EqualProjections),
            Promised::always(Promise::Scaling(0.0)),
        ],
        golden: &[Golden {
            gram: &[&[1.0, 0.0], &[0.0, 9.0]],
            // u = (1, 1)/√2, Σ g·u = 4/√2, d = (2, 2) = 2 g_1 + ⅔ g_2.
            alpha: &[2.0, 2.0 / 3.0],
            tolerance: 1e-14,
            source: "by hand",
            ..Golden::PLAIN
        }],
        ..GramFacts::PLAIN
    },
};

struct ConFig;

impl GramAggregator for ConFig {
    fn scale(&self) -> Scale {
        Scale::Sum
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        match equal_cosines(gram) {
            Some(alpha) => Weights::of(alpha),
            None => Weights::of(vec![1.0; gram.tasks()]).noting(Some(Note::ParetoStationary)),
        }
    }
}

/// α of the direction above; 1 for each task if all gradients are zero, `None` if their directions add up to zero.
pub(crate) fn equal_cosines(gram: &Gram) -> Option<Vec<f64>> {
    let directions = Directions::of(gram);
    if directions.len() == 0 {
        return Some(vec![1.0; gram.tasks()]);
    }
    let ones = DVector::repeat(directions.len(), 1.0);
    let solution = directions.equalizer().unwrap_or_else(|| {
        Spectrum::of(&directions.cosines, gram.rounding()).apply(f64::recip, &ones)
    });
    if solution.amax() == 0.0 {
        return None;
    }
    // C x and x C x, with c = D⁻¹x: 1ᵀGc = dᵀCx, cᵀGc = xᵀCx.
    let products = &directions.cosines * &solution;
    let length = directions.norms.dot(&products);
    let squared = solution.dot(&products);
    let factor = if squared > 0.0 { length / squared } else { 0.0 };
    let alpha = solution.component_div(&directions.norms) * factor;
    let alpha = directions.spread(&alpha, gram.tasks(), 0.0);
    Some(alpha.as_slice().to_vec())
}
