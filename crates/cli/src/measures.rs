//! What metric keys mean to a reader: which comes first, and which direction is good.

use std::collections::BTreeMap;

use polytask_config::{describe, name_in};
use polytask_metrics::{Better, METRICS};
use polytask_training::evaluate::{JOINT, USABLE};
use polytask_training::experiment::{Experiment, shape_of};

/// A task and the metrics that its config names, the main one first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskMeasures {
    pub(crate) name: String,
    named: Vec<String>,
}

impl TaskMeasures {
    /// Those of a config, in its order.
    pub(crate) fn of(experiment: &Experiment) -> Vec<Self> {
        experiment
            .tasks
            .iter()
            .filter(|task| task.data.active)
            .map(|task| {
                let usual = polytask_metrics::defaults(shape_of(task.data.kind));
                let usual: Vec<String> = usual.iter().map(|&name| name.to_owned()).collect();
                let named = if task.metrics.is_empty() {
                    &usual
                } else {
                    &task.metrics
                };
                Self::new(&task.name, named)
            })
            .collect()
    }

    pub(crate) fn new(name: &str, named: &[String]) -> Self {
        Self {
            name: name.to_owned(),
            named: named.to_vec(),
        }
    }

    /// The task's metrics on a split, the main one first, as (name, value).
    pub(crate) fn on<'m>(
        &self,
        split: &str,
        metrics: &'m BTreeMap<String, f64>,
    ) -> Vec<(&'m str, f64)> {
        let prefix = format!("{split}/{}/", self.name);
        let mut found: Vec<(usize, &str, f64)> = metrics
            .iter()
            .filter_map(|(key, value)| {
                let name = key.strip_prefix(&prefix)?;
                Some((self.rank(name)?, name, *value))
            })
            .collect();
        found.sort_by_key(|(rank, _, _)| *rank);
        found
            .into_iter()
            .map(|(_, name, value)| (name, value))
            .collect()
    }

    /// The main metric on a split.
    pub(crate) fn main<'m>(
        &self,
        split: &str,
        metrics: &'m BTreeMap<String, f64>,
    ) -> Option<(&'m str, f64)> {
        self.on(split, metrics).into_iter().next()
    }

    /// The place of a metric: the config's order, else that of the table of metrics. None for losses and weights.
    fn rank(&self, name: &str) -> Option<usize> {
        let table = METRICS
            .iter()
            .position(|entry| entry.name == name_in(name))?;
        let named = self.named.iter().position(|named| named == name);
        Some(named.unwrap_or(self.named.len() + table))
    }
}

/// Which direction of `SPLIT/TASK/METRIC`, `SPLIT/loss` and the like is good.
pub(crate) fn better(key: &str) -> Better {
    let name = key.rsplit('/').next().unwrap_or(key);
    if ["score", USABLE, JOINT].contains(&name) {
        return Better::Higher;
    }
    // Losses, weighted losses, penalties: whatever is no metric.
    let Some(entry) = METRICS.iter().find(|entry| entry.name == name_in(name)) else {
        return Better::Lower;
    };
    let mut better = Better::Higher;
    describe(|fields| better = (entry.new)(fields).better());
    better
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_metric_comes_first() {
        let metrics: BTreeMap<String, f64> = ["loss", "weight", "log_loss", "f1_macro", "accuracy"]
            .iter()
            .map(|name| (format!("val/digit/{name}"), 0.5))
            .chain([("val/digits/accuracy".to_owned(), 0.1)])
            .collect();
        let names = |task: TaskMeasures| {
            task.on("val", &metrics)
                .into_iter()
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            names(TaskMeasures::new("digit", &[])),
            ["accuracy", "f1_macro", "log_loss"]
        );
        let named = ["log_loss".to_owned()];
        assert_eq!(
            TaskMeasures::new("digit", &named).main("val", &metrics),
            Some(("log_loss", 0.5))
        );
    }

    #[test]
    fn every_measure_has_a_direction() {
        assert_eq!(better("test/digit/accuracy"), Better::Higher);
        assert_eq!(better("test/grade/mae"), Better::Lower);
        assert_eq!(better("test/loss"), Better::Lower);
        assert_eq!(better("val/score"), Better::Higher);
        assert_eq!(better("test/digit/usable_bits"), Better::Higher);
        assert_eq!(better("test/joint_bits"), Better::Higher);
    }
}
