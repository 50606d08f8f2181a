//! Recall of the positive class: the share of the positive rows that are predicted so.
//!
//! R = hits / (hits + misses); 0/0 counts as 0, unless the positive class occurs neither in the truth nor in the predictions: then it is
//! undefined. A row is predicted positive where the probability of class 1 is above `threshold`.

use polytask_config::Entry;

use super::{Facts, Metric, Shape};
use crate::checked::checked;
use crate::counts::{PositiveClass, Tally};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "recall",
    summary: "the share of the positive rows that are predicted so, for class 1 of a binary task",
    source: "sklearn.metrics.recall_score(average='binary')",
    new: |options| {
        let threshold = options
            .number("threshold", "positive where the probability is above it")
            .within(0.0..=1.0)
            .or(0.5);
        checked(PositiveClass::new(threshold, Tally::recall))
    },
    facts: Facts {
        shapes: &[Shape::Binary],
    },
};
