//! A bounded problem as seen from some set of numbers that are above their bound, and the guesses that solve it from there.
//!
//! y = Ax + q with x, y ≥ 0 and xᵀy = 0. With the numbers of a set B swapped with their slacks, what is not in the basis is
//! u = (y_B, x_N), and (x_B, y_N) = Σ K u + q′, where K is A swept on B (Beaton 1964): −A_BB⁻¹ on B, the Schur complement
//! beside it, and Σ turns the sign on B. It is a problem of the same kind, in which u is above 0 only where the solution
//! differs from B.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::{DMatrix, DVector};

use super::cholesky::Cholesky;
use super::system::System;

/// Numbers beyond this from their bound are on the wrong side of it, in units of the largest q.
pub(super) const WRONG: f64 = 1e-12;

/// K and B.
pub(super) struct Tableau {
    entries: DMatrix<f64>,
    is_swapped: Vec<bool>,
}

/// A guess which numbers are above 0, and what they are then.
pub(super) struct Guess {
    pub(super) is_above: Vec<bool>,
    pub(super) point: DVector<f64>,
}

impl Tableau {
    /// With nothing swapped K is A.
    pub(super) fn plain(matrix: DMatrix<f64>) -> Self {
        let is_swapped = vec![false; matrix.nrows()];
        Self {
            entries: matrix,
            is_swapped,
        }
    }

    /// A with these numbers swapped; `None` if rounding is in the way.
    pub(super) fn swapped(matrix: &DMatrix<f64>, is_swapped: Vec<bool>) -> Option<Self> {
        const BLOCK: usize = 32;
        let mut entries = matrix.clone();
        for block in chosen(&is_swapped).chunks(BLOCK) {
            let columns = entries.select_columns(block);
            let corner = columns.select_rows(block);
            let inverse = Cholesky::of(corner)?.inverse();
            let divided = &columns * &inverse;
            entries.gemm(-1.0, &divided, &columns.transpose(), 1.0);
            for (position, &index) in block.iter().enumerate() {
                entries.set_column(index, &divided.column(position));
                entries.set_row(index, &divided.column(position).transpose());
            }
            for (position, &index) in block.iter().enumerate() {
                for (other, &row) in block.iter().enumerate() {
                    entries[(row, index)] = -inverse[(other, position)];
                }
            }
        }
        let is_finite = entries.iter().all(|entry| entry.is_finite());
        is_finite.then_some(Self {
            entries,
            is_swapped,
        })
    }

    fn size(&self) -> usize {
        self.is_swapped.len()
    }

    /// Σ.
    fn sign(&self, index: usize) -> f64 {
        if self.is_swapped[index] { -1.0 } else { 1.0 }
    }

    /// q′.
    fn linear(&self, linear: &DVector<f64>) -> DVector<f64> {
        let swapped = chosen(&self.is_swapped);
        let mut products = DVector::zeros(self.size());
        for &index in &swapped {
            products.axpy(linear[index], &self.entries.column(index), 1.0);
        }
        let mut seen = linear - &products;
        for index in swapped {
            seen[index] = products[index];
        }
        seen
    }

    /// Block principal pivoting (Júdice and Pires 1994): which numbers of a guess are on the wrong side of their bound
    /// makes the next one. Ends where none is, or where guesses do not get better any more.
    pub(super) fn guess(&self, linear: &DVector<f64>, room: &mut Vec<f64>) -> Guess {
        let seen = self.linear(linear);
        let start = seen.iter().map(|&slope| slope < 0.0).collect();
        self.guess_from(&seen, start, room)
    }

    /// The same of numbers that are above 0 to begin with.
    pub(super) fn guess_at(
        &self,
        linear: &DVector<f64>,
        is_above: &[bool],
        room: &mut Vec<f64>,
    ) -> Guess {
        let pairs = is_above.iter().zip(&self.is_swapped);
        let start = pairs.map(|(above, swapped)| above != swapped).collect();
        self.guess_from(&self.linear(linear), start, room)
    }

    fn guess_from(
        &self,
        seen: &DVector<f64>,
        mut differs: Vec<bool>,
        room: &mut Vec<f64>,
    ) -> Guess {
        /// How many guesses in a row may be no better.
        const PATIENCE: usize = 3;
        let size = self.size();
        let (mut fewest, mut patience) = (size + 1, PATIENCE);
        let mut basic = DVector::zeros(size);
        for _ in 0..10 * size + 100 {
            let Some(found) = self.on(&differs, seen, room) else {
                break;
            };
            basic = found;
            let wrong: Vec<usize> = (0..size).filter(|&index| basic[index] < -WRONG).collect();
            if wrong.is_empty() {
                break;
            }
            if wrong.len() < fewest {
                (fewest, patience) = (wrong.len(), PATIENCE);
            } else if patience > 0 {
                patience -= 1;
            } else {
                break;
            }
            for index in wrong {
                differs[index] = !differs[index];
            }
        }
        let pairs = differs.iter().zip(&self.is_swapped);
        let is_above: Vec<bool> = pairs.map(|(differs, swapped)| differs != swapped).collect();
        let above = is_above.iter().zip(basic.iter());
        let point = above.map(|(&is_above, &value)| if is_above { value } else { 0.0 });
        let point = DVector::from_iterator(size, point);
        Guess { is_above, point }
    }

    /// What is in the basis if these numbers differ from B: u for them, Σ K u + q′ for the others.
    fn on(
        &self,
        differs: &[bool],
        seen: &DVector<f64>,
        room: &mut Vec<f64>,
    ) -> Option<DVector<f64>> {
        let chosen = chosen(differs);
        let negative: Vec<bool> = chosen.iter().map(|&index| self.is_swapped[index]).collect();
        let mut system = System::zeros(&negative, room);
        for (row, &index) in chosen.iter().enumerate() {
            let (entries, right) = system.row(row);
            let column = self.entries.column(index);
            for (entry, &other) in entries.iter_mut().zip(&chosen[row..]) {
                *entry = column[other];
            }
            *right = -self.sign(index) * seen[index];
        }
        let solved = system.solve()?;
        let mut products = DVector::zeros(self.size());
        for (&index, &value) in chosen.iter().zip(&solved) {
            products.axpy(value, &self.entries.column(index), 1.0);
        }
        let mut basic = DVector::from_fn(self.size(), |index, _| {
            seen[index] + self.sign(index) * products[index]
        });
        for (&index, &value) in chosen.iter().zip(&solved) {
            basic[index] = value;
        }
        Some(basic)
    }
}

fn chosen(flags: &[bool]) -> Vec<usize> {
    let indices = flags.iter().enumerate();
    indices
        .filter(|(_, is_chosen)| **is_chosen)
        .map(|(index, _)| index)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use polytask_random::Seed;

    #[test]
    fn what_is_swapped_changes_the_way_and_not_the_answer() {
        let mut room = Vec::new();
        for size in [1, 2, 5, 33, 70] {
            let mut stream = Seed(8).stream("tableau", size as u64);
            let rows = DMatrix::from_fn(size, size + 3, |_, _| stream.normal());
            let mut matrix = &rows * rows.transpose();
            for place in 0..size {
                matrix[(place, place)] += 0.1;
            }
            let linear = DVector::from_fn(size, |_, _| stream.between(-1.0, 1.0));
            let wanted = Tableau::plain(matrix.clone()).guess(&linear, &mut room);
            for share in [0.2, 0.7, 1.0] {
                let set = (0..size).map(|_| stream.uniform() < share).collect();
                let swapped = Tableau::swapped(&matrix, set).unwrap();
                let found = swapped.guess(&linear, &mut room);
                assert_eq!(found.is_above, wanted.is_above);
                let off = (&found.point - &wanted.point).amax();
                assert!(off <= 1e-9 * wanted.point.amax(), "{size}: {off}");
                let again = swapped.guess_at(&linear, &wanted.is_above, &mut room);
                assert_eq!(again.is_above, wanted.is_above);
            }
        }
    }

    #[test]
    fn what_cannot_be_swapped_is_refused() {
        let matrix = DMatrix::repeat(2, 2, 1.0) - DMatrix::identity(2, 2) * 0.5;
        assert!(Tableau::swapped(&matrix, vec![true, true]).is_none());
    }
}
