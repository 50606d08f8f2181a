//! Top-k accuracy: the share of rows whose true class is among the k most probable ones.
//!
//! Equal probabilities rank by class, the lowest first, so that k = 1 is accuracy. (scikit-learn ranks the highest class
//! first.) With k at or above the number of classes every row would hit, so that it is undefined.

use polytask_config::{Entry, State};

use super::{Better, Facts, Metric, Shape};
use crate::Fault;
use crate::checked::{Measure, checked};
use crate::mean::Share;
use crate::predictions::ClassRows;

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "top_k",
    summary: "share of rows whose true class is among the k most probable",
    source: "sklearn.metrics.top_k_accuracy_score",
    new: |options| {
        checked(TopK {
            k: options
                .integer("k", "how many classes a row may name")
                .at_least(1)
                .or(2),
            right: Share::default(),
        })
    },
    facts: Facts {
        shapes: &[Shape::Classes, Shape::Ordinal],
    },
};

struct TopK {
    k: usize,
    right: Share,
}

impl Measure for TopK {
    const BETTER: Better = Better::Higher;

    fn classes(&mut self, rows: ClassRows<'_>) -> Result<(), Fault> {
        if self.k >= rows.classes {
            return Ok(());
        }
        for (probabilities, truth) in rows.iter() {
            let of_truth = probabilities
                .get(truth)
                .copied()
                .unwrap_or(f64::NEG_INFINITY);
            let is_ahead = |&(class, &probability): &(usize, &f64)| {
                probability > of_truth || (probability == of_truth && class < truth)
            };
            let ahead = probabilities.iter().enumerate().filter(is_ahead).count();
            self.right.add(ahead < self.k);
        }
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        self.right.value()
    }

    fn state(&mut self, state: &mut State) {
        self.right.state(state);
    }
}
