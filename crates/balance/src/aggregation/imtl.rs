//! IMTL: losses brought to one scale by IMTL-L, then gradients balanced by IMTL-G.
//!
//! A composition: e^{s_t} of the weighting `imtl_l` multiplies loss and gradient, IMTL-G weighs the gradients so scaled, and the
//! product of both is the weight of the shared gradient. The heads are trained with e^{s_t} alone, as in the paper.
//!
//! Source: Liu et al. 2021, the hybrid.

use polytask_config::State;

use super::imtl_g::equal_projections;
use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::weighting::ImtlL;
use crate::{Gram, Losses, Moment, TaskFacts, Weighting, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "imtl",
    summary: "imtl_l for the losses' scales, then imtl_g for the gradients",
    source: "Liu et al. 2021, Towards Impartial Multi-task Learning, ICLR",
    new: |options| {
        Box::new(Imtl {
            losses: ImtlL::new(options),
        })
    },
    facts: GramFacts {
        promises: &[Promised::always(Promise::EqualProjections)],
        golden: &[Golden {
            gram: &[&[1.0, 0.0], &[0.0, 4.0]],
            losses: &[1.0, 1.0],
            alpha: &[2.0 / 3.0, 1.0 / 3.0],
            source: "by hand: at first e^s = 1, so it is imtl_g",
            ..Golden::PLAIN
        }],
        trial: "weight_lr = 0.1, initial = -0.5",
        ..GramFacts::PLAIN
    },
};

struct Imtl {
    losses: ImtlL,
}

impl GramAggregator for Imtl {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.losses.start(tasks);
    }

    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn weights(&mut self, gram: &Gram, losses: &Losses, _: Moment) -> Weights {
        let scales = self.losses.weights(losses);
        let weights = equal_projections(&gram.scaled(&scales.alpha));
        let unit = Some(vec![1.0; gram.tasks()]);
        Weights {
            heads: unit,
            ..weights
        }
        .on_top_of(&scales)
    }

    fn state(&mut self, state: &mut State) {
        self.losses.state(state);
    }
}
