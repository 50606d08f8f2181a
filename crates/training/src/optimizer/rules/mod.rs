//! The update rules: Burn's own optimizers with their options, one entry each.

mod adam;
mod lion;
mod muon;
mod rmsprop;
mod sgd;

use std::sync::Arc;

use burn::optim::DynOptimizer;
use burn::optim::decay::WeightDecayConfig;
use polytask_config::{Choice, Entry, Fields};

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
    /// Numbers that are remembered for each number of a parameter, at most.
    pub(crate) kept: usize,
}

impl Recipe {
    /// Remembers at most so many numbers for each number of a parameter.
    fn keeping(self, kept: usize) -> Self {
        Self { kept, ..self }
    }

    /// The learning rate before the schedule.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.matrices.as_ref().unwrap_or(&self.decayed).rate
    }
}

/// Every optimizer there is.
pub static OPTIMIZERS: &[Entry<Recipe>] = &[
    sgd::SGD,
    adam::ADAM,
    adam::ADAMW,
    rmsprop::RMSPROP,
    lion::LION,
    muon::MUON,
];

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

impl Choice for Decays {
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
    let spares = spares(o);
    if decay == 0.0 {
        o.unused("decay", "with weight_decay = 0");
    }
    let spared = if spares {
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
        kept: 0,
    }
}

fn penalty(decay: f64) -> Option<WeightDecayConfig> {
    (decay > 0.0).then(|| WeightDecayConfig::new(decay as f32))
}
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
