//! Constant: every gradient counts what the configuration says.
//!
//! α_t = `weights.NAME`, 1 for a task that is not named. Unlike `tasks.NAME.weight` this weighs the shared gradient alone:
//! with `heads = "unit"` each head is trained with its own loss as it is.

use std::collections::BTreeMap;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, Sight};
use crate::contract::gram::Golden;
use crate::{Gram, Losses, Moment, PerTask, TaskFacts, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "constant",
    summary: "each gradient counts what the configuration says",
    source: "linear scalarization of the shared gradient",
    new: |options| {
        Box::new(Constant {
            given: options
                .weights("weights", "weight of each task by name; 1 for the others")
                .into_iter()
                .collect(),
            tasks: PerTask::default(),
        })
    },
    facts: GramFacts {
        golden: &[
            Golden {
                gram: &[&[1.0, -2.0], &[-2.0, 9.0]],
                alpha: &[1.0, 1.0],
                source: "definition",
                ..Golden::PLAIN
            },
            Golden {
                options: "weights = { task_1 = 0.25 }",
                gram: &[&[1.0, -2.0], &[-2.0, 9.0]],
                alpha: &[1.0, 0.25],
                source: "definition",
                ..Golden::PLAIN
            },
        ],
        trial: "weights = { task_0 = 2.0, task_1 = 0.25 }",
        ..GramFacts::PLAIN
    },
};

struct Constant {
    given: BTreeMap<String, f64>,
    tasks: PerTask<f64>,
}

impl GramAggregator for Constant {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |task| {
            self.given.get(&task.name).copied().unwrap_or(1.0)
        });
    }

    fn named(&self) -> Vec<&str> {
        self.given.keys().map(String::as_str).collect()
    }

    fn sight(&self) -> Sight {
        Sight::Nothing
    }

    fn scale(&self) -> Scale {
        // With no weight named it is the sum; a weight that is named is meant as it is written.
        Scale::Sum
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        let weights = self.tasks.present(gram.present());
        Weights::of(
            weights
                .map(|weight| weight.copied().unwrap_or(1.0))
                .collect(),
        )
    }
}
