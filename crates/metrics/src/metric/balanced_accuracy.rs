//! Balanced accuracy: the mean over the classes that occur of the share of their rows predicted right.
//!
//! Unlike macro recall it leaves out a class that is predicted but never true.

use polytask_config::Entry;

use super::{Facts, Metric, Shape};
use crate::checked::checked;
use crate::counts::{Average, OverLabels, Tally};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "balanced_accuracy",
    summary: "mean over the classes that occur of the share of their rows predicted right",
    source: "sklearn.metrics.balanced_accuracy_score; Brodersen et al. 2010",
    new: |_| checked(OverLabels::new(Average::Macro, Tally::recall_if_true)),
    facts: Facts {
        shapes: &[Shape::Binary, Shape::Classes, Shape::Ordinal],
    },
};
