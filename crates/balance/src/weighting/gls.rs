//! Geometric loss strategy: the geometric mean of the losses.
//!
//! (Π l_t)^(1/T) over the T present tasks has the weights α_t = (Π l)^(1/T) / (T l_t), computed as exp(mean ln l): a product of
//! 40 losses overflows.
//!
//! Source: Chennupati et al. 2019. LibMTL logs l_t/(T Π l) as the weights, which they are not. A loss counts as at least
//! 10⁻⁸; one that is negative counts as 1, with a note.

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::Golden;
use crate::normalize::SMALLEST_LOSS;
use crate::{Family, Losses, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "gls",
    summary: "the geometric mean of the losses",
    source: "Chennupati et al. 2019, MultiNet++, CVPR workshops",
    new: |_| Box::new(Gls),
    facts: Facts {
        golden: &[Golden {
            tasks: &[(Family::Other, 0.0, 0.0), (Family::Other, 0.0, 0.0)],
            losses: &[&[4.0, 1.0]],
            alpha: &[0.25, 1.0],
            tolerance: 1e-14,
            source: "by hand: the mean is 2",
        }],
        without: super::LOGARITHMIC,
        ..Facts::PLAIN
    },
};

struct Gls;

impl Weighting for Gls {
    fn start(&mut self, _: &[TaskFacts]) {}

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let values = losses.positive(SMALLEST_LOSS);
        let tasks = values.len() as f64;
        let logarithm = values.iter().map(|loss| loss.ln()).sum::<f64>() / tasks;
        let alpha = values
            .iter()
            .map(|loss| (logarithm - loss.ln()).exp() / tasks);
        Weights::of(alpha.collect()).noting(losses.note())
    }
}
