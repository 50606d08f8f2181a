//! Bits: the log-loss in bits a row, the unit that is the same for every task.
//!
//! It is what storing the row's labels would cost with the model's probabilities as the code; 1 bit is ln 2 nats.

use std::f64::consts::LN_2;

use polytask_config::Entry;

use super::log_loss::LogLoss;
use super::{Facts, Metric, Shape};
use crate::checked::checked;

pub(super) const ENTRY: Entry<Box<dyn Metric>, Facts> = Entry {
    name: "bits",
    summary: "log-loss in bits a row (multilabel: sum over labels)",
    source: "sklearn.metrics.log_loss / ln 2",
    new: |_| checked(LogLoss::in_units_of(LN_2)),
    facts: Facts {
        shapes: &[Shape::Binary, Shape::Classes, Shape::Ordinal, Shape::Flags],
    },
};
