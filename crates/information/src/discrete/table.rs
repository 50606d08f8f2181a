//! Contingency tables of two labels, from counts or from rows where both are there.

use crate::InformationError;
use crate::error::{at_most, same_length};

/// Cells a table may have: beyond it, no sample on earth fills it.
const CELLS: usize = 1 << 26;

/// Counts n_xy, `[rows, columns]` row by row, with both margins.
///
/// ```
/// use polytask_information::discrete::Table;
///
/// let x = [Some(0), Some(1), None, Some(1)];
/// let y = [Some(2), Some(0), Some(1), None];
/// let table = Table::of_labels(&x, 2, &y, 3)?;
/// // Only two rows have both labels.
/// assert_eq!((table.n(), table.row_sums()), (2, &[1, 1][..]));
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    counts: Vec<u64>,
    row_sums: Vec<u64>,
    column_sums: Vec<u64>,
    n: u64,
}

impl Table {
    /// From counts `[rows, columns]`, row by row.
    ///
    /// # Errors
    /// If the counts do not fill whole rows.
    pub fn of_counts(counts: Vec<u64>, columns: usize) -> Result<Self, InformationError> {
        let rows = counts.len().checked_div(columns).unwrap_or(0);
        same_length("counts of a table", rows * columns, counts.len())?;
        let mut row_sums = vec![0; rows];
        let mut column_sums = vec![0; columns];
        for (row, sum) in counts.chunks_exact(columns.max(1)).zip(&mut row_sums) {
            for (count, column_sum) in row.iter().zip(&mut column_sums) {
                *sum += count;
                *column_sum += count;
            }
        }
        let n = row_sums.iter().sum();
        Ok(Self {
            counts,
            row_sums,
            column_sums,
            n,
        })
    }

    /// From two labels per row, counting the rows where both are there.
    ///
    /// # Errors
    /// If the labels differ in number, or one is not below its number of classes.
    pub fn of_labels(
        x: &[Option<u32>],
        x_classes: usize,
        y: &[Option<u32>],
        y_classes: usize,
    ) -> Result<Self, InformationError> {
        same_length("labels", x.len(), y.len())?;
        let cells = x_classes.saturating_mul(y_classes);
        at_most("cells of a table", cells, CELLS)?;
        let mut counts = vec![0u64; cells];
        for (index, (x, y)) in x.iter().zip(y).enumerate() {
            let (Some(x), Some(y)) = (*x, *y) else {
                continue;
            };
            let (x, y) = (x as usize, y as usize);
            let cell = counts.get_mut(x * y_classes + y);
            match cell {
                Some(cell) if x < x_classes && y < y_classes => *cell += 1,
                _ => {
                    return Err(InformationError::Value {
                        what: "class of a label",
                        index,
                        value: if x < x_classes { y } else { x } as f64,
                        wanted: "below the number of classes",
                    });
                }
            }
        }
        Self::of_counts(counts, y_classes)
    }

    /// All counts, row by row.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The counts of the first label.
    #[must_use]
    pub fn row_sums(&self) -> &[u64] {
        &self.row_sums
    }

    /// The counts of the second label.
    #[must_use]
    pub fn column_sums(&self) -> &[u64] {
        &self.column_sums
    }

    /// How many rows were counted.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.n
    }

    /// Each row's counts.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        self.counts.chunks_exact(self.column_sums.len().max(1))
    }

    /// Each cell as (count, row sum, column sum).
    pub(crate) fn cells(&self) -> impl Iterator<Item = (u64, u64, u64)> {
        self.rows()
            .zip(&self.row_sums)
            .flat_map(move |(row, &row_sum)| {
                row.iter()
                    .zip(&self.column_sums)
                    .map(move |(&count, &column_sum)| (count, row_sum, column_sum))
            })
    }

    /// (classes of x seen - 1)(classes of y seen - 1).
    #[must_use]
    pub fn freedom(&self) -> usize {
        let seen = |sums: &[u64]| sums.iter().filter(|&&sum| sum > 0).count();
        seen(&self.row_sums).saturating_sub(1) * seen(&self.column_sums).saturating_sub(1)
    }

    /// The smallest count a seen class of x and a seen class of y would share if they were independent; what the
    /// chi-squared approximation of [G](super::g_test) stands on.
    #[must_use]
    pub fn smallest_expected(&self) -> f64 {
        let smallest = |sums: &[u64]| sums.iter().filter(|&&sum| sum > 0).min().copied();
        match (smallest(&self.row_sums), smallest(&self.column_sums)) {
            (Some(row), Some(column)) => row as f64 * column as f64 / self.n as f64,
            _ => 0.0,
        }
    }
}
