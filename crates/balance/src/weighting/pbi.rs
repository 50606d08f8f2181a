//! Penalty boundary intersection: along the tasks' own weights as a direction, with a penalty for leaving it.
//!
//! With r̂ = r/‖r‖, r = `tasks.NAME.weight`: d₁ = l·r̂, d₂ = ‖l − d₁ r̂‖, and the loss is d₁ + θ d₂, θ = `penalty`. Its slope in l_t is
//! r̂_t + θ (l_t − d₁ r̂_t)/d₂; as training multiplies r in, α_t is that over r_t. It may be negative: a loss that is ahead
//! of the direction is let go. The larger θ, the nearer to the direction the losses end.
//!
//! Source: Zhang, Li 2007 (MOEA/D). On the direction itself, where d₂ has no slope, it is taken as 0.

use super::preference::Preference;
use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::contract::Golden;
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "pbi",
    summary: "down along the tasks' own weights as a direction, with a penalty for leaving it",
    source: "Zhang, Li 2007, MOEA/D, IEEE Transactions on Evolutionary Computation",
    new: |options| {
        Box::new(Pbi {
            penalty: options
                .number("penalty", "of the distance from the direction")
                .at_least(0.0)
                .at_most(1e6)
                .or(5.0),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        trial: "penalty = 1.0",
        golden: &[Golden {
            tasks: &[(Family::Other, 0.0, 0.0), (Family::Other, 0.0, 0.0)],
            losses: &[&[3.0, 1.0]],
            // r̂ = (1, 1)/√2, (l − d₁ r̂)/d₂ = (1, −1)/√2: (1 + 5)/√2 and (1 − 5)/√2.
            alpha: &[4.242_640_687_119_285, -2.828_427_124_746_190_3],
            tolerance: 1e-12,
            source: "by hand",
        }],
        without: super::SLOPE,
        ..Facts::PLAIN
    },
};

struct Pbi {
    penalty: f64,
    /// r.
    tasks: PerTask<f64>,
}

impl Weighting for Pbi {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |task| task.weight);
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let preference = Preference::of(&self.tasks, losses);
        let sides = preference.found.iter().zip(&preference.wanted);
        let aside: Vec<f64> = sides
            .map(|(found, wanted)| found - preference.cosine * wanted)
            .collect();
        let distance = aside.iter().map(|aside| aside * aside).sum::<f64>().sqrt();
        // Rounding has no direction.
        let share = if distance > 1e-12 {
            self.penalty / distance
        } else {
            0.0
        };
        let slopes = preference
            .wanted
            .iter()
            .zip(&aside)
            .map(|(wanted, aside)| wanted + share * aside);
        Weights::of(preference.divided(slopes)).noting(losses.note())
    }
}
