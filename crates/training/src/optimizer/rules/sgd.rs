//! Gradient descent, plain and with momentum.

use std::sync::Arc;

use burn::optim::SgdConfig;
use burn::optim::momentum::MomentumConfig;
use polytask_config::Entry;

use super::{Recipe, decay, penalty, rate, recipe};

pub(super) const SGD: Entry<Recipe> = Entry {
    name: "sgd",
    summary: "stochastic gradient descent, with momentum and Nesterov's look-ahead as options",
    source: "Robbins and Monro 1951; Sutskever et al. 2013",
    new: |o| {
        let lr = rate(o, 0.1);
        let momentum = o
            .number("momentum", "share of the last update that is kept")
            .within(0.0..=1.0)
            .or(0.0);
        let nesterov = o
            .flag("nesterov", "look ahead along the momentum")
            .or(false);
        if nesterov && momentum == 0.0 {
            o.problem(
                "nesterov",
                "P0301",
                "nesterov needs a momentum".to_owned(),
                Some("set momentum = 0.9, or leave nesterov out".to_owned()),
            );
        }
        let decay = decay(o, 0.0);
        recipe(o, lr, decay, |decay| {
            let momentum = (momentum > 0.0).then_some(MomentumConfig {
                momentum,
                // Burn's default of 0.1 is not what the field calls momentum.
                dampening: 0.0,
                nesterov,
            });
            Arc::new(
                SgdConfig::new()
                    .with_weight_decay(penalty(decay))
                    .with_momentum(momentum)
                    .build(),
            )
        })
        .keeping(usize::from(momentum > 0.0))
    },
    facts: (),
};
