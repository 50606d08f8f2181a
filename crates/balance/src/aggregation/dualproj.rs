//! DualProj: the mean gradient is projected onto the directions in which no loss rises.
//!
//! With G divided by its trace and `ridge` added to its diagonal: α = argmin vᵀGv over v ≥ 1/T. Where the mean conflicts with
//! no gradient it is the mean.
//!
//! Source: Lopez-Paz, Ranzato 2017 (gradient episodic memory), as in TorchJD. Solved exactly by a dual active set.

use nalgebra::DVector;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, mean_of};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::dual_cone::{raised, ridge, ridged};
use crate::{Gram, Losses, Moment, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "dualproj",
    summary: "the mean gradient, freed of its conflicts with all gradients",
    source: "Lopez-Paz, Ranzato 2017, Gradient Episodic Memory for Continual Learning, NeurIPS",
    new: |options| {
        Box::new(DualProj {
            ridge: ridge(options),
        })
    },
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::Certified),
            Promised::always(Promise::PlainWithoutConflict),
            Promised::always(Promise::Scaling(0.0)),
            Promised::with("ridge = 1e-14", Promise::NonConflict),
        ],
        golden: &[Golden {
            options: "ridge = 1e-9",
            gram: &[&[4.0, -2.0], &[-2.0, 1.5]],
            // ½(4, −2) + … : the second loses ½(−2 + 1.5) = −¼, made up by ¼/1.5 more of itself.
            alpha: &[0.5, 0.5 + 1.0 / 6.0],
            tolerance: 1e-6,
            source: "by hand",
            ..Golden::PLAIN
        }],
        trial: "ridge = 0.001",
        ..GramFacts::PLAIN
    },
};

struct DualProj {
    ridge: f64,
}

impl GramAggregator for DualProj {
    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        let mean = mean_of(gram.tasks());
        match ridged(gram, self.ridge) {
            Some(matrix) => raised(&matrix, &DVector::from_vec(mean)).weights(),
            None => Weights::of(mean),
        }
    }
}
