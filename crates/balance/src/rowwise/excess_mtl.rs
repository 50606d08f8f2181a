//! ExcessMTL: tasks that are far from their own optimum count more.
//!
//! S_t ← S_t + g_t² at each parameter. e_t = Σ g_t²/√(S_t + 10⁻⁷) is an estimate of how much loss is left to be had, and
//! r_t = e_t/e_t(0). The weights w_t ← w_t exp(η r_t), brought to the sum T, are those of the losses. η is `rate`, e_t(0) the
//! task's first estimate above 0 (heads that start at zero hand no gradient down) or, with `warmup`, the mean of those of so many epochs, during which all weights are 1.
//!
//! `update_every` has no meaning around it: it would miss gradients whose squares S_t adds up.
//!
//! Source: He et al. 2024. η = 0.01 is LibMTL's; TorchJD takes 1. The paper warms up for 3 epochs, as here; its code and
//! the libraries do not, and a first estimate from heads that still are next to zero makes every later one immense (on yeast one
//! task then took all). The first
//! step is taken with equal weights, as in the authors' code. Where we differ: what exp(η r_t) gains on average over the
//! present tasks is taken off, which changes nothing when all are present, and is fair to one that seldom is. S_t is kept as
//! its root, so that squares of any gradient fit.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector here has one entry each"
)]

use polytask_config::State;

use super::trace::Trace;
use super::{RowAggregator, RowAggregatorEntry, RowFacts};
use crate::contract::rows::{Golden, Promise, Promised};
use crate::epoch_mean::EpochMean;
use crate::softmax::softmax;
use crate::{Heads, Losses, Moment, PerTask, Rows, Scale, SharedGradient, TaskFacts, Weights};

pub(crate) const ENTRY: RowAggregatorEntry = RowAggregatorEntry {
    name: "excess_mtl",
    summary: "tasks that are far from their own optimum count more",
    source: "He et al. 2024, Robust Multi-Task Learning with Excess Risks, ICML",
    new: |options| {
        Box::new(ExcessMtl {
            rate: options
                .number("rate", "how fast the weights follow")
                .at_least(0.0)
                .or(0.01),
            warmup: options
                .integer(
                    "warmup",
                    "epochs of equal weights, whose mean excess is what others are compared with",
                )
                .at_least(0)
                .or(3) as u64,
            epochs: 0,
            tasks: PerTask::default(),
        })
    },
    facts: RowFacts {
        trial: "rate = 1.0, warmup = 1",
        promises: &[
            Promised::always(Promise::PlainAlone),
            Promised::always(Promise::FirstStepOf("sum", 1.0)),
        ],
        golden: &[Golden {
            options: "rate = 1.0, warmup = 0",
            rows: &[&[3.0, 4.0], &[0.0, 2.0]],
            then: &[&[3.0, 4.0], &[0.0, 4.0]],
            steps: 2,
            // e(0) = 7, 2; e = 7/√2, 16/√20; r = 0.70711, 1.78885; w = 2·softmax r = 0.50635, 1.49365.
            direction: &[1.519_052_63, 8.0],
            tolerance: 1e-5,
            source: "LibMTL's formula in Python",
            ..Golden::PLAIN
        }],
        ..RowFacts::PLAIN
    },
};

/// Added to S, as there.
const SMALLEST_SQUARE: f64 = 1e-7;

/// No ratio counts for more: a task whose first gradients were next to nothing.
const LARGEST_RATIO: f64 = 1e6;

struct ExcessMtl {
    rate: f64,
    warmup: u64,
    epochs: u64,
    tasks: PerTask<Excess>,
}

#[derive(Default)]
struct Excess {
    /// √S.
    root: Trace,
    /// ln w.
    logit: f64,
    first: Option<f64>,
    warming: EpochMean,
}

impl RowAggregator for ExcessMtl {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.epochs = 0;
        self.tasks.start(tasks, |_| Excess::default());
    }

    fn scale(&self) -> Scale {
        Scale::Sum
    }

    fn heads(&self) -> Heads {
        Heads::Weighted
    }

    fn combine(&mut self, rows: &Rows<'_>, losses: &Losses, _: Moment) -> SharedGradient {
        let is_warming = self.epochs < self.warmup;
        // r of each present task that has something to be compared with.
        let mut ratios: Vec<Option<f64>> = vec![None; rows.tasks()];
        self.tasks.each(rows.present(), |position, task| {
            let excess = task.excess(rows, position);
            if is_warming {
                task.warming.add(excess);
            } else if let Some(first) = task.first {
                ratios[position] = Some((excess / first).min(LARGEST_RATIO));
            } else if excess > 0.0 {
                task.first = Some(excess);
            }
        });
        let compared = ratios.iter().flatten();
        let mean = compared.clone().sum::<f64>() / compared.count().max(1) as f64;
        self.tasks.each(rows.present(), |position, task| {
            if let Some(ratio) = ratios[position] {
                task.logit += self.rate * (ratio - mean);
            }
        });
        let logits = self.tasks.present(rows.present());
        let logits = logits.map(|task| task.map_or(0.0, |task| task.logit));
        let shares = softmax(&logits.collect::<Vec<_>>());
        let tasks = rows.tasks() as f64;
        let alpha = shares.iter().map(|share| tasks * share).collect();
        let note = losses.note().or(self.tasks.unknown(rows.present()));
        SharedGradient::weighted(rows, Weights::of(alpha).noting(note))
    }

    fn end_epoch(&mut self) {
        self.epochs += 1;
        if self.epochs == self.warmup {
            self.tasks.for_each(|task| {
                let mean = task.warming.take();
                task.first = mean.filter(|&mean| mean > 0.0);
            });
        }
    }

    fn state(&mut self, state: &mut State) {
        state.count("epochs", &mut self.epochs);
        self.tasks.state(state, |task, state| {
            state.number("logit", &mut task.logit);
            state.optional_number("first", &mut task.first);
            task.warming.state(state);
            task.root.state(state);
        });
    }
}

impl Excess {
    /// Takes the row in, and says how much loss is left to be had.
    fn excess(&mut self, rows: &Rows<'_>, position: usize) -> f64 {
        let mut excess = 0.0;
        self.root.follow(rows, position, |root, value| {
            let square = root * root + value * value;
            excess += value * value / (square + SMALLEST_SQUARE).sqrt();
            square.sqrt()
        });
        excess
    }
}
