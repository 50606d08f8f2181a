//! Sum: every gradient counts 1.
//!
//! α_t = 1: the gradient of the weighted losses as they are, which needs one backward pass and no inner product. The
//! aggregator of a run whose tasks are balanced by its weighting alone.

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, Sight};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::{Gram, Losses, Moment, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "sum",
    summary: "the sum of the gradients",
    source: "baseline: the gradient of the sum of the losses",
    new: |_| Box::new(Sum),
    facts: GramFacts {
        promises: &[Promised::always(Promise::RowScaling(0.0))],
        golden: &[Golden {
            gram: &[&[1.0, -2.0], &[-2.0, 9.0]],
            alpha: &[1.0, 1.0],
            source: "definition",
            ..Golden::PLAIN
        }],
        ..GramFacts::PLAIN
    },
};

struct Sum;

impl GramAggregator for Sum {
    fn sight(&self) -> Sight {
        Sight::Nothing
    }

    fn scale(&self) -> Scale {
        Scale::Sum
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        Weights::of(vec![1.0; gram.tasks()])
    }
}
