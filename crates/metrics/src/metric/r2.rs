//! Coefficient of determination: the share of the target's variance that the predictions explain.
//!
//! R² = 1 − Σ (y − ŷ)² / Σ (y − ȳ)²; the mean over outputs. 0 is as good as always predicting the mean, and there is no
//! lower end. An output whose target is constant has none and is left out. (scikit-learn gives it 1 or 0.)

use polytask_config::Entry;

use super::{Facts, Metric, Shape};
use crate::checked::checked;
use crate::errors::SquaredErrors;

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "r2",
    summary: "share of the target's variance that is explained (mean over outputs)",
    source: "sklearn.metrics.r2_score(multioutput='uniform_average')",
    new: |_| {
        checked(SquaredErrors::<true>::new(|output| {
            output.unexplained().map(|share| 1.0 - share)
        }))
    },
    facts: Facts {
        shapes: &[Shape::Values],
    },
};
