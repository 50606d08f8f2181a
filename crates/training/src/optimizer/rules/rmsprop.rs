//! RMSProp.

use std::sync::Arc;

use burn::optim::RmsPropConfig;
use polytask_config::Entry;

use super::{Recipe, decay, epsilon, penalty, rate, recipe};

pub(super) const RMSPROP: Entry<Recipe> = Entry {
    name: "rmsprop",
    summary: "gradient over the root of its running mean square",
    source: "Tieleman and Hinton 2012, lecture 6.5",
    new: |o| {
        let lr = rate(o, 1e-3);
        let alpha = o
            .number("alpha", "decay of the mean square")
            .within(0.0..=0.999_999)
            .or(0.99) as f32;
        let momentum = o
            .number("momentum", "share of the last update that is kept")
            .within(0.0..=1.0)
            .or(0.0) as f32;
        let centered = o
            .flag(
                "centered",
                "divide by the running standard deviation instead",
            )
            .or(false);
        let epsilon = epsilon(o);
        let decay = decay(o, 0.0);
        recipe(o, lr, decay, |decay| {
            Arc::new(
                RmsPropConfig::new()
                    .with_alpha(alpha)
                    .with_momentum(momentum)
                    .with_centered(centered)
                    .with_epsilon(epsilon)
                    .with_weight_decay(penalty(decay))
                    .build(),
            )
        })
        .keeping(usize::from(momentum > 0.0) + if centered { 3 } else { 2 })
    },
    facts: (),
};
