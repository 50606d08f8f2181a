//! Mean absolute error, in the unit of the data; of an ordinal task, in levels.
//!
//! Several outputs: the mean over rows and outputs. An ordinal row is at its most probable level, of a tie the lowest.

use polytask_config::{Entry, State};

use super::{Better, Facts, Metric, Shape};
use crate::Fault;
use crate::checked::{Measure, checked};
use crate::mean::Mean;
use crate::predictions::{ClassRows, ValueRows};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "mae",
    summary: "mean absolute error in the unit of the data (ordinal: in levels)",
    source: "sklearn.metrics.mean_absolute_error",
    new: |_| checked(AbsoluteError::default()),
    facts: Facts {
        shapes: &[Shape::Values, Shape::Ordinal],
    },
};

#[derive(Default)]
struct AbsoluteError {
    error: Mean,
}

impl Measure for AbsoluteError {
    const BETTER: Better = Better::Lower;

    fn classes(&mut self, rows: ClassRows<'_>) -> Result<(), Fault> {
        rows.decided()
            .for_each(|(predicted, truth)| self.error.add(predicted.abs_diff(truth) as f64));
        Ok(())
    }

    fn values(&mut self, rows: ValueRows<'_>) -> Result<(), Fault> {
        let numbers = rows.predicted.iter().zip(rows.truth);
        numbers.for_each(|(predicted, truth)| self.error.add((predicted - truth).abs()));
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        self.error.value()
    }

    fn state(&mut self, state: &mut State) {
        self.error.state(state);
    }
}
