//! Normalized mean squared error: the share of the target's variance that is left unexplained.
//!
//! nMSE = MSE / Var(y) on the same rows, Var with n in the denominator; the mean over outputs, which is 1 − R². An output
//! whose target is constant has none and is left out.

use polytask_config::Entry;

use super::{Facts, Metric, Shape};
use crate::checked::checked;
use crate::errors::{Output, SquaredErrors};

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "nmse",
    summary: "mean squared error divided by the target's variance (mean over outputs)",
    source: "Rasmussen, Williams 2006, Gaussian Processes for Machine Learning, section 2.5 (SMSE)",
    new: |_| checked(SquaredErrors::<false>::new(Output::unexplained)),
    facts: Facts {
        shapes: &[Shape::Values],
    },
};
