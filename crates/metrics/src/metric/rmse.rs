//! Root mean squared error, in the unit of the data.
//!
//! Several outputs: the mean over outputs of √MSE, not the root of the mean, as in scikit-learn.

use polytask_config::Entry;

use super::{Facts, Metric, Shape};
use crate::checked::checked;
use crate::errors::SquaredErrors;

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "rmse",
    summary: "root of the mean squared error, in the unit of the data (mean over outputs)",
    source: "sklearn.metrics.root_mean_squared_error",
    new: |_| {
        checked(SquaredErrors::<false>::new(|output| {
            output.mean_squared_error().map(f64::sqrt)
        }))
    },
    facts: Facts {
        shapes: &[Shape::Values],
    },
};
