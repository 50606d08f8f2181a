//! SDMGrad: the shortest convex combination that stays near the mean, solved anew by stochastic steps on two batches.
//!
//! With A = J₁J₂ᵀ/s², s = mean √max(A_tt, 0), T tasks and w from the last step (at first 1/T): `iterations` times v ← `momentum`·v +
//! A(w + λ/T), at first v = 0, and w ← Proj_Δ(w − `lr`·v). Then α = (w + λ/T)/(1 + λ). λ is `lambda`.
//!
//! Source: Xiao et al. 2023. λ = 0.3, 20 iterations and a momentum of ½ are those of the authors' experiments (their code's own
//! default is λ = 0.6); the rate of 10 is theirs and TorchJD's, LibMTL takes 5. Where no squared norm is positive there is nothing to
//! go by, and w rests; as in TorchJD 10⁻⁸ is added to s².

use polytask_config::State;

use super::shares::Shares;
use super::{CrossAggregator, CrossAggregatorEntry, CrossFacts};
use crate::contract::cross::Golden;
use crate::solve::project;
use crate::{Cross, Losses, Scale, TaskFacts, Weights};

pub(crate) const ENTRY: CrossAggregatorEntry = CrossAggregatorEntry {
    name: "sdmgrad",
    summary: "the shortest convex combination near the mean, solved by steps on two batches",
    source: "Xiao, Ban, Ji 2023, Direction-oriented Multi-objective Learning, NeurIPS",
    new: |options| {
        Box::new(SdmGrad {
            lambda: options
                .number("lambda", "how much of the mean gradient is added")
                .at_least(0.0)
                .or(0.3),
            rate: options
                .number("lr", "how far an iteration moves the weights")
                .at_least(0.0)
                .or(10.0),
            momentum: options
                .number(
                    "momentum",
                    "share of the last movement that an iteration keeps",
                )
                .at_least(0.0)
                .below(1.0)
                .or(0.5),
            iterations: options
                .integer("iterations", "how often the weights move in a step")
                .at_least(1)
                .at_most(10_000)
                .or(20),
            shares: Shares::default(),
        })
    },
    facts: CrossFacts {
        trial: "lambda = 0.6, lr = 0.1, momentum = 0.0, iterations = 3",
        golden: &[
            Golden {
                cross: &[&[2.0, 1.0], &[-0.5, 1.0]],
                alpha: &[0.15 / 1.3, 1.15 / 1.3],
                source: "TorchJD 0.18: w is the second vertex",
                ..Golden::PLAIN
            },
            Golden {
                options: "lambda = 0.6, lr = 0.1, momentum = 0.0, iterations = 3",
                cross: &[&[2.0, 1.0, -0.3], &[-0.5, 1.0, 0.2], &[0.4, -0.6, 3.0]],
                alpha: &[
                    0.298_278_920_945_8,
                    0.399_485_586_476_2,
                    0.302_235_492_578_1,
                ],
                tolerance: 1e-8,
                source: "TorchJD 0.18",
                ..Golden::PLAIN
            },
        ],
        ..CrossFacts::PLAIN
    },
};

/// Added to s², as in TorchJD.
const SMALLEST_SQUARE: f64 = 1e-8;

/// No entry counts for more, in units of s².
const LARGEST: f64 = 1e9;

struct SdmGrad {
    lambda: f64,
    rate: f64,
    momentum: f64,
    iterations: usize,
    /// w.
    shares: Shares,
}

impl CrossAggregator for SdmGrad {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.shares.start(tasks);
    }

    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn learn(&mut self, cross: &Cross) {
        let (order, tasks) = self.shares.order(cross.present());
        let sorted = cross.matrix().select_rows(&order).select_columns(&order);
        let count = cross.tasks().max(1) as f64;
        let lengths = sorted.diagonal().map(|square| square.max(0.0).sqrt());
        let scale = lengths.sum() / count;
        if scale <= 0.0 {
            return;
        }
        let unit = scale * scale + SMALLEST_SQUARE;
        let products = sorted.map(|value| (value / unit).clamp(-LARGEST, LARGEST));
        let mut shares = self.shares.of(&tasks);
        let mut velocity = &shares * 0.0;
        for _ in 0..self.iterations {
            let slope = &products * shares.add_scalar(self.lambda / count);
            velocity = self.momentum * velocity + slope;
            shares = project(&(shares - self.rate * &velocity), 0.0);
        }
        self.shares.learn(&tasks, &shares);
    }

    fn weights(&mut self, losses: &Losses) -> Weights {
        let present = &losses.present;
        let count = present.len().max(1) as f64;
        let shares = self.shares.of(present).add_scalar(self.lambda / count);
        let shares = shares / (1.0 + self.lambda);
        Weights::of(shares.as_slice().to_vec())
    }

    fn state(&mut self, state: &mut State) {
        self.shares.state(state);
    }
}
