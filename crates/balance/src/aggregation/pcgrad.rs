//! PCGrad: each gradient drops what points against another, one after the other in random order.
//!
//! For each task i, C_i = e_i; for the others j in random order: p = (C_i G)_j, and if p < 0 then C_ij −= p/G_jj. α = Σ_i C_i.
//! Without conflict it is the sum; with two tasks the result conflicts with neither.
//!
//! Source: Yu et al. 2020. Where we differ: LibMTL and the code around Nash-MTL also let a task meet itself, which does nothing
//! but for rounding. The orders are a function of the run's seed, the step and the tasks' names.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use super::order::Orders;
use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::{Gram, Losses, Moment, TaskFacts, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "pcgrad",
    summary: "each gradient is projected off those that it conflicts with",
    source: "Yu et al. 2020, Gradient Surgery for Multi-Task Learning, NeurIPS",
    new: |_| Box::new(PcGrad::default()),
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::PlainWithoutConflict),
            Promised::always(Promise::PairNonConflict),
            Promised::always(Promise::Scaling(0.0)),
        ],
        golden: &[Golden {
            gram: &[&[4.0, -1.0], &[-1.0, 1.0]],
            alpha: &[1.25, 2.0],
            source: "by hand: the first gains 1/1 of the second, the second 1/4 of the first",
            ..Golden::PLAIN
        }],
        ..GramFacts::PLAIN
    },
};

#[derive(Default)]
struct PcGrad {
    orders: Orders,
}

impl GramAggregator for PcGrad {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.orders.start(tasks);
    }

    fn scale(&self) -> Scale {
        Scale::Sum
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, moment: Moment) -> Weights {
        let matrix = gram.matrix();
        let mut alpha = vec![1.0; gram.tasks()];
        for (task, order) in self.orders.draw(gram, moment).into_iter().enumerate() {
            // C_i G, kept up to date.
            let mut products = matrix.column(task).clone_owned();
            for other in order {
                let (product, squared) = (products[other], matrix[(other, other)]);
                if product < 0.0 && squared > 0.0 {
                    let added = -product / squared;
                    products.axpy(added, &matrix.column(other), 1.0);
                    if let Some(weight) = alpha.get_mut(other) {
                        *weight += added;
                    }
                }
            }
        }
        Weights::of(alpha)
    }
}
