//! Mean: every gradient counts its share.
//!
//! α_t = 1/T over the T present tasks. Unlike the sum its length does not grow with the number of tasks, so that a learning
//! rate carries over from one task to many.

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, Sight, mean_of};
use crate::contract::gram::Golden;
use crate::{Gram, Losses, Moment, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "mean",
    summary: "the mean of the gradients",
    source: "baseline: the gradient of the mean of the losses",
    new: |_| Box::new(Mean),
    facts: GramFacts {
        golden: &[Golden {
            gram: &[&[1.0, -2.0], &[-2.0, 9.0]],
            alpha: &[0.5, 0.5],
            source: "definition",
            ..Golden::PLAIN
        }],
        ..GramFacts::PLAIN
    },
};

struct Mean;

impl GramAggregator for Mean {
    fn sight(&self) -> Sight {
        Sight::Nothing
    }

    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        Weights::of(mean_of(gram.tasks()))
    }
}
