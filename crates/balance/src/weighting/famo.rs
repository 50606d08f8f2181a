//! FAMO: every loss is to fall by the same factor, learned from what the last step did.
//!
//! With logits ξ (at first 0), z = softmax ξ over the present tasks, b_t = `minimums.NAME`, or `minimum` for those that it does
//! not name: c = 1/Σ z_t/(l_t − b_t + ε) and the loss is
//! c Σ z_t ln(l_t − b_t + ε): α_t = c z_t/(l_t − b_t + ε). After the step, with l' the losses of the same batch: δ = (diag z − zzᵀ)
//! (ln(l − b + ε) − ln(l' − b + ε)), and ξ moves along δ + `decay`·ξ by its own Adam of rate `weight_lr`. A task that fell more
//! than the others loses weight. Σ α_t (l_t − b + ε) = c.
//!
//! Source: Liu et al. 2023. The decay of the paper and of LibMTL is 10⁻³, of the demo 10⁻². The second look at the batch must be
//! through the same dropout masks and must not move running statistics. Losses below the minimum count as at it.

use std::collections::BTreeMap;

use polytask_config::State;

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::adam::Adam;
use crate::contract::Golden;
use crate::softmax::softmax;
use crate::{Family, Losses, PerTask, TaskFacts, Weights};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "famo",
    summary: "weights learned so that every loss falls by the same factor",
    source: "Liu et al. 2023, FAMO: Fast Adaptive Multitask Optimization, NeurIPS",
    new: |options| {
        Box::new(Famo {
            rate: options
                .number("weight_lr", "learning rate of the logits")
                .at_least(0.0)
                .or(0.025),
            decay: options
                .number("decay", "weight decay of the logits")
                .at_least(0.0)
                .or(1e-3),
            minimum: options
                .number("minimum", "the least value that the losses can reach")
                .or(0.0),
            minimums: options
                .weights(
                    "minimums",
                    "the same of each task by name; `minimum` for the others",
                )
                .into_iter()
                .collect(),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        trial: "weight_lr = 0.1, decay = 0.0, minimum = -0.5, minimums = { task_1 = 0.1 }",
        golden: &[Golden {
            tasks: &[(Family::Other, 0.0, 0.0), (Family::Other, 0.0, 0.0)],
            losses: &[&[0.5, 2.0]],
            // c = 1 / (½/0.5 + ½/2) = 0.8.
            alpha: &[0.8, 0.2],
            tolerance: 1e-7,
            source: "by hand",
        }],
        without: super::LOGARITHMIC,
        ..Facts::PLAIN
    },
};

const EPSILON: f64 = 1e-8;

struct Famo {
    rate: f64,
    decay: f64,
    minimum: f64,
    minimums: BTreeMap<String, f64>,
    tasks: PerTask<Logit>,
}

#[derive(Default)]
struct Logit {
    /// ξ.
    value: f64,
    /// b, of the options and not of what is learned.
    minimum: f64,
    adam: Adam,
}

impl Famo {
    fn shares(&self, present: &[usize]) -> Vec<f64> {
        let logits = self.tasks.present(present);
        let logits = logits.map(|task| task.map_or(0.0, |task| task.value));
        softmax(&logits.collect::<Vec<_>>())
    }

    /// l − b + ε; of one that is not usable 1.
    fn above(&self, losses: &Losses) -> Vec<f64> {
        let tasks = self.tasks.present(&losses.present);
        let minimums = tasks.map(|task| task.map_or(self.minimum, |task| task.minimum));
        let above = losses.seen().zip(minimums).map(|(seen, minimum)| {
            if seen.is_usable() {
                (seen.loss - minimum).max(0.0) + EPSILON
            } else {
                1.0
            }
        });
        above.collect()
    }
}

impl Weighting for Famo {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |task| {
            let minimum = self.minimums.get(&task.name).copied();
            Logit {
                minimum: minimum.unwrap_or(self.minimum),
                ..Logit::default()
            }
        });
    }

    fn named(&self) -> Vec<&str> {
        self.minimums.keys().map(String::as_str).collect()
    }

    fn needs(&self) -> Needs {
        Needs::LossesAgain
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let shares = self.shares(&losses.present);
        let above = self.above(losses);
        let rates = shares.iter().zip(&above).map(|(share, loss)| share / loss);
        let rates: Vec<f64> = rates.collect();
        let sum: f64 = rates.iter().sum();
        let alpha = rates
            .iter()
            .map(|rate| if sum > 0.0 { rate / sum } else { 0.0 });
        Weights::of(alpha.collect()).noting(losses.note())
    }

    fn after(&mut self, before: &Losses, after: &Losses) {
        if before.present != after.present {
            return;
        }
        // Tasks whose loss cannot be used on either side take no part.
        let pairs = before
            .seen()
            .zip(after.seen())
            .zip(self.above(before).into_iter().zip(self.above(after)));
        let usable = pairs.filter(|((before, after), _)| before.is_usable() && after.is_usable());
        let (tasks, falls): (Vec<usize>, Vec<f64>) = usable
            .map(|((seen, _), (before, after))| (seen.task, before.ln() - after.ln()))
            .unzip();
        let shares = self.shares(&tasks);
        let mean: f64 = shares
            .iter()
            .zip(&falls)
            .map(|(share, fall)| share * fall)
            .sum();
        let gradients = shares
            .iter()
            .zip(&falls)
            .map(|(share, fall)| share * (fall - mean));
        let gradients: Vec<f64> = gradients.collect();
        let (rate, decay) = (self.rate, self.decay);
        self.tasks.update(&tasks, &gradients, |task, gradient| {
            let gradient = gradient + decay * task.value;
            task.adam.step(&mut task.value, gradient, rate);
        });
    }

    fn state(&mut self, state: &mut State) {
        self.tasks.state(state, |task, state| {
            state.number("logit", &mut task.value);
            task.adam.state(state);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(decay: f64) -> Famo {
        above(decay, 0.0)
    }

    /// The same with a least value of the third.
    fn above(decay: f64, minimum: f64) -> Famo {
        let mut famo = Famo {
            rate: 0.025,
            decay,
            minimum: 0.0,
            minimums: BTreeMap::from([("c".to_owned(), minimum)]),
            tasks: PerTask::default(),
        };
        let facts = ["a", "b", "c"].map(|name| TaskFacts {
            name: name.to_owned(),
            family: Family::Other,
            weight: 1.0,
            entropy: 0.0,
            variance: 0.0,
        });
        famo.start(&facts);
        famo
    }

    fn losses(values: [f64; 3]) -> Losses {
        Losses {
            present: vec![0, 1, 2],
            values: values.to_vec(),
            rows: vec![1; 3],
        }
    }

    #[test]
    fn equal_relative_falls_leave_the_logits_where_they_are() {
        let mut famo = started(0.0);
        famo.after(&losses([1.0; 3]), &losses([0.5; 3]));
        assert_eq!(famo.shares(&[0, 1, 2]), started(0.0).shares(&[0, 1, 2]));
    }

    #[test]
    fn a_task_that_falls_faster_loses_weight() {
        let mut famo = started(1e-3);
        for _ in 0..50 {
            famo.after(&losses([1.0, 1.0, 1.0]), &losses([0.5, 0.9, 0.9]));
        }
        let shares = famo.shares(&[0, 1, 2]);
        assert!(shares[0] < 0.25 && shares[1] == shares[2], "{shares:?}");
    }

    #[test]
    fn the_weighted_losses_add_up_to_their_harmonic_mean() {
        let alpha = started(0.0).weights(&losses([0.5, 2.0, 8.0])).alpha;
        let total: f64 = alpha.iter().zip([0.5, 2.0, 8.0]).map(|(w, l)| w * l).sum();
        let harmonic = 3.0 / (2.0 + 0.5 + 0.125);
        assert!((total - harmonic).abs() < 1e-6, "{total} {harmonic}");
    }

    #[test]
    fn a_loss_counts_from_its_own_minimum() {
        let mut famo = above(0.0, 6.0);
        assert_eq!(famo.named(), ["c"]);
        let plain = started(0.0).weights(&losses([0.5, 2.0, 2.0])).alpha;
        assert_eq!(famo.weights(&losses([0.5, 2.0, 8.0])).alpha, plain);
    }
}
