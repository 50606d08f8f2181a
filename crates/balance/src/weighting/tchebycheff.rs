//! Tchebycheff: only the loss that is worst by the tasks' own weights counts.
//!
//! max λ_t (l_t − z), λ = `tasks.NAME.weight`, z = `ideal`: λ_t for the worst task and 0 for the others. As training multiplies
//! λ in, α_t = 1 for the worst. Of several that are equally bad each has its share, one of the subgradients. With the right λ it reaches every Pareto-optimal point, also where the
//! front is not convex; a step helps one task alone.
//!
//! Source: Bowman 1976. LibMOON's function returns the losses unweighted.

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::Golden;
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "tchebycheff",
    summary: "only the loss that is worst by the tasks' own weights",
    source: "Bowman 1976, On the Relationship of the Tchebycheff Norm and the Efficient Frontier",
    new: |options| {
        Box::new(Tchebycheff {
            ideal: options
                .number("ideal", "what every loss is at best")
                .or(0.0),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        trial: "ideal = -1.0",
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
    /// λ.
    tasks: PerTask<f64>,
}

impl Weighting for Tchebycheff {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |task| task.weight);
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let preferences = self.tasks.present(&losses.present);
        let preferences: Vec<f64> = preferences
            .map(|task| task.copied().unwrap_or(1.0))
            .collect();
        let seen = losses.seen().zip(&preferences);
        let terms: Vec<f64> = seen
            .map(|(seen, preference)| {
                if seen.is_usable() {
                    preference * (seen.loss - self.ideal)
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
