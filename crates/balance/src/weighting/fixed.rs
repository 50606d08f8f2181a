//! Fixed: every loss counts what its task says.
//!
//! α_t = 1, which training multiplies by `tasks.NAME.weight` as it does for every weighting: the weighted sum with weights
//! chosen by hand or by a search. Tuned fixed weights are on a par with most special methods (Kurin et al. 2022, Royer et
//! al. 2023), so this is the baseline of any claim.

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::{Golden, Promise};
use crate::{Family, Losses, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "fixed",
    summary: "every loss counts what its task's own weight says",
    source: "linear scalarization; Kurin et al. 2022, In Defense of the Unitary Scalarization, NeurIPS",
    new: |_| Box::new(Fixed),
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
            source: "definition: the tasks' own weights are multiplied in by training",
        }],
        without: super::CONSTANT,
        ..Facts::PLAIN
    },
};

struct Fixed;

impl Weighting for Fixed {
    fn start(&mut self, _: &[TaskFacts]) {}

    fn needs(&self) -> Needs {
        Needs::Nothing
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        Weights::of(vec![1.0; losses.present.len()])
    }
}
