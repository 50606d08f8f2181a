//! MoDo: one projected step a time towards the shortest convex combination, from the gradients of two batches.
//!
//! With A = J₁J₂ᵀ: λ ← Proj_Δ(λ − γ(Aλ + ρλ)), α = λ. At first λ = 1/T. (γ, ρ) are `gamma`, `rho`.
//!
//! Source: Chen et al. 2023. γ = 10⁻³ and ρ = 0.1 are LibMTL's; TorchJD takes γ = 0.1. The paper takes the step on both batches
//! together, the authors' code also on a third.

use polytask_config::State;

use super::shares::Shares;
use super::{CrossAggregator, CrossAggregatorEntry, CrossFacts};
use crate::contract::cross::Golden;
use crate::solve::project;
use crate::{Cross, Losses, Scale, TaskFacts, Weights};

pub(crate) const ENTRY: CrossAggregatorEntry = CrossAggregatorEntry {
    name: "modo",
    summary: "a step a time towards the shortest convex combination, from two batches",
    source: "Chen et al. 2023, Three-Way Trade-Off in Multi-Objective Learning, NeurIPS",
    new: |options| {
        Box::new(MoDo {
            gamma: options
                .number("gamma", "how far a step moves the weights")
                .at_least(0.0)
                .or(1e-3),
            rho: options
                .number("rho", "how much large weights are held back")
                .at_least(0.0)
                .or(0.1),
            shares: Shares::default(),
        })
    },
    facts: CrossFacts {
        trial: "gamma = 0.1, rho = 0.0",
        golden: &[
            Golden {
                options: "gamma = 0.1",
                cross: &[&[2.0, 1.0], &[-0.5, 1.0]],
                alpha: &[0.4375, 0.5625],
                source: "by hand: (½ − 0.155, ½ − 0.03), projected",
                ..Golden::PLAIN
            },
            Golden {
                options: "gamma = 0.1",
                cross: &[&[2.0, 1.0], &[-0.5, 1.0]],
                steps: 3,
                alpha: &[0.336_673_437_5, 0.663_326_562_5],
                source: "TorchJD 0.18",
                ..Golden::PLAIN
            },
        ],
        ..CrossFacts::PLAIN
    },
};

struct MoDo {
    gamma: f64,
    rho: f64,
    /// λ.
    shares: Shares,
}

impl CrossAggregator for MoDo {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.shares.start(tasks);
    }

    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn learn(&mut self, cross: &Cross) {
        let lambda = self.shares.of(cross.present());
        let slope = cross.matrix() * &lambda + self.rho * &lambda;
        let moved = lambda - self.gamma * slope;
        self.shares.learn(cross.present(), &project(&moved, 0.0));
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        Weights::of(self.shares.of(&losses.present).as_slice().to_vec())
    }

    fn state(&mut self, state: &mut State) {
        self.shares.state(state);
    }
}
