//! Auto-λ: weights that make the next step good for validation rows.
//!
//! With θ' = θ − η ∇Σ_t λ_t l_t(θ) the weights follow the gradient of L(θ'), the primary tasks' loss on validation rows, by an
//! Adam of their own (rate `weight_lr`). As ∂θ'/∂λ_t = −η ∇l_t and v = ∇L(θ'), the derivative is −η ⟨∇l_t(θ), v⟩, which two
//! forward passes give for all tasks at once: −η (l_t(θ + εv) − l_t(θ − εv))/2ε with ε = 0.01/‖v‖. Training works it out; here
//! λ is learned. λ starts at `initial` and is free: a task that does harm may be unlearned.
//!
//! Source: Liu et al. 2022, algorithm 1 and appendix A; λ₀ = 0.1 and the rate 10⁻⁴ as there. Where we differ: their virtual step
//! repeats momentum and weight decay of their SGD; here it is a plain gradient step with the schedule's learning rate, whatever
//! the optimizer.

use polytask_config::State;

use super::{Facts, Needs, Weighting, WeightingEntry};
use crate::adam::Adam;
use crate::contract::Golden;
use crate::{Family, Losses, PerTask, TaskFacts, Weights, Wrapper};

pub(super) const ENTRY: WeightingEntry = WeightingEntry {
    name: "auto_lambda",
    summary: "weights learned so that the next step is good for validation rows",
    source: "Liu et al. 2022, Auto-Lambda: Disentangling Dynamic Task Relationships, TMLR",
    new: |options| {
        Box::new(AutoLambda {
            initial: options.number("initial", "every weight at first").or(0.1),
            rate: options
                .number("weight_lr", "learning rate of the weights")
                .at_least(0.0)
                .or(1e-4),
            primary: options
                .texts(
                    "primary",
                    "the tasks whose validation loss counts; all if empty",
                )
                .or(Vec::new()),
            tasks: PerTask::default(),
        })
    },
    facts: Facts {
        trial: "initial = 1.0, weight_lr = 0.01, primary = [\"task_0\"]",
        golden: &[Golden {
            tasks: &[(Family::Other, 0.0, 0.0), (Family::Other, 0.0, 0.0)],
            losses: &[&[1.0, 2.0]],
            // The contract's slopes are 1 − l: Adam's first step is its rate, against their signs; of 0 it does not move.
            alpha: &[0.1, 0.1001],
            tolerance: 1e-9,
            source: "by hand",
        }],
        without: &[(
            Wrapper::LogLoss,
            "which looks ahead along the gradients of the losses as they are",
        )],
        ..Facts::PLAIN
    },
};

struct AutoLambda {
    initial: f64,
    rate: f64,
    primary: Vec<String>,
    tasks: PerTask<Lambda>,
}

struct Lambda {
    value: f64,
    adam: Adam,
}

impl Weighting for AutoLambda {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |_| Lambda {
            value: self.initial,
            adam: Adam::default(),
        });
    }

    fn needs(&self) -> Needs {
        Needs::LookAhead
    }

    fn primary(&self) -> &[String] {
        &self.primary
    }

    fn look_ahead(&mut self, slopes: &Losses) {
        let rate = self.rate;
        self.tasks
            .update(&slopes.present, &slopes.values, |task, slope| {
                if slope.is_finite() {
                    task.adam.step(&mut task.value, slope, rate);
                }
            });
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let weights = self.tasks.present(&losses.present);
        let weights = weights.map(|task| task.map_or(1.0, |task| task.value));
        Weights::of(weights.collect()).noting(self.tasks.unknown(&losses.present))
    }

    fn state(&mut self, state: &mut State) {
        self.tasks.state(state, |task, state| {
            state.number("lambda", &mut task.value);
            task.adam.state(state);
        });
    }
}
