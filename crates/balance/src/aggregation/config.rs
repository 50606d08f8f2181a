//! ConFIG: the unit direction with the same cosine to every gradient, as long as all of them together want.
//!
//! With D the norms and C the cosines: c = D⁻¹C⁺1, u = Jᵀc/‖Jᵀc‖, d = (Σ_t g_t·u) u. In terms of the Gram matrix
//! α = c · (1ᵀGc)/(cᵀGc). Where the directions depend on each other the cosines are as equal as they can be;
//! where they add up to zero none is above it, and the sum is taken, with a note. Where the gradients themselves add up to
//! zero, so does Σ_t g_t·u: the weights are zero, with a note.
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

/// A length below this many roundings of its terms is zero.
const NOISE: f64 = 4.0;

struct ConFig;

impl GramAggregator for ConFig {
    fn scale(&self) -> Scale {
        Scale::Sum
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        match equal_cosines(gram) {
            Some(alpha) => {
                let is_zero = !alpha.is_empty() && alpha.iter().all(|&weight| weight == 0.0);
                Weights::of(alpha).noting(is_zero.then_some(Note::Vanishes))
            }
            None => Weights::of(vec![1.0; gram.tasks()]).noting(Some(Note::ParetoStationary)),
        }
    }
}

/// α of the direction above; 1 for each task if all gradients are zero, `None` if their directions add up to zero.
///
/// With c = D⁻¹x, x = C⁺1: 1ᵀGc = dᵀCx and cᵀGc = 1ᵀx, where Cx is the part of 1 that C does not vanish on. Gradients of which d
/// is at a right angle to that, as of gradients that add up to zero, have α = 0.
pub(crate) fn equal_cosines(gram: &Gram) -> Option<Vec<f64>> {
    let directions = Directions::of(gram);
    if directions.len() == 0 {
        return Some(vec![1.0; gram.tasks()]);
    }
    let ones = DVector::repeat(directions.len(), 1.0);
    let (solution, reached) = match directions.equalizer() {
        Some(solution) => (solution, ones),
        None => {
            let spectrum = Spectrum::of(&directions.cosines, gram.rounding());
            let reached = spectrum.apply(|_| 1.0, &ones);
            (spectrum.apply(f64::recip, &ones), reached)
        }
    };
    if solution.amax() == 0.0 {
        return None;
    }
    let length = directions.norms.dot(&reached);
    let squared = solution.sum();
    let rounding = NOISE * gram.rounding() * directions.len() as f64;
    let is_zero = length.abs() <= rounding * directions.norms.norm() * reached.norm();
    if is_zero || squared <= 0.0 {
        return Some(vec![0.0; gram.tasks()]);
    }
    let alpha = solution.component_div(&directions.norms) * (length / squared);
    let alpha = directions.spread(&alpha, gram.tasks(), 0.0);
    Some(alpha.as_slice().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_gradients_that_add_up_to_zero_nothing_is_left() {
        for index in 0..50 {
            let mut stream = polytask_random::Seed(23).stream("config", index);
            let (tasks, parameters) = (2 + stream.below(8), 1 + stream.below(6));
            let mut rows: Vec<Vec<f64>> = (0..tasks)
                .map(|_| (0..parameters).map(|_| stream.normal()).collect())
                .collect();
            let sum = |place| rows.iter().map(|row| row[place]).sum::<f64>();
            rows.push((0..parameters).map(|place| -sum(place)).collect());
            let gram = Gram::of_rows((0..=tasks).collect(), &rows).unwrap();
            let weights = ConFig.weights(&gram, &Losses::default(), Moment::default());
            let is_zero = weights.alpha.iter().all(|&weight| weight == 0.0);
            let wanted = if is_zero {
                Note::Vanishes
            } else {
                Note::ParetoStationary
            };
            assert_eq!(weights.note, Some(wanted), "{index}: {weights:?}");
        }
    }
}
