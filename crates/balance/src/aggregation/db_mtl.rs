//! DB-MTL without momentum: losses as logarithms, all gradients as long as the longest.
//!
//! The gradient of ln l_t is g_t/l_t, of norm n_t = ‖g_t‖/l_t; each is brought to the largest of these norms. In terms of the
//! gradients as they are α_t = max_k n_k / ‖g_t‖, and 0 for a gradient of zero. The heads are trained with ln l_t: 1/l_t.
//!
//! Source: Lin et al. 2023. The paper's moving average of gradients (its β) needs them entry by entry and stands elsewhere.
//! As there, 10⁻⁸ is added to the loss.

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::normalize::SMALLEST_LOSS;
use crate::{Gram, Losses, Moment, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "db_mtl",
    summary: "gradients of the losses' logarithms, all as long as the longest",
    source: "Lin et al. 2023, Dual-Balancing for Multi-Task Learning",
    new: |_| Box::new(DbMtl),
    facts: GramFacts {
        promises: &[Promised::always(Promise::Scaling(0.0))],
        golden: &[Golden {
            gram: &[&[4.0, 0.0], &[0.0, 9.0]],
            losses: &[1.0, 0.5],
            // n = (2, 6).
            alpha: &[3.0, 2.0],
            tolerance: 1e-7,
            source: "by hand",
            ..Golden::PLAIN
        }],
        ..GramFacts::PLAIN
    },
};

struct DbMtl;

impl GramAggregator for DbMtl {
    fn scale(&self) -> Scale {
        Scale::Free
    }

    fn weights(&mut self, gram: &Gram, losses: &Losses, _: Moment) -> Weights {
        let losses_above: Vec<f64> = losses
            .positive(0.0)
            .into_iter()
            .map(|loss| loss + SMALLEST_LOSS)
            .collect();
        let norms = gram.norms();
        let largest = norms
            .iter()
            .zip(&losses_above)
            .map(|(norm, loss)| norm / loss)
            .fold(0.0, f64::max);
        let alpha = norms
            .iter()
            .map(|&norm| if norm > 0.0 { largest / norm } else { 0.0 });
        Weights {
            heads: Some(losses_above.iter().map(|loss| 1.0 / loss).collect()),
            ..Weights::of(alpha.collect()).noting(losses.note())
        }
    }
}
