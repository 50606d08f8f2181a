//! The little linear algebra that generators need: rows of f64, small sizes, nothing clever.

/// Row by row.
pub(super) type Matrix = Vec<Vec<f64>>;

pub(super) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

/// `row · matrix`: `[rows] · [rows, columns] -> [columns]`.
pub(super) fn combine(row: &[f64], matrix: &[Vec<f64>]) -> Vec<f64> {
    let mut sum = vec![0.0; matrix.first().map_or(0, Vec::len)];
    for (weight, line) in row.iter().zip(matrix) {
        add(&mut sum, *weight, line);
    }
    sum
}

/// `sum += weight · line`.
pub(super) fn add(sum: &mut [f64], weight: f64, line: &[f64]) {
    for (total, value) in sum.iter_mut().zip(line) {
        *total += weight * value;
    }
}

/// Makes rows orthonormal, in order (Gram and Schmidt, twice: once leaves errors as large as the matrix is bad).
pub(super) fn orthonormal(rows: Matrix) -> Matrix {
    let mut done: Matrix = Vec::with_capacity(rows.len());
    for mut row in rows {
        for _ in 0..2 {
            for other in &done {
                let along = dot(&row, other);
                add(&mut row, -along, other);
            }
        }
        let length = dot(&row, &row).sqrt().max(f64::MIN_POSITIVE);
        row.iter_mut().for_each(|value| *value /= length);
        done.push(row);
    }
    done
}

/// Subtracts each column's mean.
pub(super) fn centre(matrix: &mut [Vec<f64>]) {
    let rows = matrix.len() as f64;
    let mut mean = combine(&vec![1.0; matrix.len()], matrix);
    mean.iter_mut().for_each(|value| *value /= rows);
    for row in matrix {
        add(row, -1.0, &mean);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// `[rows, inner] · [inner, columns]`.
    pub(in super::super) fn product(left: &[Vec<f64>], right: &[Vec<f64>]) -> Matrix {
        left.iter().map(|row| combine(row, right)).collect()
    }

    pub(in super::super) fn transposed(matrix: &[Vec<f64>]) -> Matrix {
        let columns = matrix.first().map_or(0, Vec::len);
        (0..columns)
            .map(|column| matrix.iter().map(|row| row[column]).collect())
            .collect()
    }

    /// Least squares by the normal equations and Gauss and Jordan with pivots: `[columns of x, columns of y]`.
    pub(in super::super) fn least_squares(x: &[Vec<f64>], y: &[Vec<f64>]) -> Matrix {
        let across = transposed(x);
        let (mut gram, mut right) = (product(&across, x), product(&across, y));
        let size = gram.len();
        for pivot in 0..size {
            let best = (pivot..size)
                .max_by(|a, b| gram[*a][pivot].abs().total_cmp(&gram[*b][pivot].abs()))
                .unwrap();
            gram.swap(pivot, best);
            right.swap(pivot, best);
            let (line, known) = (gram[pivot].clone(), right[pivot].clone());
            for row in (0..size).filter(|row| *row != pivot) {
                let factor = gram[row][pivot] / line[pivot];
                add(&mut gram[row], -factor, &line);
                add(&mut right[row], -factor, &known);
            }
        }
        for (row, values) in right.iter_mut().enumerate() {
            values.iter_mut().for_each(|value| *value /= gram[row][row]);
        }
        right
    }

    /// Eigenvalues (descending) and their vectors (rows) of a symmetric matrix, by Jacobi's rotations.
    pub(in super::super) fn eigen(matrix: &[Vec<f64>]) -> (Vec<f64>, Matrix) {
        let size = matrix.len();
        let mut a = matrix.to_vec();
        let mut vectors: Matrix = (0..size)
            .map(|row| {
                (0..size)
                    .map(|column| f64::from(u8::from(row == column)))
                    .collect()
            })
            .collect();
        for _ in 0..50 {
            for p in 0..size {
                for q in p + 1..size {
                    if a[p][q] == 0.0 {
                        continue;
                    }
                    let theta = 0.5 * (a[q][q] - a[p][p]) / a[p][q];
                    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                    let c = 1.0 / (t * t + 1.0).sqrt();
                    let s = t * c;
                    for row in a.iter_mut() {
                        (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                    }
                    for lines in [&mut a, &mut vectors] {
                        let (first, second) = (lines[p].clone(), lines[q].clone());
                        for column in 0..size {
                            lines[p][column] = c * first[column] - s * second[column];
                            lines[q][column] = s * first[column] + c * second[column];
                        }
                    }
                }
            }
        }
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|l, r| a[*r][*r].total_cmp(&a[*l][*l]));
        (
            order.iter().map(|&index| a[index][index]).collect(),
            order.iter().map(|&index| vectors[index].clone()).collect(),
        )
    }

    #[test]
    fn rows_become_orthonormal_even_if_they_are_almost_equal() {
        let rows = vec![
            vec![1.0, 0.0, 0.0],
            vec![1.0, 1e-9, 0.0],
            vec![1.0, 1e-9, 1e-9],
        ];
        let done = orthonormal(rows);
        for (row, one) in done.iter().enumerate() {
            for (column, other) in done.iter().enumerate() {
                let wanted = f64::from(u8::from(row == column));
                assert!((dot(one, other) - wanted).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_oracles_solve_what_can_be_solved_by_hand() {
        let (values, vectors) = eigen(&[vec![2.0, 1.0], vec![1.0, 2.0]]);
        assert!((values[0] - 3.0).abs() < 1e-12 && (values[1] - 1.0).abs() < 1e-12);
        assert!((vectors[0][0] - vectors[0][1]).abs() < 1e-12);
        let x = [vec![1.0, 0.0], vec![1.0, 1.0], vec![1.0, 2.0]];
        let line = least_squares(&x, &[vec![1.0], vec![3.0], vec![5.0]]);
        assert!((line[0][0] - 1.0).abs() < 1e-12 && (line[1][0] - 2.0).abs() < 1e-12);
    }
}
