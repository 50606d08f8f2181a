//! Quadratic weighted kappa: agreement on ordered levels beyond chance, far misses counting more.
//!
//! κ = 1 − Σ w_ij O_ij / Σ w_ij E_ij with w_ij = (i − j)², O the confusion matrix and E what its margins alone would give
//! (Cohen 1968). 1 is perfect, 0 is chance; undefined if truth and predictions are all one and the same level.

use polytask_config::{Entry, State};

use super::{Better, Facts, Metric, Shape};
use crate::checked::{Measure, checked};
use crate::predictions::ClassRows;
use crate::sum::Sum;
use crate::{ConfusionMatrix, Fault};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "quadratic_kappa",
    summary: "agreement on ordered levels beyond chance, far misses counting by their square",
    source: "sklearn.metrics.cohen_kappa_score(weights='quadratic'); Cohen 1968",
    new: |_| {
        checked(QuadraticKappa {
            confusion: ConfusionMatrix::new(0),
        })
    },
    facts: Facts {
        shapes: &[Shape::Ordinal],
    },
};

struct QuadraticKappa {
    confusion: ConfusionMatrix,
}

impl Measure for QuadraticKappa {
    const BETTER: Better = Better::Higher;

    fn classes(&mut self, rows: ClassRows<'_>) -> Result<(), Fault> {
        self.confusion.add(rows);
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        let matrix = &self.confusion;
        let rows = matrix.rows() as f64;
        let (mut observed, mut expected) = (Sum::default(), Sum::default());
        for truth in 0..matrix.classes() {
            for predicted in 0..matrix.classes() {
                let weight = (truth.abs_diff(predicted) as f64).powi(2);
                observed.add(weight * matrix.count(truth, predicted) as f64);
                expected.add(
                    weight
                        * matrix.truths(truth) as f64
                        * (matrix.predictions(predicted) as f64 / rows),
                );
            }
        }
        let expected = expected.value();
        (expected > 0.0).then(|| 1.0 - observed.value() / expected)
    }

    fn state(&mut self, state: &mut State) {
        state.section("confusion", |state| self.confusion.state(state));
    }
}
