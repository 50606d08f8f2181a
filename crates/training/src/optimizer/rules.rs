//! The update rules: Burn's own optimizers with their options, one entry each.

use std::sync::Arc;

use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{
    AdamConfig, AdamWConfig, DynOptimizer, LionConfig, MuonConfig, RmsPropConfig, SgdConfig,
};
use polytask_config::{Entry, Fields};

/// One rule with its base learning rate; the schedule multiplies the rate.
#[derive(Clone)]
pub(crate) struct Rule {
    pub(crate) rate: f64,
    pub(crate) update: Arc<dyn DynOptimizer>,
}

/// What an optimizer is made of: which rule moves which parameters.
#[derive(Clone)]
pub struct Recipe {
    /// Moves what decays: weights, and everything else if `decay` is `"all"`.
    pub(crate) decayed: Rule,
    /// Moves biases and norms when they are spared from weight decay.
    pub(crate) spared: Rule,
    /// Moves the weight matrices of hidden layers, if the rule is for matrices only (Muon).
    pub(crate) matrices: Option<Rule>,
}

impl Recipe {
    /// The learning rate before the schedule.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.matrices.as_ref().unwrap_or(&self.decayed).rate
    }
}

/// Every optimizer there is.
pub static OPTIMIZERS: &[Entry<Recipe>] = &[SGD, ADAM, ADAMW, RMSPROP, LION, MUON];

fn rate(o: &mut Fields<'_>, default: f64) -> f64 {
    o.number("lr", "learning rate, before the schedule")
        .above(0.0)
        .or(default)
}

fn decay(o: &mut Fields<'_>, default: f64) -> f64 {
    o.number("weight_decay", "weight decay; 0 switches it off")
        .at_least(0.0)
        .or(default)
}

fn spares(o: &mut Fields<'_>) -> bool {
    o.choice("decay", "what weight decay applies to")
        .or(Decays::All)
        == Decays::Weights
}

#[derive(Clone, Copy, PartialEq)]
enum Decays {
    All,
    Weights,
}

impl polytask_config::Choice for Decays {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("all", Decays::All, "every parameter"),
        (
            "weights",
            Decays::Weights,
            "weights only: biases and norms are spared",
        ),
    ];
}

/// `build(weight_decay)` made twice: as asked, and for the spared parameters without decay.
fn recipe(
    o: &mut Fields<'_>,
    rate: f64,
    decay: f64,
    build: impl Fn(f64) -> Arc<dyn DynOptimizer>,
) -> Recipe {
    let decayed = Rule {
        rate,
        update: build(decay),
    };
    let spared = if spares(o) {
        Rule {
            rate,
            update: build(0.0),
        }
    } else {
        decayed.clone()
    };
    Recipe {
        decayed,
        spared,
        matrices: None,
    }
}

fn penalty(decay: f64) -> Option<WeightDecayConfig> {
    (decay > 0.0).then(|| WeightDecayConfig::new(decay as f32))
}

const SGD: Entry<Recipe> = Entry {
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
            let momentum = (momentum > 0.0).then(|| MomentumConfig {
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
    },
    facts: (),
};

fn betas(o: &mut Fields<'_>, first: f64, second: f64) -> (f32, f32) {
    let beta_1 = o
        .number("beta1", "decay of the mean of gradients")
        .within(0.0..=0.999_999)
        .or(first);
    let beta_2 = o
        .number("beta2", "decay of the mean of squared gradients")
        .within(0.0..=0.999_999)
        .or(second);
    (beta_1 as f32, beta_2 as f32)
}

fn epsilon(o: &mut Fields<'_>) -> f32 {
    o.number("epsilon", "added to the root of the squared gradients")
        .above(0.0)
        .or(1e-8) as f32
}

const ADAM: Entry<Recipe> = Entry {
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
    },
    facts: (),
};

fn adamw(betas: (f32, f32), epsilon: f32, decay: f64) -> Arc<dyn DynOptimizer> {
    Arc::new(
        AdamWConfig::new()
            .with_beta_1(betas.0)
            .with_beta_2(betas.1)
            .with_epsilon(epsilon)
            .with_weight_decay(decay as f32)
            .build(),
    )
}

const ADAMW: Entry<Recipe> = Entry {
    name: "adamw",
    summary: "Adam with decoupled weight decay",
    source: "Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization, ICLR",
    new: |o| {
        let lr = rate(o, 1e-3);
        let betas = betas(o, 0.9, 0.999);
        let epsilon = epsilon(o);
        let decay = decay(o, 0.01);
        recipe(o, lr, decay, |decay| adamw(betas, epsilon, decay))
    },
    facts: (),
};

const RMSPROP: Entry<Recipe> = Entry {
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
    },
    facts: (),
};

const LION: Entry<Recipe> = Entry {
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
    },
    facts: (),
};

const MUON: Entry<Recipe> = Entry {
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
        let mut recipe = recipe(o, rest, decay, |decay| adamw((0.9, 0.999), 1e-8, decay));
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
