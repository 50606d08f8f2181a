//! Hamming loss: the share of flags that are wrong, over all rows and labels.

use polytask_config::{Entry, State};

use super::{Better, Facts, Metric, Shape};
use crate::Fault;
use crate::checked::{Measure, checked};
use crate::mean::Share;
use crate::predictions::{FlagRows, is_raised};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "hamming",
    summary: "share of flags that are wrong",
    source: "sklearn.metrics.hamming_loss",
    new: |_| checked(Hamming::default()),
    facts: Facts {
        shapes: &[Shape::Flags],
    },
};

#[derive(Default)]
struct Hamming {
    wrong: Share,
}

impl Measure for Hamming {
    const BETTER: Better = Better::Lower;

    fn flags(&mut self, rows: FlagRows<'_>) -> Result<(), Fault> {
        for (&probability, &truth) in rows.probabilities.iter().zip(rows.truth) {
            self.wrong.add(is_raised(probability) != truth);
        }
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        self.wrong.value()
    }

    fn state(&mut self, state: &mut State) {
        self.wrong.state(state);
    }
}
