//! Tchebycheff: only the loss that is worst by the tasks' own weights counts.
//!
//! max λ_t (l_t − z_t), λ = `tasks.NAME.weight`, z_t = `ideals.NAME`, or `ideal` for those that it does not name: λ_t for the worst task and 0 for the others. As training multiplies
//! λ in, α_t = 1 for the worst. Of several that are equally bad each has its share, one of the subgradients. With the right λ it reaches every Pareto-optimal point, also where the
//! front is not convex; a step helps one task alone.
//!
//! Source: Bowman 1976. LibMOON's function returns the losses unweighted.

use std::collections::BTreeMap;

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::Golden;
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "tchebycheff",
    summary: "only the loss that is worst by the tasks' own weights",
    source: "Bowman 1976, On the Relationship of the Tchebycheff Norm and the Efficient Frontier",
    new: |options| {
        Box::new(Tchebycheff {
            ideal: options.number("ideal", "what a loss is at best").or(0.0),
            ideals: options
                .weights(
                    "ideals",
                    "the same of each task by name; `ideal` for the others",
                )
                .into_iter()
                .collect(),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        trial: "ideal = -1.0, ideals = { task_1 = -2.0 }",
        golden: &[Golden {
            tasks: &[
                (Family::Other, 0.0, 0.0),
                (Family::Other, 0.0, 0.0),
                (Family::Other, 0.0, 0.0),
            ],
            losses: &[&[2.0, 1.0, 2.0]],
            alpha: &[0.5, 0.0, 0.5],
            tolerance: 0.0,
            source: "by hand",
        }],
        without: super::SLOPE,
        ..Facts::PLAIN
    },
};

struct Tchebycheff {
    ideal: f64,
    ideals: BTreeMap<String, f64>,
    /// λ and z.
    tasks: PerTask<(f64, f64)>,
}

impl Weighting for Tchebycheff {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |task| {
            let ideal = self.ideals.get(&task.name).copied();
            (task.weight, ideal.unwrap_or(self.ideal))
        });
    }

    fn named(&self) -> Vec<&str> {
        self.ideals.keys().map(String::as_str).collect()
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let preferences = self.tasks.present(&losses.present);
        let preferences = preferences.map(|task| task.copied().unwrap_or((1.0, self.ideal)));
        let seen = losses.seen().zip(preferences);
        let terms: Vec<f64> = seen
            .map(|(seen, (preference, ideal))| {
                if seen.is_usable() {
                    preference * (seen.loss - ideal)
                } else {
                    f64::NEG_INFINITY
                }
            })
            .collect();
        let worst = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let is_worst = |term: &f64| *term == worst;
        let equals = terms.iter().filter(|term| is_worst(term)).count().max(1) as f64;
        let alpha = terms
            .iter()
            .map(|term| if is_worst(term) { 1.0 / equals } else { 0.0 });
        Weights::of(alpha.collect()).noting(losses.note())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_counts_from_its_own_ideal() {
        let mut tchebycheff = Tchebycheff {
            ideal: 0.0,
            ideals: BTreeMap::from([("b".to_owned(), 1.5)]),
            tasks: PerTask::default(),
        };
        let facts = ["a", "b"].map(|name| TaskFacts {
            name: name.to_owned(),
            family: Family::Other,
            weight: 1.0,
            entropy: 0.0,
            variance: 0.0,
        });
        tchebycheff.start(&facts);
        let losses = Losses {
            present: vec![0, 1],
            values: vec![1.0, 2.0],
            rows: vec![1; 2],
        };
        // 1 − 0 is more than 2 − 1.5.
        assert_eq!(tchebycheff.weights(&losses).alpha, [1.0, 0.0]);
        assert_eq!(tchebycheff.named(), ["b"]);
    }
}
