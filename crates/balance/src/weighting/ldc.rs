//! LDC-MTL: the weighted losses of neighbouring tasks are pulled together, and a small router learns with them.
//!
//! l̃_t = l_t · min l(0)/l_t(0). w = softmax(a), each within [0.2, 0.8], a_t learned: the loss is Σ w l̃/Σ w +
//! λ Σ_t |w_t l̃_t − w_{t+1} l̃_{t+1}| over neighbours in the order of the tasks, λ = `penalty`. α_t is its derivative in l_t; a
//! moves along its derivative by its own Adam of rate `weight_lr`.
//!
//! Source: LDC-MTL 2025. Theirs is a router on pooled features; here a is one number a task (their router without features), for
//! weightings know no features. The text speaks of two levels, the code trains both at once, as we do. A weight may be
//! negative where the penalty says so. With six tasks or more every w starts below 0.2, where the bound holds it: the router
//! is then constant, as in the paper's formula, and only the penalty tells the tasks apart. The order of the tasks matters.

use polytask_config::State;

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::adam::Adam;
use crate::contract::{Golden, Property};
use crate::normalize::SMALLEST_LOSS;
use crate::softmax::softmax;
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "ldc",
    summary: "a learned router, and a penalty on the gaps between weighted losses",
    source: "LDC-MTL 2025, arXiv 2502.08585",
    new: |options| {
        Box::new(Ldc {
            penalty: options
                .number(
                    "penalty",
                    "of the gaps between neighbours: 0.05 for few tasks, 0.01 for 40",
                )
                .at_least(0.0)
                .or(0.05),
            rate: options
                .number("weight_lr", "learning rate of the router")
                .at_least(0.0)
                .or(0.025),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        exempt: &[(
            Property::Permutation,
            "the penalty is on neighbours in the order of the tasks",
        )],
        trial: "penalty = 0.01, weight_lr = 0.1",
        golden: &[Golden {
            tasks: &[(Family::Other, 0.0, 0.0), (Family::Other, 0.0, 0.0)],
            losses: &[&[1.0, 2.0]],
            // l̃ = (1, 1): no gap; w = ½ each, α = (½, ¼).
            alpha: &[0.5, 0.25],
            tolerance: 1e-12,
            source: "by hand",
        }],
        without: super::SLOPE,
        ..Facts::PLAIN
    },
};

const LEAST: f64 = 0.2;
const MOST: f64 = 0.8;

struct Ldc {
    penalty: f64,
    rate: f64,
    tasks: PerTask<Route>,
}

#[derive(Default)]
struct Route {
    logit: f64,
    adam: Adam,
    first_loss: Option<f64>,
}

impl Weighting for Ldc {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |_| Route::default());
    }

    fn needs(&self) -> Needs {
        Needs::Losses
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        self.tasks.learn(losses, |task, seen| {
            task.first_loss.get_or_insert(seen.loss.max(SMALLEST_LOSS));
        });
        let values = losses.positive(SMALLEST_LOSS);
        let routes = self.tasks.present(&losses.present).zip(&values);
        let (logits, firsts): (Vec<f64>, Vec<f64>) = routes
            .map(|(task, &loss)| {
                let first = task.and_then(|task| task.first_loss).unwrap_or(loss);
                (task.map_or(0.0, |task| task.logit), first)
            })
            .unzip();
        let least = firsts.iter().copied().fold(f64::INFINITY, f64::min);
        let scales: Vec<f64> = firsts.iter().map(|first| least / first).collect();
        let scaled: Vec<f64> = values.iter().zip(&scales).map(|(l, s)| l * s).collect();
        let objective = Objective::new(&logits, &scaled, self.penalty);
        let alpha = objective.in_losses();
        let alpha = alpha
            .iter()
            .zip(&scales)
            .map(|(weight, scale)| weight * scale);
        let alpha = alpha.collect();

        let usable = losses.seen().zip(objective.in_logits());
        let usable = usable.filter(|(seen, _)| seen.is_usable());
        let (tasks, gradients): (Vec<usize>, Vec<f64>) =
            usable.map(|(seen, gradient)| (seen.task, gradient)).unzip();
        let rate = self.rate;
        self.tasks.update(&tasks, &gradients, |task, gradient| {
            task.adam.step(&mut task.logit, gradient, rate);
        });
        Weights::of(alpha).noting(losses.note())
    }

    fn state(&mut self, state: &mut State) {
        self.tasks.state(state, |task, state| {
            state.number("logit", &mut task.logit);
            state.optional_number("first_loss", &mut task.first_loss);
            task.adam.state(state);
        });
    }
}

/// Σ w l/Σ w + λ Σ |w_t l_t − w_{t+1} l_{t+1}| and its derivatives.
struct Objective<'a> {
    losses: &'a [f64],
    penalty: f64,
    shares: Vec<f64>,
    weights: Vec<f64>,
    /// Σ of the signs of the gaps on both sides of each task.
    pulls: Vec<f64>,
}

impl<'a> Objective<'a> {
    fn new(logits: &[f64], losses: &'a [f64], penalty: f64) -> Self {
        let shares = softmax(logits);
        let weights: Vec<f64> = shares
            .iter()
            .map(|share| share.clamp(LEAST, MOST))
            .collect();
        let products: Vec<f64> = weights.iter().zip(losses).map(|(w, l)| w * l).collect();
        let signs = products.windows(2).map(|pair| match pair {
            [left, right] if left > right => 1.0,
            [left, right] if left < right => -1.0,
            _ => 0.0,
        });
        let signs: Vec<f64> = signs.collect();
        let right = signs.iter().copied().chain([0.0]);
        let left = [0.0].into_iter().chain(signs.iter().copied());
        let pulls = right.zip(left).map(|(right, left)| right - left);
        Self {
            losses,
            penalty,
            pulls: pulls.take(weights.len()).collect(),
            shares,
            weights,
        }
    }

    fn in_losses(&self) -> Vec<f64> {
        let sum: f64 = self.weights.iter().sum();
        let each = self.weights.iter().zip(&self.pulls);
        each.map(|(weight, pull)| weight / sum + self.penalty * weight * pull)
            .collect()
    }

    fn in_logits(&self) -> Vec<f64> {
        let sum: f64 = self.weights.iter().sum();
        let mean = self
            .weights
            .iter()
            .zip(self.losses)
            .map(|(w, l)| w * l / sum)
            .sum::<f64>();
        // In w, which does not move where it is clamped; then through the softmax.
        let inner = self.losses.iter().zip(&self.pulls).zip(&self.shares);
        let in_shares: Vec<f64> = inner
            .map(|((loss, pull), share)| {
                if (LEAST..=MOST).contains(share) {
                    (loss - mean) / sum + self.penalty * loss * pull
                } else {
                    0.0
                }
            })
            .collect();
        let average: f64 = in_shares.iter().zip(&self.shares).map(|(g, s)| g * s).sum();
        let each = in_shares.iter().zip(&self.shares);
        each.map(|(gradient, share)| share * (gradient - average))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(logits: &[f64], losses: &[f64], penalty: f64) -> f64 {
        let weights: Vec<f64> = softmax(logits)
            .iter()
            .map(|s| s.clamp(LEAST, MOST))
            .collect();
        let products: Vec<f64> = weights.iter().zip(losses).map(|(w, l)| w * l).collect();
        let gaps = products
            .windows(2)
            .map(|pair| (pair[0] - pair[1]).abs())
            .sum::<f64>();
        products.iter().sum::<f64>() / weights.iter().sum::<f64>() + penalty * gaps
    }

    #[test]
    fn both_derivatives_are_those_of_the_objective() {
        let (logits, losses) = ([0.3, -0.2, 0.1], [0.7, 1.9, 1.1]);
        let objective = Objective::new(&logits, &losses, 0.05);
        let slope = |change: &dyn Fn(f64) -> f64| (change(1e-6) - change(-1e-6)) / 2e-6;
        for task in 0..3 {
            let in_loss = slope(&|step| {
                let mut losses = losses;
                losses[task] += step;
                value(&logits, &losses, 0.05)
            });
            let in_logit = slope(&|step| {
                let mut logits = logits;
                logits[task] += step;
                value(&logits, &losses, 0.05)
            });
            assert!((objective.in_losses()[task] - in_loss).abs() < 1e-8);
            assert!((objective.in_logits()[task] - in_logit).abs() < 1e-8);
        }
    }
}
