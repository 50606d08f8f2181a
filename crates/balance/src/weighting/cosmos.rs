//! COSMOS: the weighted sum of the losses, rewarded for pointing where the tasks' own weights point.
//!
//! r·l − λ cos(r, l), r = `tasks.NAME.weight`, λ = `penalty`. Its slope in l_t is r_t − λ (r̂_t − cos · l̂_t)/‖l‖; as training
//! multiplies r in, α_t is that over r_t. Here r is fixed: the paper also gives it to the model as an input and draws it anew at
//! each step, to learn the whole front at once.
//!
//! Source: Ruchte, Grabocka 2021.

use super::preference::Preference;
use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::Golden;
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "cosmos",
    summary: "the weighted sum, rewarded for losses that point where the tasks' own weights do",
    source: "Ruchte, Grabocka 2021, Scalable Pareto Front Approximation for Deep Multi-Objective Learning, ICDM",
    new: |options| {
        Box::new(Cosmos {
            penalty: options
                .number("penalty", "how much the cosine counts")
                .at_least(0.0)
                .at_most(1e6)
                .or(1.0),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        trial: "penalty = 0.1",
        golden: &[Golden {
            tasks: &[(Family::Other, 0.0, 0.0), (Family::Other, 0.0, 0.0)],
            losses: &[&[3.0, 4.0]],
            // cos = 7/(5√2), its slope (0.16, −0.12)/(5√2).
            alpha: &[
                1.0 - 0.022_627_416_997_969_52,
                1.0 + 0.016_970_562_748_477_14,
            ],
            tolerance: 1e-12,
            source: "by hand",
        }],
        without: super::SLOPE,
        ..Facts::PLAIN
    },
};

struct Cosmos {
    penalty: f64,
    /// r.
    tasks: PerTask<f64>,
}

impl Weighting for Cosmos {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |task| task.weight);
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let preference = Preference::of(&self.tasks, losses);
        let sides = preference.found.iter().zip(&preference.wanted);
        let slopes = sides.map(|(found, wanted)| {
            let turning = (wanted - preference.cosine * found) / preference.length;
            wanted * preference.size - self.penalty * turning
        });
        Weights::of(preference.divided(slopes)).noting(losses.note())
    }
}
