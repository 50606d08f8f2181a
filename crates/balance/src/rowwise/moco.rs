//! MoCo: the gradients are tracked by slow averages, and the weights follow the shortest combination of these.
//!
//! With g̃_t = l_t g_t/‖g_t‖ and k the number of steps that task t was seen in, this one included:
//! y_t ← y_t − β/k^b (y_t − g̃_t), λ ← softmax(λ − γ/k^c (YYᵀ + ρ1)λ), d = Yᵀλ. At first y = 0 and λ = 1/T.
//! (β, b, γ, c, ρ) are `beta`, `beta_decay`, `gamma`, `gamma_decay`, `rho`.
//!
//! With n_t ← n_t − β/k^b (n_t − l_t/‖g_t‖), gradients that are all the same one make d so many times it as Σ λ_t n_t: what a `gain`
//! brings to the number of tasks, or to 1.
//!
//! Source: Fernando et al. 2023, with the defaults of LibMTL and its rows g̃. Tasks without a label rest, λ of the others is
//! brought to the sum 1 first, and each task counts its own steps; with all tasks present this is LibMTL's.

use polytask_config::State;

use super::trace::{Trace, traced};
use super::{RowAggregator, RowAggregatorEntry, RowFacts};
use crate::contract::rows::{Golden, Promise, Promised, Property};
use crate::softmax::softmax;
use crate::{Losses, Moment, PerTask, Rows, Scale, SharedGradient, TaskFacts};

pub(crate) const ENTRY: RowAggregatorEntry = RowAggregatorEntry {
    name: "moco",
    summary: "slow averages of the gradients, weighted towards their shortest combination",
    source: "Fernando et al. 2023, Mitigating Gradient Bias in Multi-objective Learning, ICLR",
    new: |options| {
        let decay = |options: &mut polytask_config::Fields<'_>, key, help| {
            options.number(key, help).within(0.0..=2.0).or(0.5)
        };
        Box::new(MoCo {
            beta: options
                .number("beta", "how far an average goes to the new gradient")
                .within(0.0..=1.0)
                .or(0.5),
            beta_decay: decay(
                options,
                "beta_decay",
                "power of the steps that divides beta",
            ),
            gamma: options
                .number("gamma", "how far the weights go")
                .at_least(0.0)
                .or(0.1),
            gamma_decay: decay(
                options,
                "gamma_decay",
                "power of the steps that divides gamma",
            ),
            rho: options
                .number("rho", "how much large weights are held back")
                .at_least(0.0)
                .or(0.0),
            tasks: PerTask::default(),
        })
    },
    facts: RowFacts {
        trial: "beta = 0.25, beta_decay = 0.0, gamma = 1.0, gamma_decay = 0.25, rho = 0.5",
        promises: &[Promised::always(Promise::Scaling(0.0))],
        exempt: &[(
            Property::LossMemory,
            "its weight goes on following the averages, of which a broken loss moves none",
        )],
        golden: &[
            Golden {
                rows: &[&[3.0, 4.0], &[0.0, 2.0]],
                losses: &[2.0, 1.0],
                // y = (0.6, 0.8), (0, 0.5), YYᵀλ = (0.7, 0.325), λ = softmax(0.43, 0.4675).
                direction: &[0.294_375_66, 0.647_187_83],
                tolerance: 1e-6,
                source: "LibMTL's formula in Python",
                ..Golden::PLAIN
            },
            Golden {
                rows: &[&[3.0, 4.0], &[0.0, 2.0]],
                losses: &[2.0, 1.0],
                steps: 3,
                direction: &[0.442_722_58, 0.991_444_52],
                tolerance: 1e-6,
                source: "LibMTL's formula in Python",
                ..Golden::PLAIN
            },
        ],
    },
};

struct MoCo {
    beta: f64,
    beta_decay: f64,
    gamma: f64,
    gamma_decay: f64,
    rho: f64,
    tasks: PerTask<Tracked>,
}

#[derive(Default)]
struct Tracked {
    /// y.
    trace: Trace,
    /// n.
    slope: f64,
    /// λ.
    weight: f64,
    /// k.
    steps: u64,
}

/// What LibMTL adds to a norm.
const SMALLEST_NORM: f64 = 1e-8;

impl RowAggregator for MoCo {
    fn start(&mut self, tasks: &[TaskFacts]) {
        let weight = 1.0 / tasks.len().max(1) as f64;
        self.tasks.start(tasks, |_| Tracked {
            weight,
            ..Tracked::default()
        });
    }

    fn scale(&self) -> Scale {
        Scale::Free
    }

    fn combine(&mut self, rows: &Rows<'_>, losses: &Losses, _: Moment) -> SharedGradient {
        let norms = rows.norms();
        self.tasks
            .each(rows.present(), |_, task| task.trace.fit(rows));
        self.tasks
            .learn_by_position(losses, |position, task, seen| {
                task.steps += 1;
                let rate = self.beta / (task.steps as f64).powf(self.beta_decay);
                let norm = norms.get(position).copied().unwrap_or(0.0);
                let scale = seen.loss / (norm + SMALLEST_NORM);
                task.slope -= rate * (task.slope - scale);
                task.trace.follow(rows, position, |kept, value| {
                    kept - rate * (kept - scale * value)
                });
            });
        let tracked: Vec<&Tracked> = self.tasks.present(rows.present()).flatten().collect();
        if tracked.len() != rows.tasks() {
            // Nothing is known of how to weigh tasks that were not there at the start.
            let sum = rows.weighted(&vec![1.0; rows.tasks()]);
            return SharedGradient::of(sum).noting(self.tasks.unknown(rows.present()));
        }
        let traces: Vec<&Trace> = tracked.iter().map(|task| &task.trace).collect();
        let averages = traced(rows, rows.present().to_vec(), &traces);
        let sum: f64 = tracked.iter().map(|task| task.weight).sum();
        let lambda = tracked.iter().map(|task| task.weight / sum);
        let lambda: Vec<f64> = lambda.collect();
        let products = averages.gram().projections(&lambda);
        let moved = tracked.iter().zip(lambda.iter().zip(&products));
        let moved = moved.map(|(task, (weight, product))| {
            let steps = task.steps.max(1) as f64;
            let rate = self.gamma / steps.powf(self.gamma_decay);
            weight - rate * (product + self.rho * weight)
        });
        let lambda = softmax(&moved.collect::<Vec<_>>());
        let blocks = averages.weighted(&lambda);
        let mass = lambda.iter().zip(&tracked);
        let mass = mass.map(|(weight, task)| weight * task.slope).collect();
        self.tasks.update(rows.present(), &lambda, |task, weight| {
            // Far below any other, so that the sum of what is kept never vanishes.
            task.weight = weight.max(f64::MIN_POSITIVE);
        });
        SharedGradient {
            mass: Some(mass),
            ..SharedGradient::of(blocks).noting(losses.note())
        }
    }

    fn state(&mut self, state: &mut State) {
        self.tasks.state(state, |task, state| {
            state.number("slope", &mut task.slope);
            state.number("weight", &mut task.weight);
            state.count("steps", &mut task.steps);
            task.trace.state(state);
        });
    }
}
