//! GradDrop: at each parameter only gradients of one sign are let through, drawn by how much of the gradient has it.
//!
//! At each parameter P = ½(1 + Σg/Σ|g|), the share of what is positive. With U uniform on (0, 1): the positive gradients are kept
//! if U < P, else the negative ones, and added up; `leak` is the share of the others that comes through. The expectation is
//! P·Σ max(g, 0) + (1 − P)·Σ min(g, 0). Where all are zero nothing is drawn.
//!
//! Source: Chen et al. 2020, which drops the gradients of the shared activations, after multiplying by the activation's sign;
//! here, as in TorchJD and the Nash-MTL code, it is those of the parameters. The draw is a function of seed, step, the
//! parameter's name and the entry's place.

use crate::contract::rows::{Golden, Promise, Promised};
use crate::{Losses, Moment, Rows, Scale, SharedGradient};

use super::{RowAggregator, RowAggregatorEntry, RowFacts};

pub(crate) const ENTRY: RowAggregatorEntry = RowAggregatorEntry {
    name: "graddrop",
    summary: "at each parameter the gradients of one sign, drawn by its share",
    source: "Chen et al. 2020, Just Pick a Sign: Optimizing Deep Multitask Models with Gradient Sign Dropout, NeurIPS",
    new: |options| {
        Box::new(GradDrop {
            leak: options
                .number("leak", "share of the dropped gradients that comes through")
                .within(0.0..=1.0)
                .or(0.0),
        })
    },
    facts: RowFacts {
        trial: "leak = 0.25",
        promises: &[
            Promised::by_default(Promise::OneSign),
            Promised::always(Promise::PlainAlone),
            Promised::always(Promise::Scaling(1.0)),
        ],
        golden: &[
            Golden {
                rows: &[&[1.0, -2.0, 0.0], &[3.0, -0.5, 0.0]],
                direction: &[4.0, -2.5, 0.0],
                source: "definition: where the signs agree all is kept",
                ..Golden::PLAIN
            },
            Golden {
                options: "leak = 1.0",
                rows: &[&[1.0, -2.0], &[-3.0, 0.5]],
                direction: &[-2.0, -1.5],
                source: "definition: the sum",
                ..Golden::PLAIN
            },
        ],
        ..RowFacts::PLAIN
    },
};

struct GradDrop {
    leak: f64,
}

impl RowAggregator for GradDrop {
    fn scale(&self) -> Scale {
        Scale::Sum
    }

    fn combine(&mut self, rows: &Rows<'_>, _: &Losses, moment: Moment) -> SharedGradient {
        let blocks = rows.blocks().iter().map(|block| {
            let mut stream = moment.stream(&format!("balance/graddrop/{}", block.name));
            block.columns(|column| {
                let draw = stream.uniform();
                let positive: f64 = column.iter().map(|value| value.max(0.0)).sum();
                let negative: f64 = column.iter().map(|value| value.min(0.0)).sum();
                // P Σ|g| = Σ max(g, 0).
                let (kept, dropped) = if draw * (positive - negative) < positive {
                    (positive, negative)
                } else {
                    (negative, positive)
                };
                kept + self.leak * dropped
            })
        });
        SharedGradient::of(blocks.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, Seed};

    #[test]
    fn a_sign_is_drawn_as_often_as_its_share_says() {
        // 3 of 4 parts are positive.
        let (up, down) = (vec![3.0_f32; 40_000], vec![-1.0_f32; 40_000]);
        let block = Block {
            name: "weight",
            rows: vec![&up, &down],
        };
        let rows = Rows::new(vec![0, 1], vec![block]).unwrap();
        let moment = Moment {
            seed: Seed(3),
            step: 5,
        };
        let shared = GradDrop { leak: 0.0 }.combine(&rows, &Losses::default(), moment);
        let kept = shared.blocks[0].iter().filter(|value| **value == 3.0);
        let share = kept.count() as f64 / 40_000.0;
        // Four standard deviations.
        assert!(
            (share - 0.75).abs() < 4.0 * (0.1875 / 40_000.0_f64).sqrt(),
            "{share}"
        );
        let other = Moment { step: 6, ..moment };
        let other = GradDrop { leak: 0.0 }.combine(&rows, &Losses::default(), other);
        assert_ne!(shared, other);
    }
}
