//! Micro F1: F1 of all decisions together.
//!
//! F1 = 2·hits / (2·hits + false alarms + misses) with the counts added up over classes or labels. For one class of
//! several it equals accuracy; it differs for flags.

use polytask_config::Entry;

use super::{Facts, Metric, Shape};
use crate::checked::checked;
use crate::counts::{Average, OverLabels, Tally};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "f1_micro",
    summary: "F1 of the decisions of all classes or labels together",
    source: "sklearn.metrics.f1_score(average='micro')",
    new: |_| checked(OverLabels::new(Average::Micro, Tally::f1)),
    facts: Facts {
        shapes: &[Shape::Binary, Shape::Classes, Shape::Ordinal, Shape::Flags],
    },
};
