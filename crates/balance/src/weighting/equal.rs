//! Equal: every loss counts 1, whatever the tasks' own weights say.
//!
//! α_t = 1: the sum of the losses, the baseline that every method is to beat. With as many tasks its gradient is that many
//! times the mean's: a learning rate tuned for a mean is too large here.

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::{Golden, Promise};
use crate::{Family, Losses, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "equal",
    summary: "every loss counts 1; the tasks' own weights are left out",
    source: "baseline: the plain sum of the losses",
    new: |_| Box::new(Equal),
    facts: Facts {
        promises: &[Promise::Independent],
        golden: &[Golden {
            tasks: &[
                (Family::Classification, 0.7, 0.0),
                (Family::SquaredError, 0.0, 1.0),
            ],
            losses: &[&[0.5, 2.0]],
            alpha: &[1.0, 1.0],
            tolerance: 0.0,
            source: "definition",
        }],
        without: super::CONSTANT,
        ..Facts::PLAIN
    },
};

struct Equal;

impl Weighting for Equal {
    fn start(&mut self, _: &[TaskFacts]) {}

    fn needs(&self) -> Needs {
        Needs::Nothing
    }

    fn uses_task_weights(&self) -> bool {
        false
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        Weights::of(vec![1.0; losses.present.len()])
    }
}
