//! The triangular factor of an active set: L Lᵀ = M on the chosen indices, as these come and go.

#![expect(
    clippy::indexing_slicing,
    reason = "indices run over the rows that this factor itself holds"
)]

use nalgebra::{DMatrix, DVector};

/// A pivot below this, of a matrix with diagonal of about 1, is rounding: the new row depends on the others.
const SMALLEST: f64 = 1e-14;

/// Rows of L, the i-th with i + 1 numbers.
#[derive(Default)]
pub(super) struct Factor {
    pub(super) chosen: Vec<usize>,
    rows: Vec<Vec<f64>>,
}

/// Σ a b, in eight sums so that the processor need not wait for each.
pub(super) fn dot(first: &[f64], second: &[f64]) -> f64 {
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    let (first, second) = (first.chunks_exact(LANES), second.chunks_exact(LANES));
    let rest: f64 = first
        .remainder()
        .iter()
        .zip(second.remainder())
        .map(|(first, second)| first * second)
        .sum();
    for (first, second) in first.zip(second) {
        for lane in 0..LANES {
            sums[lane] += first[lane] * second[lane];
        }
    }
    sums.iter().sum::<f64>() + rest
}

impl Factor {
    /// Adds an index, given the entries of M between it and the chosen ones, and its own.
    pub(super) fn push(&mut self, index: usize, matrix: &DMatrix<f64>) {
        let mut row: Vec<f64> = Vec::with_capacity(self.chosen.len() + 1);
        for (&other, lower) in self.chosen.iter().zip(&self.rows) {
            let filled = row.len();
            let value = matrix[(other, index)] - dot(&lower[..filled], &row);
            row.push(value / lower[filled]);
        }
        let pivot = matrix[(index, index)] - dot(&row, &row);
        row.push(pivot.max(SMALLEST).sqrt());
        self.chosen.push(index);
        self.rows.push(row);
    }

    /// Takes out the index at this position; the rows below are turned back into a triangle by rotations.
    pub(super) fn remove(&mut self, position: usize) {
        self.chosen.remove(position);
        self.rows.remove(position);
        for step in position..self.rows.len() {
            let (left, right) = (self.rows[step][step], self.rows[step][step + 1]);
            let length = left.hypot(right);
            let (cosine, sine) = (left / length, right / length);
            for row in &mut self.rows[step..] {
                let (left, right) = (row[step], row[step + 1]);
                row[step] = cosine * left + sine * right;
                row[step + 1] = cosine * right - sine * left;
            }
            self.rows[step].truncate(step + 1);
        }
    }

    /// M⁻¹ of numbers, one for each chosen index, in the order of these.
    pub(super) fn solve(&self, right: &[f64]) -> DVector<f64> {
        let mut values: Vec<f64> = Vec::with_capacity(right.len());
        for (row, right) in self.rows.iter().zip(right) {
            let filled = values.len();
            let value = right - dot(&row[..filled], &values);
            values.push(value / row[filled]);
        }
        for (position, row) in self.rows.iter().enumerate().rev() {
            values[position] /= row[position];
            let value = values[position];
            for (value_above, lower) in values[..position].iter_mut().zip(row) {
                *value_above -= value * lower;
            }
        }
        DVector::from_vec(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polytask_random::Seed;

    #[test]
    fn indices_that_come_and_go_leave_the_factor_of_those_that_stay() {
        let mut stream = Seed(3).stream("factor", 0);
        let rows = DMatrix::from_fn(12, 20, |_, _| stream.normal());
        let matrix = &rows * rows.transpose();
        let mut factor = Factor::default();
        for index in [4, 0, 9, 7, 2, 11, 5] {
            factor.push(index, &matrix);
        }
        factor.remove(0);
        factor.push(3, &matrix);
        factor.remove(3);
        let chosen = factor.chosen.clone();
        assert_eq!(chosen, [0, 9, 7, 11, 5, 3]);
        let right: Vec<f64> = chosen.iter().map(|_| stream.normal()).collect();
        let part = matrix.select_rows(&chosen).select_columns(&chosen);
        let error = part * factor.solve(&right) - DVector::from_vec(right);
        assert!(error.amax() < 1e-10, "{error}");
    }
}
