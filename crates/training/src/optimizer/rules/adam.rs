//! Adam and AdamW.

use std::sync::Arc;

use burn::optim::{AdamConfig, AdamWConfig, DynOptimizer};
use polytask_config::Entry;

use super::{Recipe, betas, decay, epsilon, penalty, rate, recipe};

pub(super) const ADAM: Entry<Recipe> = Entry {
    name: "adam",
    summary: "adaptive moments; weight decay is added to the gradient (L2)",
    source: "Kingma and Ba 2015, Adam, ICLR",
    new: |o| {
        let lr = rate(o, 1e-3);
        let (beta_1, beta_2) = betas(o, 0.9, 0.999);
        let epsilon = epsilon(o);
        let amsgrad = o
            .flag(
                "amsgrad",
                "keep the largest second moment (Reddi et al. 2018)",
            )
            .or(false);
        let decay = decay(o, 0.0);
        recipe(o, lr, decay, |decay| {
            Arc::new(
                AdamConfig::new()
                    .with_beta_1(beta_1)
                    .with_beta_2(beta_2)
                    .with_epsilon(epsilon)
                    .with_amsgrad(amsgrad)
                    .with_weight_decay(penalty(decay))
                    .build(),
            )
        })
        .keeping(if amsgrad { 3 } else { 2 })
    },
    facts: (),
};

pub(super) fn adamw(betas: (f32, f32), epsilon: f32, decay: f64) -> Arc<dyn DynOptimizer> {
    Arc::new(
        AdamWConfig::new()
            .with_beta_1(betas.0)
            .with_beta_2(betas.1)
            .with_epsilon(epsilon)
            .with_weight_decay(decay as f32)
            .build(),
    )
}

pub(super) const ADAMW: Entry<Recipe> = Entry {
    name: "adamw",
    summary: "Adam with decoupled weight decay",
    source: "Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, ICLR",
    new: |o| {
        let lr = rate(o, 1e-3);
        let betas = betas(o, 0.9, 0.999);
        let epsilon = epsilon(o);
        let decay = decay(o, 0.01);
        recipe(o, lr, decay, |decay| adamw(betas, epsilon, decay)).keeping(2)
    },
    facts: (),
};
