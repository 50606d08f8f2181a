//! MGDA: the shortest convex combination of the gradients, along which every loss falls alike.
//!
//! α = argmin αᵀGα over the simplex. No task's projection is smaller than the squared norm of the result: (Gα)_t ≥ αᵀGα.
//! `normalize` first divides each gradient by its norm (`l2`), its loss (`loss`) or both (`loss+`). Without it the task with
//! the smallest gradient decides almost alone; for comparisons take `l2` or `loss+`. `apply_to` says what the weights are then
//! applied to: the gradients as they are (`raw`, as the authors' code does) or the divided ones (`normalized`, of which alone
//! it is true that no loss rises). Where directions depend on each other many convex combinations are the same vector, which divided or not
//! are not the same: of these the most even one is taken, so that tasks that nothing tells apart weigh the same.
//!
//! Source: Désidéri 2012; Sener, Koltun 2018. Where we differ: exact by an active set instead of Frank–Wolfe steps, and not
//! clamped to [0.001, 0.999]. LibMTL applies the weights to the divided gradients at the parameters and to the raw ones at the
//! representation; here the option says which.

use polytask_config::Choice;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::normalize::Normalize;
use crate::solve::min_norm;
use crate::{Gram, Losses, Moment, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "mgda",
    summary: "the shortest convex combination of the gradients",
    source: "Désidéri 2012; Sener, Koltun 2018, Multi-Task Learning as Multi-Objective Optimization, NeurIPS",
    new: |options| {
        Box::new(Mgda {
            normalize: options
                .choice(
                    "normalize",
                    "what each gradient is divided by first; with `l2` and raw gradients two tasks always weigh the same",
                )
                .or(Normalize::L2),
            apply_to: options
                .choice("apply_to", "which gradients the weights are applied to")
                .or(ApplyTo::Raw),
        })
    },
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::Certified),
            Promised::by_default(Promise::Simplex),
            Promised::with("normalize = \"none\"", Promise::Simplex),
            Promised::with("normalize = \"loss\"", Promise::Simplex),
            Promised::with("normalize = \"loss+\"", Promise::Simplex),
            Promised::with("normalize = \"none\"", Promise::NonConflict),
            Promised::with("normalize = \"none\"", Promise::Scaling(0.0)),
            Promised::with(
                "normalize = \"l2\", apply_to = \"normalized\"",
                Promise::NonConflict,
            ),
            Promised::with(
                "normalize = \"l2\", apply_to = \"normalized\"",
                Promise::RowScaling(-1.0),
            ),
        ],
        golden: &[
            Golden {
                options: "normalize = \"none\"",
                gram: &[&[4.0, 1.0], &[1.0, 9.0]],
                alpha: &[8.0 / 11.0, 3.0 / 11.0],
                source: "closed form for two: (g22 − g12) / (g11 + g22 − 2 g12)",
                ..Golden::PLAIN
            },
            Golden {
                options: "normalize = \"none\"",
                gram: &[&[1.0, 2.0], &[2.0, 9.0]],
                alpha: &[1.0, 0.0],
                source: "closed form for two, clipped",
                ..Golden::PLAIN
            },
            Golden {
                gram: &[&[4.0, 1.0], &[1.0, 9.0]],
                alpha: &[0.5, 0.5],
                source: "closed form for two of norm 1",
                ..Golden::PLAIN
            },
            Golden {
                gram: &[&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0], &[3.0, 6.0, 9.0]],
                alpha: &[1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0],
                source: "by hand: one direction, of which nothing tells the three apart",
                ..Golden::PLAIN
            },
            Golden {
                // (1, 0), (2, 0), (−1, 0), (0, 1): any shares with x₁ + x₂ = x₃, x₄ = 0 make zero.
                gram: &[
                    &[1.0, 2.0, -1.0, 0.0],
                    &[2.0, 4.0, -2.0, 0.0],
                    &[-1.0, -2.0, 1.0, 0.0],
                    &[0.0, 0.0, 0.0, 1.0],
                ],
                alpha: &[0.25, 0.25, 0.5, 0.0],
                source: "by hand: of these shares the most even",
                ..Golden::PLAIN
            },
            Golden {
                options: "normalize = \"loss\", apply_to = \"normalized\"",
                gram: &[&[4.0, 1.0], &[1.0, 9.0]],
                losses: &[2.0, 3.0],
                alpha: &[0.25, 1.0 / 6.0],
                source: "closed form: both have squared norm 1 once divided, then ½ each over the losses",
                ..Golden::PLAIN
            },
        ],
        trial: "normalize = \"loss+\", apply_to = \"normalized\"",
        ..GramFacts::PLAIN
    },
};

#[derive(Clone, Copy, PartialEq)]
enum ApplyTo {
    Raw,
    Normalized,
}

impl Choice for ApplyTo {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("raw", Self::Raw, "the gradients as they are"),
        ("normalized", Self::Normalized, "the divided gradients"),
    ];
}

struct Mgda {
    normalize: Normalize,
    apply_to: ApplyTo,
}

impl GramAggregator for Mgda {
    fn scale(&self) -> Scale {
        if self.apply_to == ApplyTo::Normalized && self.normalize != Normalize::None {
            Scale::Free
        } else {
            Scale::Mean
        }
    }

    fn weights(&mut self, gram: &Gram, losses: &Losses, _: Moment) -> Weights {
        let scales = self.normalize.scales(gram, losses);
        let mut weights = min_norm(&gram.scaled(&scales)).weights();
        if self.apply_to == ApplyTo::Normalized {
            for (weight, scale) in weights.alpha.iter_mut().zip(&scales) {
                *weight *= scale;
            }
        }
        weights
    }
}
