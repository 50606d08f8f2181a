//! What a config leaves open and its data decides: the shares of the split, each task's loss and metrics, the score.
//!
//! They are written into the resolved config, so that it says all that the run did, and a later build with other defaults
//! still does the same from it.

use polytask_config::{Document, Layers, item_of};

use super::{Plan, PlannedTask};
use crate::experiment::{Experiment, TaskTable};
use crate::score::Term;

/// What the config left open.
pub(super) struct Open {
    /// Tasks that name no loss.
    losses: Vec<String>,
    score: bool,
}

impl Open {
    pub(super) fn of(tasks: &[TaskTable], score: &[(String, f64)]) -> Self {
        let without = tasks.iter().filter(|task| !task.loss.is_given());
        Self {
            losses: without.map(|task| task.name.clone()).collect(),
            score: score.is_empty(),
        }
    }

    /// The decisions, as `--set` takes them.
    pub(super) fn filled(
        &self,
        tasks: &[PlannedTask],
        score: &[Term],
        shares: Option<[f64; 3]>,
    ) -> Vec<String> {
        let mut decided = Vec::new();
        for (part, share) in ["train", "val", "test"].iter().zip(shares.iter().flatten()) {
            decided.push(format!("data.split.{part}={share:?}"));
        }
        for task in tasks {
            let name = &task.name;
            let metrics: Vec<String> = task.metrics.iter().map(|name| item_of(name)).collect();
            decided.push(format!("tasks.{name}.metrics=[{}]", metrics.join(",")));
            if self.losses.contains(name) {
                decided.push(format!(
                    "tasks.{name}.loss={:?}",
                    task.options.name(&task.kind)
                ));
            }
        }
        if self.score {
            let terms: Vec<String> = score
                .iter()
                .map(|term| format!("{:?}={:?}", term.key, term.weight))
                .collect();
            decided.push(format!("score={{{}}}", terms.join(",")));
        }
        decided
    }
}

impl Plan {
    /// A resolved config with what the plan decided filled in; unchanged if it is not this plan's.
    #[must_use]
    pub fn completed(&self, resolved: &str) -> String {
        let layers = self.decided.iter().fold(
            Layers::text("config.resolved.toml", resolved, "."),
            Layers::set,
        );
        let Ok(document) = Document::load(layers) else {
            return resolved.to_owned();
        };
        let reading = polytask_config::read(&document, Experiment::options);
        if reading.problems.is_empty() {
            reading.resolved.to_toml()
        } else {
            resolved.to_owned()
        }
    }
}
