//! Directions that were found against directions that were planted: which is which, and how far their spans are apart.

use nalgebra::DMatrix;
use polytask_random::Stream;

use crate::linear::{Matrix, matrix, rows};

/// The column of each row so that the matched entries sum to the most; a square matrix.
///
/// The Hungarian method with potentials (Kuhn 1955; Jonker and Volgenant 1987), O(n³).
///
/// ```
/// use polytask_planted::best_matching;
///
/// // Taking the largest entry first, .9, would leave 0 for the other.
/// assert_eq!(best_matching(&[vec![0.9, 0.8], vec![0.8, 0.0]]), [1, 0]);
/// ```
#[must_use]
#[expect(
    clippy::indexing_slicing,
    reason = "columns and rows run over 0..=size, the length of every table here"
)]
pub fn best_matching(gains: &[Vec<f64>]) -> Vec<usize> {
    let size = gains.len();
    let cost = |row: usize, column: usize| {
        let gain = gains.get(row - 1).and_then(|row| row.get(column - 1));
        -gain.copied().unwrap_or(0.0)
    };
    // Rows and columns from 1; 0 is the row that looks for a column.
    let (mut of_row, mut of_column) = (vec![0.0; size + 1], vec![0.0; size + 1]);
    let mut matched = vec![0usize; size + 1];
    for row in 1..=size {
        matched[0] = row;
        let mut column = 0;
        let mut least = vec![f64::INFINITY; size + 1];
        let mut from = vec![0usize; size + 1];
        let mut seen = vec![false; size + 1];
        while matched[column] != 0 {
            seen[column] = true;
            let (here, mut next, mut step) = (matched[column], 0, f64::INFINITY);
            for other in 1..=size {
                if seen[other] {
                    continue;
                }
                let left = cost(here, other) - of_row[here] - of_column[other];
                if left < least[other] {
                    (least[other], from[other]) = (left, column);
                }
                if least[other] < step {
                    (step, next) = (least[other], other);
                }
            }
            for other in 0..=size {
                if seen[other] {
                    of_row[matched[other]] += step;
                    of_column[other] -= step;
                } else {
                    least[other] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            let before = from[column];
            matched[column] = matched[before];
            column = before;
        }
    }
    let mut columns = vec![0; size];
    for (column, row) in matched.iter().enumerate().skip(1) {
        if let Some(place) = columns.get_mut(row.wrapping_sub(1)) {
            *place = column - 1;
        }
    }
    columns
}

/// |cosine| of every pair of rows: `[first, second]`.
pub(crate) fn cosines(first: &[Vec<f64>], second: &[Vec<f64>]) -> Matrix {
    let unit = |values: &[Vec<f64>]| {
        let mut unit = matrix(values);
        unit.row_iter_mut().for_each(|mut row| {
            let length = row.norm().max(f64::MIN_POSITIVE);
            row /= length;
        });
        unit
    };
    rows(&(unit(first) * unit(second).transpose()).abs())
}

/// The matched entries of each row.
pub(crate) fn matched(gains: &[Vec<f64>], columns: &[usize]) -> Vec<f64> {
    let pairs = gains.iter().zip(columns);
    pairs
        .filter_map(|(row, &column)| row.get(column).copied())
        .collect()
}

/// The cosine of the largest principal angle between the spans of two sets of independent rows: 1 if the spans are the same.
#[must_use]
pub fn largest_angle_cosine(first: &[Vec<f64>], second: &[Vec<f64>]) -> f64 {
    let basis = |values: &[Vec<f64>]| matrix(values).transpose().qr().q();
    let product = basis(first).tr_mul(&basis(second));
    let values = product.singular_values();
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The mean |cosine| that a random rotation inside the true span reaches after matching: what says nothing about the directions.
pub(crate) fn chance(directions: usize, draws: usize, stream: &mut Stream) -> f64 {
    let mut sum = 0.0;
    for _ in 0..draws {
        let normals = DMatrix::from_fn(directions, directions, |_, _| stream.normal());
        let rotation = rows(&normals.qr().q().abs());
        let found = matched(&rotation, &best_matching(&rotation));
        sum += found.iter().sum::<f64>() / directions as f64;
    }
    sum / draws as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use polytask_random::Seed;

    /// The largest sum of one entry per row in different columns, by trying all.
    fn best_of_all(rows: &[Vec<f64>], taken: &mut Vec<bool>) -> f64 {
        let Some((row, rest)) = rows.split_first() else {
            return 0.0;
        };
        let mut best = f64::NEG_INFINITY;
        for (column, value) in row.iter().enumerate() {
            if !taken[column] {
                taken[column] = true;
                best = best.max(value + best_of_all(rest, taken));
                taken[column] = false;
            }
        }
        best
    }

    #[test]
    fn the_matching_is_the_best_of_all() {
        let mut stream = Seed(1).stream("matching", 0);
        for size in 1..=7 {
            for _ in 0..20 {
                let gains: Matrix = (0..size)
                    .map(|_| (0..size).map(|_| stream.between(-1.0, 1.0)).collect())
                    .collect();
                let columns = best_matching(&gains);
                let mut sorted = columns.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..size).collect::<Vec<_>>());
                let found: f64 = matched(&gains, &columns).iter().sum();
                let wanted = best_of_all(&gains, &mut vec![false; size]);
                assert!((found - wanted).abs() < 1e-12, "{found} {wanted}");
            }
        }
    }

    #[test]
    fn chance_is_as_high_as_stated() {
        // Golden: information.md 6, P3: .83, .70, .59, .47 for 3, 6, 10, 20 directions.
        for (directions, wanted) in [(3, 0.83), (6, 0.70), (10, 0.59), (20, 0.47)] {
            let mut stream = Seed(2).stream("chance", 0);
            let found = chance(directions, 200, &mut stream);
            assert!((found - wanted).abs() < 0.01, "{directions}: {found}");
        }
    }

    #[test]
    fn spans_are_compared_whatever_their_bases() {
        let first = vec![vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0]];
        let same = vec![vec![1.0, 2.0, 0.0], vec![3.0, -1.0, 0.0]];
        let tilted = vec![vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 1.0]];
        assert!((largest_angle_cosine(&first, &same) - 1.0).abs() < 1e-12);
        assert!((largest_angle_cosine(&first, &tilted) - 0.5f64.sqrt()).abs() < 1e-12);
    }
}
