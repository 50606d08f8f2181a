//! Batches as plain arrays.

/// Some rows, ready to become tensors. Row-major throughout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Their indices in the data set.
    pub rows: Vec<u32>,
    /// `[rows, numeric]`, standardised.
    pub numeric: Vec<f32>,
    /// `[rows, columns]`, category indices.
    pub categorical: Vec<i32>,
    /// `[rows, channels, height, width]`.
    pub image: Vec<f32>,
    /// One per task.
    pub targets: Vec<Labels>,
}

/// The labels of one task in a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Labels {
    /// `[rows, width]`: a class index, 0/1 flags, or scaled values; 0 where there is no label.
    pub values: Vec<f32>,
    /// `[rows]`: 1 where there is a label, else 0.
    pub mask: Vec<f32>,
    /// How many rows have a label.
    pub labelled: usize,
}
