//! GradVac: each gradient is bent until its angle to each other is at least as small as it usually is.
//!
//! As PCGrad, but task i's gradient and gradient j are to have at least the cosine φ̂_ij that they had on average. With n_i
//! the norm of task i's gradient as bent so far and φ the cosine of it with g_j: if φ < φ̂ then
//! C_ij += n_i (φ̂ √(1−φ²) − φ √(1−φ̂²)) / (n_j √(1−φ̂²)); then φ̂ ← (1−`beta`) φ̂ + `beta` φ. At first φ̂ = 0: the first step is
//! PCGrad's. With `per_layer` each shared layer has its own inner products and its own φ̂.
//!
//! Source: Wang et al. 2021. Where we differ: cosines are clamped to [−1, 1] and φ̂ to 1 − 10⁻⁸, for rounding makes roots
//! of negative numbers otherwise. A pair moves only when both tasks have labels.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use polytask_config::State;

use super::order::Orders;
use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, Sight};
use crate::contract::gram::{Golden, Promise, Promised};
use crate::{Gram, Losses, Moment, TaskFacts, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "gradvac",
    summary: "each gradient is bent towards those it usually agrees more with",
    source: "Wang et al. 2021, Gradient Vaccine, ICLR",
    new: |options| {
        Box::new(GradVac {
            beta: options
                .number("beta", "share of a step in the average cosines")
                .within(0.0..=1.0)
                .or(0.5),
            per_layer: options
                .flag("per_layer", "whether each shared layer is bent by itself")
                .or(false),
            orders: Orders::default(),
            tasks: 0,
            layers: Vec::new(),
        })
    },
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::Scaling(0.0)),
            Promised::always(Promise::FirstStepOf("pcgrad")),
        ],
        golden: &[Golden {
            gram: &[&[4.0, -1.0], &[-1.0, 1.0]],
            alpha: &[1.25, 2.0],
            source: "the first step is PCGrad's",
            ..Golden::PLAIN
        }],
        trial: "beta = 0.1, per_layer = true",
        ..GramFacts::PLAIN
    },
};

/// φ̂ at most, so that √(1−φ̂²) can be divided by.
const LARGEST: f64 = 1.0 - 1e-8;

struct GradVac {
    beta: f64,
    per_layer: bool,
    orders: Orders,
    tasks: usize,
    /// φ̂ `[layers][tasks × tasks]`.
    layers: Vec<Vec<f64>>,
}

impl GramAggregator for GradVac {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.orders.start(tasks);
        self.tasks = tasks.len();
        self.layers = vec![vec![0.0; tasks.len() * tasks.len()]];
    }

    fn sight(&self) -> Sight {
        if self.per_layer {
            Sight::Layers
        } else {
            Sight::Whole
        }
    }

    fn scale(&self) -> Scale {
        Scale::Sum
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, moment: Moment) -> Weights {
        let mut layers = std::mem::take(&mut self.layers);
        let weights = match layers.first_mut() {
            Some(usual) => self.bend(gram, usual, moment),
            None => Weights::of(vec![1.0; gram.tasks()]),
        };
        self.layers = layers;
        weights
    }

    fn layer_weights(&mut self, grams: &[Gram], _: &Losses, moment: Moment) -> Vec<Weights> {
        let mut layers = std::mem::take(&mut self.layers);
        layers.resize(grams.len().max(1), vec![0.0; self.tasks * self.tasks]);
        let each = grams.iter().zip(&mut layers);
        let weights = each
            .map(|(gram, usual)| self.bend(gram, usual, moment))
            .collect();
        self.layers = layers;
        weights
    }

    fn state(&mut self, state: &mut State) {
        let mut layers = self.layers.len() as u64;
        state.count("layers", &mut layers);
        let wanted = usize::try_from(layers).unwrap_or(0);
        if state.is_loading() && wanted <= 1 << 16 {
            self.layers
                .resize(wanted, vec![0.0; self.tasks * self.tasks]);
        }
        for (number, usual) in self.layers.iter_mut().enumerate() {
            state.fixed_numbers(&format!("cosines_{number}"), usual);
        }
    }
}

impl GradVac {
    fn bend(&self, gram: &Gram, usual: &mut [f64], moment: Moment) -> Weights {
        let matrix = gram.matrix();
        let norms = gram.norms();
        let mut alpha = vec![1.0; gram.tasks()];
        let place = |task: usize, other: usize| {
            let index = |position: usize| gram.present().get(position).copied();
            let (task, other) = (index(task)?, index(other)?);
            (task < self.tasks && other < self.tasks).then_some(task * self.tasks + other)
        };
        for (task, order) in self.orders.draw(gram, moment).into_iter().enumerate() {
            // C_i G and C_i G C_iᵀ, kept up to date.
            let mut products = matrix.column(task).clone_owned();
            let mut squared = matrix[(task, task)];
            for other in order {
                let norm = squared.max(0.0).sqrt();
                if !(norm > 0.0 && norms[other] > 0.0) {
                    continue;
                }
                let cosine = (products[other] / norm / norms[other]).clamp(-1.0, 1.0);
                let wanted = place(task, other).and_then(|place| usual.get(place));
                let wanted = wanted.copied().unwrap_or(0.0).min(LARGEST);
                if cosine < wanted {
                    let (sine, wanted_sine) = (
                        (1.0 - cosine * cosine).sqrt(),
                        (1.0 - wanted * wanted).sqrt(),
                    );
                    let added = norm * (wanted * sine - cosine * wanted_sine)
                        / (norms[other] * wanted_sine);
                    squared += added * (2.0 * products[other] + added * matrix[(other, other)]);
                    products.axpy(added, &matrix.column(other), 1.0);
                    if let Some(weight) = alpha.get_mut(other) {
                        *weight += added;
                    }
                }
                if let Some(usual) = place(task, other).and_then(|place| usual.get_mut(place)) {
                    *usual = (1.0 - self.beta) * *usual + self.beta * cosine;
                }
            }
        }
        Weights::of(alpha)
    }
}
