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

impl Batch {
    /// The rows at these positions, in their order; positions beyond the end are left out.
    #[must_use]
    pub fn select(&self, positions: &[usize]) -> Self {
        let rows = self.rows.len();
        let targets = self.targets.iter().map(|labels| {
            let mask = select(&labels.mask, rows, positions);
            Labels {
                values: select(&labels.values, rows, positions),
                labelled: mask.iter().filter(|&&mask| mask > 0.0).count(),
                mask,
            }
        });
        Self {
            rows: select(&self.rows, rows, positions),
            numeric: select(&self.numeric, rows, positions),
            categorical: select(&self.categorical, rows, positions),
            image: select(&self.image, rows, positions),
            targets: targets.collect(),
        }
    }
}

/// Rows of a row-major array `[rows, …]`.
fn select<T: Copy>(values: &[T], rows: usize, positions: &[usize]) -> Vec<T> {
    let width = values.len().checked_div(rows).unwrap_or(0);
    positions
        .iter()
        .filter_map(|row| values.get(row * width..(row + 1) * width))
        .flatten()
        .copied()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selected_rows_keep_inputs_and_labels_together() {
        let batch = Batch {
            rows: vec![7, 8, 9],
            numeric: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0],
            targets: vec![Labels {
                values: vec![0.5, 0.0, 1.5],
                mask: vec![1.0, 0.0, 1.0],
                labelled: 2,
            }],
            ..Batch::default()
        };
        let selected = batch.select(&[2, 1, 5]);
        assert_eq!(selected.rows, [9, 8]);
        assert_eq!(selected.numeric, [5.0, 6.0, 3.0, 4.0]);
        assert_eq!(selected.targets[0].values, [1.5, 0.0]);
        assert_eq!(selected.targets[0].mask, [1.0, 0.0]);
        assert_eq!(selected.targets[0].labelled, 1);
        assert!(selected.image.is_empty() && selected.categorical.is_empty());
    }
}
