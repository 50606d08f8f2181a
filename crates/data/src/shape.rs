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
    /// Training rows per category.
    pub counts: Vec<u64>,
}

impl CategoricalShape {
    /// Whether a training row has this category, so that something is learnt of it.
    ///
    /// ```
    /// let school = polytask_data::CategoricalShape { name: "school".into(), categories: 3, counts: vec![0, 5, 2] };
    /// assert!(!school.is_known(0) && school.is_known(2));
    /// ```
    #[must_use]
    pub fn is_known(&self, category: i32) -> bool {
        let count = usize::try_from(category)
            .ok()
            .and_then(|category| self.counts.get(category));
        count.is_some_and(|&count| count > 0)
    }
}
