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

/// What is known of the inputs before any row is read: from the headers of files and the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputSketch {
    /// The inputs with as few numbers as there can be: no indicator of a missing value, one category a column.
    pub least: InputShape,
    /// Whether the rows can add nothing to it.
    pub is_exact: bool,
}

impl InputSketch {
    /// Inputs between which the true ones may lie: what is wrong with all of them is wrong whatever the rows hold.
    ///
    /// ```
    /// use polytask_data::{InputShape, InputSketch};
    ///
    /// let least = InputShape { numeric: 3, ..InputShape::default() };
    /// let wider = |is_exact| InputSketch { least: least.clone(), is_exact }.samples();
    /// assert_eq!(wider(true), [least.clone()]);
    /// assert_eq!(wider(false), [least.clone(), InputShape { numeric: 4, ..least.clone() }]);
    /// ```
    #[must_use]
    pub fn samples(self) -> Vec<InputShape> {
        let mut wider = self.least.clone();
        wider.numeric += 1;
        let wider = (!self.is_exact).then_some(wider);
        std::iter::once(self.least).chain(wider).collect()
    }
}
