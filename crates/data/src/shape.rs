//! What a model is given: how many numbers, which categories, what size of picture.

use serde::{Deserialize, Serialize};

/// The inputs of one row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputShape {
    /// Numeric inputs.
    pub numeric: usize,
    /// Categorical inputs.
    pub categorical: Vec<CategoricalShape>,
    /// Channels, height and width of the picture.
    pub image: Option<[usize; 3]>,
}

/// One categorical input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CategoricalShape {
    /// Its column.
    pub name: String,
    /// Its categories, the reserved slots included.
    pub categories: usize,
}
