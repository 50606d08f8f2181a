//! IMTL-G: a direction that has the same projection onto every task's gradient.
//!
//! α = G⁺d / |1ᵀG⁺d| with d_t = ‖g_t‖: then (Gα)_t/‖g_t‖ is the same for all t. Weights may be negative.
//!
//! Source: Liu et al. 2021. Where we differ: no public code minds the sign. If 1ᵀG⁺d < 0, dividing by it (as the paper does)
//! makes every projection negative, a step up on every loss at once; we divide by its size and say so in a note. With all
//! directions independent G⁻¹d is computed as D⁻¹C⁻¹1, C the cosines and D the norms, which stays exact when the norms are of
//! very different size; else with the pseudo-inverse of G, which leaves out what is rounding. If the sum vanishes, so does the
//! answer, with a note; if all gradients are zero it is the mean.

use nalgebra::DVector;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, mean_of};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::solve::{Directions, Spectrum};
use crate::{Gram, Losses, Moment, Note, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "imtl_g",
    summary: "the direction with equal projections onto all gradients",
    source: "Liu et al. 2021, Towards Impartial Multi-task Learning, ICLR",
    new: |_| Box::new(ImtlG),
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::EqualProjections),
            Promised::always(Promise::Scaling(0.0)),
        ],
        golden: &[
            Golden {
                gram: &[&[1.0, 0.0], &[0.0, 4.0]],
                alpha: &[2.0 / 3.0, 1.0 / 3.0],
                source: "by hand: α ∝ 1/‖g‖ at a right angle",
                ..Golden::PLAIN
            },
            Golden {
                gram: &[&[1.0, 1.0], &[1.0, 1.0]],
                alpha: &[0.5, 0.5],
                source: "by hand: G⁺d = d / (T ‖g‖²) for one gradient twice",
                ..Golden::PLAIN
            },
        ],
        ..GramFacts::PLAIN
    },
};

/// A sum below this share of its terms is zero.
const VANISHES: f64 = 1e-12;

struct ImtlG;

impl GramAggregator for ImtlG {
    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        equal_projections(gram)
    }
}

pub(super) fn equal_projections(gram: &Gram) -> Weights {
    let directions = Directions::of(gram);
    if directions.len() == 0 {
        return Weights::of(mean_of(gram.tasks()));
    }
    let solution = match unit_solution(&directions, gram.rounding()) {
        Some(solution) => solution.component_div(&directions.norms),
        None => {
            // The lengths matter now; they are brought near 1, which drops out below.
            let norms = &directions.norms / directions.norms.max();
            let outer = &norms * norms.transpose();
            let matrix = directions.cosines.component_mul(&outer);
            Spectrum::of(&matrix, gram.rounding()).apply(f64::recip, &norms)
        }
    };
    let sum = solution.sum();
    let size = solution.lp_norm(1);
    let (alpha, note) = if sum.abs() <= VANISHES * size {
        (DVector::zeros(solution.len()), Some(Note::Vanishes))
    } else {
        let note = (sum < 0.0).then_some(Note::TurnedRound);
        (solution / sum.abs(), note)
    };
    let alpha = directions.spread(&alpha, gram.tasks(), 0.0);
    Weights::of(alpha.as_slice().to_vec()).noting(note)
}

/// C⁻¹1, if all directions are independent.
fn unit_solution(directions: &Directions, rounding: f64) -> Option<DVector<f64>> {
    directions.equalizer().or_else(|| {
        let spectrum = Spectrum::of(&directions.cosines, rounding);
        let ones = DVector::repeat(directions.len(), 1.0);
        spectrum
            .is_full()
            .then(|| spectrum.apply(f64::recip, &ones))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unit vectors at angles of 0, 100 and 260 degrees with lengths 1, 0.1 and 0.1: the paper's answer would climb.
    #[test]
    fn an_answer_that_would_climb_on_every_loss_is_turned_round() {
        let rows = [
            vec![1.0, 0.0, 0.05],
            vec![-0.1, 0.01, 0.0],
            vec![-0.1, -0.01, 0.0],
        ];
        let gram = Gram::of_rows(vec![0, 1, 2], &rows).unwrap();
        let weights = equal_projections(&gram);
        let projections = gram.projections(&weights.alpha);
        assert!(
            projections.iter().all(|&along| along > 0.0),
            "{projections:?}"
        );
        let sum: f64 = weights.alpha.iter().sum();
        assert_eq!(weights.note.is_some(), sum < 0.0);
    }

    #[test]
    fn some_gradients_need_the_guard_and_then_no_loss_rises() {
        let mut turned = 0;
        for index in 0..200 {
            let mut stream = polytask_random::Seed(9).stream("imtl_g", index);
            let rows: Vec<Vec<f64>> = (0..3)
                .map(|_| {
                    let length = stream.normal().exp() * stream.normal().exp();
                    (0..4).map(|_| length * stream.normal()).collect()
                })
                .collect();
            let gram = Gram::of_rows(vec![0, 1, 2], &rows).unwrap();
            let weights = equal_projections(&gram);
            turned += usize::from(weights.note == Some(Note::TurnedRound));
            let projections = gram.projections(&weights.alpha);
            assert!(
                projections.iter().all(|&along| along > 0.0),
                "{projections:?}"
            );
        }
        assert!(turned > 2, "{turned}");
    }
}
