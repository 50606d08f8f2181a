//! Lion.

use std::sync::Arc;

use burn::optim::LionConfig;
use polytask_config::Entry;

use super::{Recipe, betas, decay, rate, recipe};

pub(super) const LION: Entry<Recipe> = Entry {
    name: "lion",
    summary: "sign of a momentum; wants a learning rate 3 to 10 times smaller than AdamW's",
    source: "Chen et al. 2023, Symbolic Discovery of Optimization Algorithms, NeurIPS",
    new: |o| {
        let lr = rate(o, 1e-4);
        let (beta_1, beta_2) = betas(o, 0.9, 0.99);
        let decay = decay(o, 0.0);
        recipe(o, lr, decay, |decay| {
            Arc::new(
                LionConfig::new()
                    .with_beta_1(beta_1)
                    .with_beta_2(beta_2)
                    .with_weight_decay(decay as f32)
                    .build(),
            )
        })
        .keeping(1)
    },
    facts: (),
};
