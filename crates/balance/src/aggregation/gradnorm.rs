//! GradNorm: weights are learned until each task's gradient is as long as its pace of learning asks for.
//!
//! With n_t the gradient's norm at the last shared layer, G_t = w_t n_t and r_t = (l_t/l_t(0)) / mean: the weights follow the
//! gradient n_t·sign(G_t − mean(G)·r_t^`alpha`) of Σ|G_t − target_t| by Adam of rate `weight_lr`, and are brought back to the sum
//! they had. A loss that fell little compared to the others gets more.
//!
//! Source: Chen et al. 2018. Where we differ: LibMTL takes the norms over all shared parameters, learns softmax logits with the
//! model's optimizer and starts after the first epoch; the paper's last shared layer, its w and the first loss seen are taken
//! here. A weight is at least 10⁻³, so that no task is lost for good. Weights of absent tasks rest, and the sum that is kept is
//! that of the present ones.

use polytask_config::State;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Heads, Scale, Sight};
use crate::adam::Adam;
use crate::contract::gram::{Golden, Promise, Promised};
use crate::normalize::SMALLEST_LOSS;
use crate::{Gram, Losses, Moment, PerTask, TaskFacts, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "gradnorm",
    summary: "weights learned so that gradients are as long as the tasks' pace asks for",
    source: "Chen et al. 2018, GradNorm, ICML",
    new: |options| {
        Box::new(GradNorm {
            alpha: options
                .number("alpha", "how much a slow task is favoured")
                .at_least(0.0)
                .at_most(100.0)
                .or(1.5),
            rate: options
                .number("weight_lr", "learning rate of the weights")
                .at_least(0.0)
                .or(0.025),
            tasks: PerTask::default(),
        })
    },
    facts: GramFacts {
        promises: &[Promised::always(Promise::Scaling(0.0))],
        golden: &[
            Golden {
                gram: &[&[4.0, 0.0], &[0.0, 1.0]],
                losses: &[1.0, 1.0],
                alpha: &[1.0, 1.0],
                source: "definition: the first step is taken with 1 each",
                ..Golden::PLAIN
            },
            Golden {
                steps: 2,
                gram: &[&[4.0, 0.0], &[0.0, 1.0]],
                losses: &[1.0, 1.0],
                // G = (2, 1), target 1.5 each: Adam takes 0.025 from the first and gives it to the second.
                alpha: &[0.975, 1.025],
                tolerance: 1e-7,
                source: "by hand",
                ..Golden::PLAIN
            },
        ],
        trial: "alpha = 0.5, weight_lr = 0.1",
        ..GramFacts::PLAIN
    },
};

const SMALLEST_WEIGHT: f64 = 1e-3;

struct GradNorm {
    alpha: f64,
    rate: f64,
    tasks: PerTask<Learned>,
}

struct Learned {
    weight: f64,
    adam: Adam,
    first_loss: Option<f64>,
}

impl GramAggregator for GradNorm {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |_| Learned {
            weight: 1.0,
            adam: Adam::default(),
            first_loss: None,
        });
    }

    fn sight(&self) -> Sight {
        Sight::LastShared
    }

    fn scale(&self) -> Scale {
        Scale::Sum
    }

    fn heads(&self) -> Heads {
        Heads::Weighted
    }

    fn weights(&mut self, gram: &Gram, losses: &Losses, _: Moment) -> Weights {
        self.tasks.learn(losses, |task, seen| {
            let first = seen.loss.max(SMALLEST_LOSS);
            task.first_loss.get_or_insert(first);
        });
        let now: Vec<f64> = self
            .tasks
            .present(gram.present())
            .map(|task| task.map_or(1.0, |task| task.weight))
            .collect();
        let tasks = now.len() as f64;
        let sum: f64 = now.iter().sum();
        self.learn(gram, losses, &now);
        let alpha = now.iter().map(|weight| weight * tasks / sum);
        Weights::of(alpha.collect()).noting(losses.note())
    }

    fn state(&mut self, state: &mut State) {
        self.tasks.state(state, |task, state| {
            state.number("weight", &mut task.weight);
            state.optional_number("first_loss", &mut task.first_loss);
            task.adam.state(state);
        });
    }
}

impl GradNorm {
    fn learn(&mut self, gram: &Gram, losses: &Losses, now: &[f64]) {
        let paces: Vec<f64> = self
            .tasks
            .present(gram.present())
            .zip(losses.positive(SMALLEST_LOSS))
            .map(|(task, loss)| loss / task.and_then(|task| task.first_loss).unwrap_or(loss))
            .collect();
        let tasks = paces.len().max(1) as f64;
        let pace = paces.iter().sum::<f64>() / tasks;
        let norms = gram.norms();
        let lengths: Vec<f64> = now.iter().zip(norms.iter()).map(|(w, n)| w * n).collect();
        let length = lengths.iter().sum::<f64>() / tasks;
        let targets = paces
            .iter()
            .map(|own| length * (own / pace).powf(self.alpha));
        let ahead = lengths.iter().zip(targets).map(|(own, target)| {
            // Within rounding of the target there is nothing to learn.
            let off = own - target;
            if off.abs() <= 1e-12 * own.abs().max(target) {
                0.0
            } else {
                off.signum()
            }
        });
        // In units of the longest gradient, which Adam does not mind and which keeps its squares finite.
        let longest = norms.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let gradients: Vec<f64> = ahead
            .zip(norms.iter())
            .map(|(sign, norm)| sign * norm / longest)
            .collect();
        let usable: Vec<usize> = losses
            .seen()
            .filter(crate::Seen::is_usable)
            .map(|seen| seen.task)
            .collect();
        let (rate, mut reached) = (self.rate, 0.0);
        let usable_gradients: Vec<f64> = gram
            .present()
            .iter()
            .zip(&gradients)
            .filter(|(task, _)| usable.contains(task))
            .map(|(_, &gradient)| gradient)
            .collect();
        let mut before = 0.0;
        self.tasks
            .update(&usable, &usable_gradients, |task, gradient| {
                before += task.weight;
                task.adam.step(&mut task.weight, gradient, rate);
                task.weight = task.weight.max(SMALLEST_WEIGHT);
                reached += task.weight;
            });
        if reached > 0.0 {
            self.tasks.update(&usable, &usable_gradients, |task, _| {
                task.weight = (task.weight * before / reached).max(SMALLEST_WEIGHT);
            });
        }
    }
}
