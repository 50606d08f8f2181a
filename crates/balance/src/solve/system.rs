//! One linear system with a symmetric matrix of some hundred rows: the many of the bounded problem.
//!
//! The matrix is positive definite, or has been made of one that is by swapping numbers with their slacks
//! ([`Tableau`](super::tableau::Tableau)): then the pivots of those are negative, in whichever order rows are eliminated
//! (it is quasidefinite: Vanderbei 1995). The upper half lies row by row with the right-hand side as its last column.
//! Eight rows are taken away at a time, from four below by eight columns, entry by entry, which vectors of any width do in
//! the same order: the bits of the solution are the same on every processor.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the rows that the system itself holds"
)]

/// So many columns are a block's width; rows are filled up to a multiple of it.
const LANES: usize = 8;
/// So many rows are taken away at a time: each entry is then loaded and stored once for all of them.
const PANEL: usize = 8;
/// So many rows are a block's height: what is loaded of the panel is used for each.
const TALL: usize = 4;

/// M x = y.
pub(super) struct System<'a> {
    size: usize,
    width: usize,
    rows: &'a mut [f64],
    /// Whose pivots are negative.
    negative: &'a [bool],
}

impl<'a> System<'a> {
    /// Zeros in `room`, which keeps its allocation from one system to the next.
    pub(super) fn zeros(negative: &'a [bool], room: &'a mut Vec<f64>) -> Self {
        let size = negative.len();
        let width = (size + 1).next_multiple_of(LANES);
        room.clear();
        room.resize(size * width, 0.0);
        Self {
            size,
            width,
            rows: room,
            negative,
        }
    }

    /// The entries of a row from the diagonal on, and its number of the right-hand side.
    pub(super) fn row(&mut self, row: usize) -> (&mut [f64], &mut f64) {
        let own = &mut self.rows[row * self.width..(row + 1) * self.width];
        let (entries, rest) = own.split_at_mut(self.size);
        (&mut entries[row..], &mut rest[0])
    }

    /// x; `None` if a pivot has the wrong sign. Compiled for each kind of vectors that processors have.
    pub(super) fn solve(self) -> Option<Vec<f64>> {
        pulp::Arch::new().dispatch(self)
    }
}

impl pulp::NullaryFnOnce for System<'_> {
    type Output = Option<Vec<f64>>;

    #[inline(always)]
    fn call(self) -> Self::Output {
        let (size, width) = (self.size, self.width);
        for first in (0..size).step_by(PANEL) {
            let last = (first + PANEL).min(size);
            let (above, below) = self.rows.split_at_mut(last * width);
            let panel = &mut above[first * width..];
            let inverses = factor(panel, width, first, &self.negative[first..last])?;
            // A panel that is not full is the last: nothing lies below.
            let mut rows = last;
            let mut blocks = below.chunks_exact_mut(TALL * width);
            for block in &mut blocks {
                take_away::<TALL>(panel, &inverses, block, width, rows);
                rows += TALL;
            }
            for row in blocks.into_remainder().chunks_exact_mut(width) {
                take_away::<1>(panel, &inverses, row, width, rows);
                rows += 1;
            }
        }
        let mut solution = vec![0.0; size];
        for row in (0..size).rev() {
            let own = &self.rows[row * width..][..size + 1];
            let mut rest = own[size];
            for (entry, x) in own[row + 1..size].iter().zip(&solution[row + 1..]) {
                rest -= entry * x;
            }
            solution[row] = rest / own[row];
        }
        Some(solution)
    }
}

/// Eliminates the panel's own rows, of which the first is row `first` of all; gives 1 over each pivot.
#[inline(always)]
fn factor(
    panel: &mut [f64],
    width: usize,
    first: usize,
    negative: &[bool],
) -> Option<[f64; PANEL]> {
    let mut inverses = [0.0; PANEL];
    for (row, &is_negative) in negative.iter().enumerate() {
        let (own, below) = panel.split_at_mut((row + 1) * width);
        let own = &own[row * width..];
        let pivot = own[first + row];
        let is_right = if is_negative {
            pivot < 0.0
        } else {
            pivot > 0.0
        };
        if !is_right {
            return None;
        }
        inverses[row] = pivot.recip();
        for (step, next) in below.chunks_exact_mut(width).enumerate() {
            let start = first + row + 1 + step;
            let factor = own[start] * inverses[row];
            for (value, above) in next[start..].iter_mut().zip(&own[start..]) {
                *value -= factor * above;
            }
        }
    }
    Some(inverses)
}

/// Takes the panel's rows away from `ROWS` below, of which the first is row `first` of all.
#[inline(always)]
fn take_away<const ROWS: usize>(
    panel: &[f64],
    inverses: &[f64; PANEL],
    block: &mut [f64],
    width: usize,
    first: usize,
) {
    let mut factors = [[0.0; ROWS]; PANEL];
    for row in 0..PANEL {
        for below in 0..ROWS {
            factors[row][below] = panel[row * width + first + below] * inverses[row];
        }
    }
    // What is left of the diagonal is never read, so that blocks may begin before it.
    for column in (first - first % LANES..width).step_by(LANES) {
        let mut values = [[0.0; LANES]; ROWS];
        for below in 0..ROWS {
            values[below].copy_from_slice(&block[below * width + column..][..LANES]);
        }
        for row in 0..PANEL {
            let above = &panel[row * width + column..][..LANES];
            for below in 0..ROWS {
                for lane in 0..LANES {
                    values[below][lane] -= factors[row][below] * above[lane];
                }
            }
        }
        for below in 0..ROWS {
            block[below * width + column..][..LANES].copy_from_slice(&values[below]);
        }
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};
    use polytask_random::Seed;

    use super::*;

    fn solve(matrix: &DMatrix<f64>, negative: &[bool], right: &DVector<f64>) -> Option<Vec<f64>> {
        let mut room = Vec::new();
        let mut system = System::zeros(negative, &mut room);
        for row in 0..matrix.nrows() {
            let (entries, own_right) = system.row(row);
            for (entry, column) in entries.iter_mut().zip(row..) {
                *entry = matrix[(row, column)];
            }
            *own_right = right[row];
        }
        system.solve()
    }

    #[test]
    fn it_solves_what_it_was_given_at_every_size_around_the_blocks() {
        let mut stream = Seed(4).stream("system", 0);
        for size in [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 19, 64, 77] {
            let rows = DMatrix::from_fn(size, size + 11, |_, _| stream.normal());
            let mut matrix = &rows * rows.transpose();
            // Every third number swapped: −M on theirs, +M on the others', anything between.
            let negative: Vec<bool> = (0..size).map(|index| index % 3 == 1).collect();
            for row in 0..size {
                for column in 0..size {
                    if negative[row] && negative[column] {
                        matrix[(row, column)] *= -1.0;
                    }
                }
            }
            for signs in [vec![false; size], negative] {
                let matrix = if signs.contains(&true) {
                    matrix.clone()
                } else {
                    &rows * rows.transpose()
                };
                let wanted = DVector::from_fn(size, |_, _| stream.normal());
                let solved = solve(&matrix, &signs, &(&matrix * &wanted)).unwrap();
                let error = DVector::from_vec(solved) - wanted;
                assert!(error.iter().all(|e| e.abs() < 1e-9), "{size}: {error}");
            }
        }
    }

    #[test]
    fn a_pivot_of_the_wrong_sign_is_refused() {
        let matrix = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]);
        let right = DVector::repeat(2, 1.0);
        assert_eq!(solve(&matrix, &[false, false], &right), None);
        assert!(solve(&matrix, &[false, true], &right).is_some());
        assert_eq!(solve(&matrix, &[true, false], &right), None);
        let matrix = DMatrix::from_element(1, 1, f64::NAN);
        assert_eq!(solve(&matrix, &[false], &DVector::repeat(1, 1.0)), None);
    }
}
