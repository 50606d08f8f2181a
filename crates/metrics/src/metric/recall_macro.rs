//! Macro recall: the mean over classes or labels of recall.
//!
//! R = hits / (hits + misses). Each class or label counts the same, however rare; one that occurs neither in the truth nor in the predictions is
//! left out.

use polytask_config::Entry;

use super::{Facts, Metric, Shape};
use crate::checked::checked;
use crate::counts::{Average, OverLabels, Tally};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "recall_macro",
    summary: "mean over classes or labels of recall",
    source: "sklearn.metrics.recall_score(average='macro')",
    new: |_| checked(OverLabels::new(Average::Macro, Tally::recall)),
    facts: Facts {
        shapes: &[Shape::Binary, Shape::Classes, Shape::Ordinal, Shape::Flags],
    },
};
