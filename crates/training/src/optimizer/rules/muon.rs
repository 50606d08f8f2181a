//! Muon. Its step grows with √max(1, outputs / inputs), so it must be told which side of a matrix is which: Burn's rule
//! takes `[outputs, inputs]`, and the optimizer transposes for it.

use std::sync::Arc;

use burn::optim::MuonConfig;
use burn::optim::momentum::MomentumConfig;
use polytask_config::Entry;

use super::adam::adamw;
use super::{Recipe, Rule, decay, penalty, rate, recipe};

pub(super) const MUON: Entry<Recipe> = Entry {
    name: "muon",
    summary: "orthogonalised momentum for the matrices of hidden layers, AdamW for the rest",
    source: "Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks",
    new: |o| {
        let lr = rate(o, 0.02);
        let momentum = o
            .number("momentum", "share of the last update that is kept")
            .within(0.0..=1.0)
            .or(0.95);
        let iterations = o
            .integer("iterations", "Newton and Schulz iterations")
            .within(1..=20)
            .or(5);
        let decay = decay(o, 0.01);
        let rest = o
            .number(
                "adamw_lr",
                "learning rate of AdamW for embeddings, heads, convolutions, biases and norms",
            )
            .above(0.0)
            .or(1e-3);
        let mut recipe =
            recipe(o, rest, decay, |decay| adamw((0.9, 0.999), 1e-8, decay)).keeping(2);
        recipe.matrices = Some(Rule {
            rate: lr,
            update: Arc::new(
                MuonConfig::new()
                    .with_weight_decay(penalty(decay))
                    .with_momentum(MomentumConfig {
                        momentum,
                        dampening: 0.0,
                        nesterov: true,
                    })
                    .with_ns_steps(iterations)
                    .build(),
            ),
        });
        recipe
    },
    facts: (),
};
