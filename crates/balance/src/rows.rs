//! What a row aggregator is told: the present tasks' gradients, entry by entry.

use crate::Gram;
use crate::products::is_ascending;

/// How exact inner products are of numbers that were rounded to single precision.
pub const SINGLE_ROUNDING: f64 = 1e-7;

/// The gradients of the present tasks with respect to every shared parameter, in blocks: one for each parameter tensor.
///
/// All are finite, every block has one row for each task and all its rows are equally long, or they could not have been made.
///
/// ```
/// use polytask_balance::{Block, Rows};
///
/// // Of three tasks the second has no label in this batch. There is a weight of two entries and a bias of one.
/// let weight = Block { name: "trunk.weight", rows: vec![&[1.0, 0.0], &[0.0, 2.0]] };
/// let bias = Block { name: "trunk.bias", rows: vec![&[2.0], &[-1.0]] };
/// let rows = Rows::new(vec![0, 2], vec![weight, bias]).unwrap();
/// assert_eq!(rows.gram().at(0, 1), -2.0);
/// assert_eq!(rows.weighted(&[1.0, 0.5]), [vec![1.0, 1.0], vec![1.5]]);
/// ```
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    present: Vec<usize>,
    blocks: Vec<Block<'a>>,
}

/// The gradients with respect to one parameter tensor.
#[derive(Clone, Debug)]
pub struct Block<'a> {
    /// The parameter's name, the same in a run that resumes: what is remembered of it is saved under it, and what is drawn at
    /// random depends on it.
    pub name: &'a str,
    /// One row `[entries]` for each present task, in their order.
    pub rows: Vec<&'a [f32]>,
}

/// Why numbers are no rows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowsError {
    /// The tasks are not named in ascending order, each once.
    #[error("the present tasks {present:?} are not ascending")]
    Order {
        /// As given.
        present: Vec<usize>,
    },
    /// There are not as many rows as tasks.
    #[error("{block} has {found} rows for {tasks} tasks")]
    Count {
        /// The block's name.
        block: String,
        /// Present tasks.
        tasks: usize,
        /// Rows given.
        found: usize,
    },
    /// A row has another length than the first one.
    #[error("{block} has a row of {found} entries, wanted {wanted}")]
    Length {
        /// The block's name.
        block: String,
        /// Entries of the first row.
        wanted: usize,
        /// Entries of this one.
        found: usize,
    },
    /// Two blocks have one name.
    #[error("there are two blocks called {block}")]
    Twice {
        /// The name.
        block: String,
    },
    /// An entry is not finite.
    #[error("the gradient of task {task} with respect to {block} is not finite")]
    NotFinite {
        /// The block's name.
        block: String,
        /// The task's index.
        task: usize,
    },
}

impl Block<'_> {
    /// How many entries each row has.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.rows.first().map_or(0, |row| row.len())
    }

    /// Σ α_t g_t, in double precision, rounded once.
    fn weighted(&self, alpha: &[f64]) -> Vec<f32> {
        let mut sums = vec![0.0_f64; self.entries()];
        for (row, weight) in self.rows.iter().zip(alpha) {
            for (sum, value) in sums.iter_mut().zip(*row) {
                *sum += weight * f64::from(*value);
            }
        }
        sums.into_iter().map(single).collect()
    }

    /// The column `[tasks]` of every entry, one after the other, in one place that is used again.
    pub(crate) fn columns(&self, mut see: impl FnMut(&mut [f64]) -> f64) -> Vec<f32> {
        let mut column = vec![0.0; self.rows.len()];
        let mut answers = Vec::with_capacity(self.entries());
        for entry in 0..self.entries() {
            for (value, row) in column.iter_mut().zip(&self.rows) {
                *value = row.get(entry).copied().map_or(0.0, f64::from);
            }
            answers.push(single(see(&mut column)));
        }
        answers
    }
}

impl<'a> Rows<'a> {
    /// From the blocks of the present tasks, whose indices are ascending.
    ///
    /// # Errors
    /// The blocks do not fit together, or a gradient is not finite.
    pub fn new(present: Vec<usize>, blocks: Vec<Block<'a>>) -> Result<Self, RowsError> {
        if !is_ascending(&present) {
            return Err(RowsError::Order { present });
        }
        let mut names: Vec<&str> = blocks.iter().map(|block| block.name).collect();
        names.sort_unstable();
        let twice = names.iter().zip(names.iter().skip(1));
        if let Some((name, _)) = twice.into_iter().find(|(first, second)| first == second) {
            return Err(RowsError::Twice {
                block: (*name).to_owned(),
            });
        }
        for block in &blocks {
            let name = || block.name.to_owned();
            if block.rows.len() != present.len() {
                return Err(RowsError::Count {
                    block: name(),
                    tasks: present.len(),
                    found: block.rows.len(),
                });
            }
            for (row, &task) in block.rows.iter().zip(&present) {
                if row.len() != block.entries() {
                    return Err(RowsError::Length {
                        block: name(),
                        wanted: block.entries(),
                        found: row.len(),
                    });
                }
                if !row.iter().all(|value| value.is_finite()) {
                    return Err(RowsError::NotFinite {
                        block: name(),
                        task,
                    });
                }
            }
        }
        Ok(Self { present, blocks })
    }

    /// Of numbers that are known to fit.
    pub(crate) fn known(present: Vec<usize>, blocks: Vec<Block<'a>>) -> Self {
        Self { present, blocks }
    }

    /// The present tasks' indices, ascending.
    #[must_use]
    pub fn present(&self) -> &[usize] {
        &self.present
    }

    /// How many tasks are present.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.present.len()
    }

    /// The blocks, in the order in which they were given.
    #[must_use]
    pub fn blocks(&self) -> &[Block<'a>] {
        &self.blocks
    }

    /// The inner products of the rows `[tasks, tasks]`, summed in double precision.
    #[must_use]
    pub fn gram(&self) -> Gram {
        /// So many entries of all rows stay near the processor while every pair of them is multiplied.
        const NEAR: usize = 2048;
        let tasks = self.tasks();
        let mut values = vec![0.0; tasks * tasks];
        for block in &self.blocks {
            for start in (0..block.entries()).step_by(NEAR) {
                let near = |row: &&'a [f32]| {
                    let rest = row.get(start..).unwrap_or_default();
                    rest.get(..NEAR).unwrap_or(rest)
                };
                let rows: Vec<&[f32]> = block.rows.iter().map(near).collect();
                let firsts = rows.iter().zip(values.chunks_mut(tasks)).enumerate();
                for (first, (row, products)) in firsts {
                    let others = rows.iter().zip(products).skip(first);
                    for (other, value) in others {
                        *value += product(row, other);
                    }
                }
            }
        }
        Gram::of_upper_half(self.present.clone(), &values).with_rounding(SINGLE_ROUNDING)
    }

    /// The rows' norms `[tasks]`.
    #[must_use]
    pub fn norms(&self) -> Vec<f64> {
        let mut squares = vec![0.0; self.tasks()];
        for block in &self.blocks {
            for (square, row) in squares.iter_mut().zip(&block.rows) {
                *square += product(row, row);
            }
        }
        squares.into_iter().map(f64::sqrt).collect()
    }

    /// Σ α_t g_t, block by block.
    #[must_use]
    pub fn weighted(&self, alpha: &[f64]) -> Vec<Vec<f32>> {
        let blocks = self.blocks.iter();
        blocks.map(|block| block.weighted(alpha)).collect()
    }

    /// Each task's gradient times a direction that is given block by block. Negative: against it the task's loss rises.
    ///
    /// ```
    /// use polytask_balance::{Block, Rows};
    ///
    /// let block = Block { name: "weight", rows: vec![&[1.0, 0.0], &[-3.0, 1.0]] };
    /// let rows = Rows::new(vec![0, 1], vec![block]).unwrap();
    /// assert_eq!(rows.projections(&[vec![1.0, 4.0]]), [1.0, 1.0]);
    /// ```
    #[must_use]
    pub fn projections(&self, direction: &[Vec<f32>]) -> Vec<f64> {
        let mut sums = vec![0.0; self.tasks()];
        for (block, direction) in self.blocks.iter().zip(direction) {
            for (sum, row) in sums.iter_mut().zip(&block.rows) {
                *sum += product(row, direction);
            }
        }
        sums
    }
}

/// Summed in eight places at once, which is what a processor is fast at, and in the same order everywhere.
fn product(first: &[f32], second: &[f32]) -> f64 {
    const PLACES: usize = 8;
    let length = first.len().min(second.len());
    let (first, second) = (first.split_at(length).0, second.split_at(length).0);
    let (wholes, rest) = first.as_chunks::<PLACES>();
    let (other_wholes, other_rest) = second.as_chunks::<PLACES>();
    let mut sums = [0.0; PLACES];
    for (whole, other) in wholes.iter().zip(other_wholes) {
        for ((sum, first), second) in sums.iter_mut().zip(whole).zip(other) {
            *sum += f64::from(*first) * f64::from(*second);
        }
    }
    for ((sum, first), second) in sums.iter_mut().zip(rest).zip(other_rest) {
        *sum += f64::from(*first) * f64::from(*second);
    }
    sums.iter().sum()
}

/// The nearest number in single precision; what is beyond the largest one is the largest one.
pub(crate) fn single(value: f64) -> f32 {
    value.clamp(f64::from(f32::MIN), f64::from(f32::MAX)) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block<'a>(name: &'a str, rows: &[&'a [f32]]) -> Block<'a> {
        Block {
            name,
            rows: rows.to_vec(),
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_block_and_the_task_it_is_about() {
        let refused = |present: &[usize], blocks: Vec<Block<'_>>| {
            Rows::new(present.to_vec(), blocks).map(drop).unwrap_err()
        };
        let row: &[f32] = &[1.0, 2.0];
        assert!(matches!(
            refused(&[1, 0], vec![block("w", &[row, row])]),
            RowsError::Order { .. }
        ));
        assert!(matches!(
            refused(&[0], vec![block("w", &[row, row])]),
            RowsError::Count { found: 2, .. }
        ));
        assert!(matches!(
            refused(&[0, 1], vec![block("w", &[row, &[1.0]])]),
            RowsError::Length {
                wanted: 2,
                found: 1,
                ..
            }
        ));
        assert!(matches!(
            refused(&[0], vec![block("w", &[row]), block("w", &[row])]),
            RowsError::Twice { .. }
        ));
        assert_eq!(
            refused(&[3, 5], vec![block("w", &[row, &[1.0, f32::NAN]])]),
            RowsError::NotFinite {
                block: "w".to_owned(),
                task: 5
            }
        );
    }

    #[test]
    fn inner_products_of_any_length_are_sums_of_products() {
        for length in [0, 1, 7, 8, 9, 16, 1003] {
            let first: Vec<f32> = (0..length).map(|entry| entry as f32 - 3.5).collect();
            let second: Vec<f32> = (0..length).map(|entry| 0.25 * entry as f32).collect();
            let terms = first.iter().zip(&second);
            let wanted: f64 = terms.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            assert_eq!(product(&first, &second), wanted, "{length}");
        }
    }

    #[test]
    fn inner_products_of_long_rows_are_those_of_their_parts_together() {
        // Small whole numbers, whose sums are exact in any order.
        let row = |task: usize| -> Vec<f32> {
            let entries = 0..5001_usize;
            entries
                .map(|entry| ((entry * (task + 3)) % 7) as f32 - 3.0)
                .collect()
        };
        let data = [row(0), row(1), row(2)];
        let exact = data
            .each_ref()
            .map(|row| row.iter().copied().map(f64::from).collect());
        let rows = data.iter().map(Vec::as_slice).collect();
        let rows = Rows::new(vec![0, 1, 2], vec![Block { name: "long", rows }]).unwrap();
        let whole = Gram::of_rows(vec![0, 1, 2], &exact).unwrap();
        assert_eq!(rows.gram().matrix(), whole.matrix());
    }

    #[test]
    fn inner_products_are_those_of_the_blocks_together() {
        let blocks = vec![
            block("a", &[&[1.0, 2.0], &[3.0, -1.0]]),
            block("b", &[&[5.0], &[0.5]]),
        ];
        let rows = Rows::new(vec![0, 1], blocks).unwrap();
        let whole = Gram::of_rows(vec![0, 1], &[vec![1.0, 2.0, 5.0], vec![3.0, -1.0, 0.5]]);
        assert_eq!(rows.gram().matrix(), whole.unwrap().matrix());
        assert_eq!(rows.norms()[0], 30.0_f64.sqrt());
    }
}
