//! Mean squared error, in the squared unit of the data; the mean over outputs.

use polytask_config::Entry;

use super::{Facts, Metric, Shape};
use crate::checked::checked;
use crate::errors::{Output, SquaredErrors};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "mse",
    summary: "mean squared error (mean over outputs)",
    source: "sklearn.metrics.mean_squared_error",
    new: |_| checked(SquaredErrors::<false>::new(Output::mean_squared_error)),
    facts: Facts {
        shapes: &[Shape::Values],
    },
};
