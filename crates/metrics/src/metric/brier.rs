//! Brier score: the mean squared distance of the probabilities from the truth.
//!
//! Binary: (p − y)² with the probability of class 1, in [0, 1]. More classes: Σ_c (p_c − y_c)², in [0, 2]. Flags: the mean
//! over labels of (p − y)².

use polytask_config::{Entry, State};

use super::{Better, Facts, Metric, Shape};
use crate::Fault;
use crate::checked::{Measure, checked};
use crate::mean::Mean;
use crate::predictions::{ClassRows, FlagRows};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "brier",
    summary: "mean squared distance of the probabilities from the truth",
    source: "sklearn.metrics.brier_score_loss(scale_by_half='auto'); Brier 1950",
    new: |_| checked(Brier::default()),
    facts: Facts {
        shapes: &[Shape::Binary, Shape::Classes, Shape::Ordinal, Shape::Flags],
    },
};

#[derive(Default)]
struct Brier {
    distance: Mean,
}

fn squared_distance(probability: f64, truth: bool) -> f64 {
    (probability - f64::from(u8::from(truth))).powi(2)
}

impl Measure for Brier {
    const BETTER: Better = Better::Lower;

    fn classes(&mut self, rows: ClassRows<'_>) -> Result<(), Fault> {
        if let Ok(rows) = rows.binary() {
            rows.for_each(|(probability, truth)| {
                self.distance.add(squared_distance(probability, truth))
            });
            return Ok(());
        }
        for (probabilities, truth) in rows.iter() {
            let classes = probabilities.iter().enumerate();
            self.distance.add(
                classes
                    .map(|(class, &p)| squared_distance(p, class == truth))
                    .sum(),
            );
        }
        Ok(())
    }

    fn flags(&mut self, rows: FlagRows<'_>) -> Result<(), Fault> {
        for (&probability, &truth) in rows.probabilities.iter().zip(rows.truth) {
            self.distance.add(squared_distance(probability, truth));
        }
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        self.distance.value()
    }

    fn state(&mut self, state: &mut State) {
        self.distance.state(state);
    }
}
