//! One linear system with a positive definite matrix of some hundred rows at the most: the many of the bounded problem.
//!
//! The upper half lies row by row, each row followed by its number of the right-hand side, so that eliminating the rows
//! solves for it on the way. Rows are taken away from those below four at a time, entry by entry, which vectors of any
//! width do in the same order: the bits of the solution are the same on every processor.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the rows that the system itself holds"
)]

/// So many rows are taken away at a time: each entry is then loaded and stored once for all of them.
const PANEL: usize = 4;

/// M x = y with the upper half of M and y packed: row i is M_ii … M_in y_i.
pub(super) struct Packed {
    pub(super) size: usize,
    pub(super) rows: Vec<f64>,
}

impl Packed {
    /// How many numbers the rows of a system of this size have.
    pub(super) fn numbers(size: usize) -> usize {
        start(size, size)
    }

    /// x; `None` if M is not positive definite. Compiled for each kind of vectors that processors have.
    pub(super) fn solve(self) -> Option<Vec<f64>> {
        pulp::Arch::new().dispatch(self)
    }
}

impl pulp::NullaryFnOnce for Packed {
    type Output = Option<Vec<f64>>;

    #[inline(always)]
    fn call(mut self) -> Self::Output {
        for first in (0..self.size).step_by(PANEL) {
            let height = PANEL.min(self.size - first);
            let (_, rest) = self.rows.split_at_mut(start(self.size, first));
            let (panel, below) = rest.split_at_mut(start(self.size - first, height));
            factor(panel, self.size - first, height)?;
            take_away(panel, below, self.size - first, height);
        }
        let mut solution = vec![0.0; self.size];
        for row in (0..self.size).rev() {
            let own = &self.rows[start(self.size, row)..start(self.size, row + 1)];
            let (entries, right) = own.split_at(self.size - row);
            let known = entries[1..].iter().zip(&solution[row + 1..]);
            let known: f64 = known.map(|(entry, x)| entry * x).sum();
            solution[row] = (right[0] - known) / entries[0];
        }
        Some(solution)
    }
}

/// Where a row begins: before it lie rows of size + 1, size, … numbers.
#[inline(always)]
fn start(size: usize, row: usize) -> usize {
    row * (2 * size + 3 - row) / 2
}

/// The panel's own rows, of which the first has `size` entries: each divided by the root of its pivot.
#[inline(always)]
fn factor(panel: &mut [f64], size: usize, height: usize) -> Option<()> {
    for row in 0..height {
        let (own, below) = panel.split_at_mut(start(size, row + 1));
        let own = &mut own[start(size, row)..];
        let pivot = own[0];
        if pivot.is_nan() || pivot <= 0.0 {
            return None;
        }
        let scale = pivot.sqrt().recip();
        own.iter_mut().for_each(|value| *value *= scale);
        let mut below = below;
        for step in 1..height - row {
            let (next, rest) = below.split_at_mut(size + 1 - row - step);
            let factor = own[step];
            for (value, above) in next.iter_mut().zip(&own[step..]) {
                *value -= factor * above;
            }
            below = rest;
        }
    }
    Some(())
}

/// Takes the panel's rows away from all below.
#[inline(always)]
fn take_away(panel: &[f64], mut below: &mut [f64], size: usize, height: usize) {
    // A panel that is not full is the last: nothing lies below.
    if height < PANEL {
        return;
    }
    let row = |index: usize| &panel[start(size, index)..start(size, index + 1)];
    let [a, b, c, d] = [row(0), row(1), row(2), row(3)];
    for step in PANEL..size {
        let (own, rest) = below.split_at_mut(size + 1 - step);
        let [a, b, c, d] = [&a[step..], &b[step - 1..], &c[step - 2..], &d[step - 3..]];
        let factors = [a[0], b[0], c[0], d[0]];
        let others = a.iter().zip(b).zip(c.iter().zip(d));
        for (value, ((a, b), (c, d))) in own.iter_mut().zip(others) {
            *value -= factors[0] * a + factors[1] * b + (factors[2] * c + factors[3] * d);
        }
        below = rest;
    }
}

#[cfg(test)]
mod tests {
    use nalgebra::{DMatrix, DVector};
    use polytask_random::Seed;

    use super::*;

    fn packed(matrix: &DMatrix<f64>, right: &DVector<f64>) -> Packed {
        let size = matrix.nrows();
        let rows = (0..size).flat_map(|row| {
            let entries = (row..size).map(move |column| matrix[(row, column)]);
            entries.chain([right[row]])
        });
        Packed {
            size,
            rows: rows.collect(),
        }
    }

    #[test]
    fn it_solves_what_it_was_given_at_every_size_around_the_panel() {
        let mut stream = Seed(4).stream("packed", 0);
        for size in [0, 1, 2, 3, 4, 5, 7, 8, 9, 19, 64] {
            let rows = DMatrix::from_fn(size, size + 11, |_, _| stream.normal());
            let matrix = &rows * rows.transpose();
            let wanted = DVector::from_fn(size, |_, _| stream.normal());
            let solved = packed(&matrix, &(&matrix * &wanted)).solve().unwrap();
            let error = (DVector::from_vec(solved) - wanted)
                .iter()
                .fold(0.0_f64, |most, e| most.max(e.abs()));
            assert!(error < 1e-9, "{size}: {error}");
        }
    }

    #[test]
    fn what_is_not_positive_definite_is_refused() {
        let matrix = DMatrix::from_row_slice(2, 2, &[1.0, 2.0, 2.0, 1.0]);
        assert_eq!(packed(&matrix, &DVector::repeat(2, 1.0)).solve(), None);
        let matrix = DMatrix::from_element(1, 1, f64::NAN);
        assert_eq!(packed(&matrix, &DVector::repeat(1, 1.0)).solve(), None);
    }
}
