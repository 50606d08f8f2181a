//! Macro F1: the mean over classes or labels of F1.
//!
//! F1 = 2·hits / (2·hits + false alarms + misses). Each class or label counts the same, however rare; one that occurs neither in the truth nor in the predictions is
//! left out.

use polytask_config::Entry;

use super::{Facts, Metric, Shape};
use crate::checked::checked;
use crate::counts::{Average, OverLabels, Tally};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "f1_macro",
    summary: "mean over classes or labels of F1",
    source: "sklearn.metrics.f1_score(average='macro')",
    new: |_| checked(OverLabels::new(Average::Macro, Tally::f1)),
    facts: Facts {
        shapes: &[Shape::Binary, Shape::Classes, Shape::Ordinal, Shape::Flags],
    },
};
