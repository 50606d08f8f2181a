//! IMTL-L: each loss is multiplied by a learned scale that brings it to 1.
//!
//! Σ e^{s_t} l_t − s_t: α_t = e^{s_t}; s_t moves along e^s l − 1 by its own Adam (rate `weight_lr`, no decay) after the weights of
//! the step were given. At rest e^s l = 1, that is `scale_invariant`, lagging.
//!
//! Source: Liu et al. 2021. Public code puts s into the model's optimizer, whose small rate and weight decay hardly let it move.
//! |s| is at most 18.4, e^s within about [10⁻⁸, 10⁸].

use polytask_config::{Fields, State};

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::{Golden, Promise};
use crate::log_scale::{LogScale, LogScales};
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "imtl_l",
    summary: "each loss times a learned scale that brings it to 1",
    source: "Liu et al. 2021, Towards Impartial Multi-task Learning, ICLR",
    new: |options| Box::new(ImtlL::new(options)),
    facts: Facts {
        promises: &[Promise::Independent],
        trial: "weight_lr = 0.1, initial = -0.5",
        golden: &[Golden {
            tasks: &[(Family::Other, 0.0, 0.0), (Family::Other, 0.0, 0.0)],
            losses: &[&[0.5, 2.0], &[0.5, 2.0]],
            // Adam's first step is its rate: s = ±0.025.
            alpha: &[1.025_315_120_524_428_9, 0.975_309_912_028_332_6],
            tolerance: 1e-7,
            source: "by hand",
        }],
        without: super::SLOPE,
        ..Facts::PLAIN
    },
};

/// Also the first half of the aggregator `imtl`.
pub(crate) struct ImtlL {
    scales: LogScales,
    /// s.
    tasks: PerTask<LogScale>,
}

impl ImtlL {
    pub(crate) fn new(options: &mut Fields<'_>) -> Self {
        Self {
            scales: LogScales::options(options),
            tasks: PerTask::default(),
        }
    }
}

impl Weighting for ImtlL {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |_| self.scales.start());
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let weights = self.tasks.weights(losses, |task| task.logarithm.exp());
        self.tasks.learn(losses, |task, seen| {
            let gradient = task.logarithm.exp() * seen.loss - 1.0;
            task.learn(gradient, self.scales.rate);
        });
        weights
    }

    fn state(&mut self, state: &mut State) {
        self.tasks.state(state, LogScale::state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_rest_loss_times_scale_is_one() {
        let mut scale = LogScale::default();
        for _ in 0..20_000 {
            let gradient = scale.logarithm.exp() * 0.3 - 1.0;
            scale.learn(gradient, 0.025);
        }
        assert!((scale.logarithm.exp() * 0.3 - 1.0).abs() < 1e-6);
    }
}
