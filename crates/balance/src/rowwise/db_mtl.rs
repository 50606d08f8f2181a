//! DB-MTL: losses as logarithms, averaged gradients, all as long as the longest.
//!
//! With ĝ_t = g_t/(l_t + 10⁻⁸), the gradient of ln l_t: y_t ← β y_t + (1 − β) ĝ_t, at first 0, and
//! d = max_k ‖y_k‖ · Σ y_t/‖y_t‖. The heads are trained with ln l_t: 1/l_t. β is `beta`.
//!
//! With β = 0 nothing is remembered and the Gram matrix is enough: the Gram aggregator of this name does the same without a row
//! for each task. Among all [`AGGREGATORS`](crate::AGGREGATORS) there is one `db_mtl`, whose `beta` says which it is.
//!
//! With n_t ← β n_t + (1 − β)/(l_t + 10⁻⁸), gradients that are all the same one make d so many times it as max_k ‖y_k‖ · Σ n_t/‖y_t‖:
//! what a `gain` brings to the number of tasks, or to 1.
//!
//! Source: Lin et al. 2023, with LibMTL's β = 0.9 that stays as it is over the steps (its σ = 0).

use polytask_config::{Fields, State};

use super::trace::{Trace, traced};
use super::{RowAggregator, RowAggregatorEntry, RowFacts};
use crate::contract::rows::{Golden, Promise, Promised};
use crate::normalize::SMALLEST_LOSS;
use crate::{Losses, Moment, PerTask, Rows, Scale, SharedGradient, TaskFacts};

pub(crate) const ENTRY: RowAggregatorEntry = RowAggregatorEntry {
    name: "db_mtl",
    summary: "averaged gradients of the losses' logarithms, all as long as the longest",
    source: "Lin et al. 2023, Dual-Balancing for Multi-Task Learning",
    new: |options| Box::new(DbMtl::new(beta(options))),
    facts: RowFacts {
        trial: "beta = 0.5",
        promises: &[
            Promised::always(Promise::Scaling(1.0)),
            Promised::with("beta = 0.0", Promise::FirstStepOf("db_mtl", 1.0)),
            Promised::by_default(Promise::FirstStepOf("db_mtl", 0.1)),
        ],
        golden: &[Golden {
            options: "beta = 0.5",
            rows: &[&[3.0, 4.0], &[0.0, -2.0]],
            losses: &[2.0, 0.5],
            steps: 2,
            // After two steps y = ¾ ĝ: (1.125, 1.5) of norm 1.875 and (0, −3): (1.8, 2.4) + (0, −3).
            direction: &[1.8, -0.6],
            tolerance: 1e-6,
            source: "by hand",
            ..Golden::PLAIN
        }],
        ..RowFacts::PLAIN
    },
};

/// The option that says how much is remembered.
pub(crate) fn beta(options: &mut Fields<'_>) -> f64 {
    options
        .number(
            "beta",
            "share of the averaged gradient that a step keeps; 0 remembers nothing",
        )
        .at_least(0.0)
        .below(1.0)
        .or(0.9)
}

pub(crate) struct DbMtl {
    beta: f64,
    tasks: PerTask<Averaged>,
}

/// What is remembered of a task.
#[derive(Default)]
struct Averaged {
    /// y.
    trace: Trace,
    /// n.
    slope: f64,
}

impl DbMtl {
    pub(crate) fn new(beta: f64) -> Self {
        Self {
            beta,
            tasks: PerTask::default(),
        }
    }
}

impl RowAggregator for DbMtl {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.tasks.start(tasks, |_| Averaged::default());
    }

    fn scale(&self) -> Scale {
        Scale::Free
    }

    fn combine(&mut self, rows: &Rows<'_>, losses: &Losses, _: Moment) -> SharedGradient {
        let beta = self.beta;
        self.tasks
            .each(rows.present(), |_, task| task.trace.fit(rows));
        self.tasks
            .learn_by_position(losses, |position, task, seen| {
                let slope = 1.0 / (seen.loss + SMALLEST_LOSS);
                task.slope = beta * task.slope + (1.0 - beta) * slope;
                task.trace.follow(rows, position, |kept, value| {
                    beta * kept + (1.0 - beta) * slope * value
                });
            });
        let known: Vec<(usize, &Averaged)> = rows
            .present()
            .iter()
            .zip(self.tasks.present(rows.present()))
            .filter_map(|(&task, averaged)| averaged.map(|averaged| (task, averaged)))
            .collect();
        let (present, known): (Vec<usize>, Vec<&Averaged>) = known.into_iter().unzip();
        let note = losses.note().or(self.tasks.unknown(rows.present()));
        let traces: Vec<&Trace> = known.iter().map(|task| &task.trace).collect();
        let averages = traced(rows, present, &traces);
        let norms = averages.norms();
        let largest = norms.iter().copied().fold(0.0, f64::max);
        let alpha = norms
            .iter()
            .map(|&norm| if norm > 0.0 { largest / norm } else { 0.0 });
        let alpha: Vec<f64> = alpha.collect();
        let blocks = averages.weighted(&alpha);
        let mass = alpha.iter().zip(&known);
        let mass = mass.map(|(alpha, task)| alpha * task.slope).collect();
        let slopes = losses.positive(0.0).into_iter();
        SharedGradient {
            mass: Some(mass),
            heads: Some(slopes.map(|loss| 1.0 / (loss + SMALLEST_LOSS)).collect()),
            ..SharedGradient::of(blocks).noting(note)
        }
    }

    fn state(&mut self, state: &mut State) {
        self.tasks.state(state, |task, state| {
            state.number("slope", &mut task.slope);
            task.trace.state(state);
        });
    }
}
