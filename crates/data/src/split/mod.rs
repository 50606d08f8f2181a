//! Which rows are for training, validation and test.

use serde::{Deserialize, Serialize};

/// One of the three parts of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Weights are fitted here, and every mean, scale, vocabulary and class list.
    Train,
    /// Decides what is best and when to stop.
    Val,
    /// Looked at once.
    Test,
}
