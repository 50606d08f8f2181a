//! Small dense matrices in f64, for canonical forms: products, and the eigenvectors of a symmetric matrix.
//!
//! Eigenvectors by cyclic Jacobi rotations (Jacobi 1846): slow for large matrices, exact to the last digits for the
//! few dozen numbers of a latent space.

#![expect(
    clippy::indexing_slicing,
    reason = "rows and columns are counted off from the matrix's own sides"
)]

use burn::tensor::{Device, Tensor};

use crate::initial::data;

/// Rows by columns, row by row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    pub(crate) fn zeros(rows: usize, columns: usize) -> Self {
        Self {
            rows,
            columns,
            values: vec![0.0; rows * columns],
        }
    }

    fn from_fn(rows: usize, columns: usize, value: impl Fn(usize, usize) -> f64) -> Self {
        let values = (0..rows * columns)
            .map(|at| value(at / columns.max(1), at % columns.max(1)))
            .collect();
        Self {
            rows,
            columns,
            values,
        }
    }

    pub(crate) fn identity(size: usize) -> Self {
        Self::from_fn(size, size, |row, column| f64::from(u8::from(row == column)))
    }

    /// A square matrix, row by row.
    pub(crate) fn square(values: Vec<f64>) -> Self {
        let size = values.len().isqrt();
        Self {
            rows: size,
            columns: size,
            values,
        }
    }

    pub(crate) fn from_rows(rows: &[Vec<f64>]) -> Self {
        Self {
            rows: rows.len(),
            columns: rows.first().map_or(0, Vec::len),
            values: rows.concat(),
        }
    }

    pub(crate) fn to_rows(&self) -> Vec<Vec<f64>> {
        let rows = self.values.chunks(self.columns.max(1));
        rows.map(<[f64]>::to_vec).collect()
    }

    pub(crate) fn row(values: &[f64]) -> Self {
        Self {
            rows: 1,
            columns: values.len(),
            values: values.to_vec(),
        }
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The values of a tensor.
    pub(crate) fn of(tensor: Tensor<2>) -> Self {
        let [rows, columns] = tensor.dims();
        let values = tensor.into_data().iter::<f64>().collect();
        Self {
            rows,
            columns,
            values,
        }
    }

    pub(crate) fn into_tensor(self, device: &Device) -> Tensor<2> {
        Tensor::from_data(data([self.rows, self.columns], self.values), device)
    }

    pub(crate) fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.columns + column]
    }

    fn at_mut(&mut self, row: usize, column: usize) -> &mut f64 {
        &mut self.values[row * self.columns + column]
    }

    pub(crate) fn transposed(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |row, column| self.at(column, row))
    }

    pub(crate) fn times(&self, other: &Self) -> Self {
        Self::from_fn(self.rows, other.columns, |row, column| {
            (0..self.columns)
                .map(|inner| self.at(row, inner) * other.at(inner, column))
                .sum()
        })
    }

    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self::from_fn(self.rows, self.columns, |row, column| {
            self.at(row, column) + other.at(row, column)
        })
    }

    pub(crate) fn scale_columns(&self, factors: &[f64]) -> Self {
        Self::from_fn(self.rows, self.columns, |row, column| {
            self.at(row, column) * factors[column]
        })
    }

    pub(crate) fn scale_rows(&self, factors: &[f64]) -> Self {
        Self::from_fn(self.rows, self.columns, |row, column| {
            self.at(row, column) * factors[row]
        })
    }

    pub(crate) fn mapped(&self, map: impl Fn(f64) -> f64) -> Self {
        Self::from_fn(self.rows, self.columns, |row, column| {
            map(self.at(row, column))
        })
    }

    pub(crate) fn scaled(&self, factor: f64) -> Self {
        Self::from_fn(self.rows, self.columns, |row, column| {
            self.at(row, column) * factor
        })
    }

    pub(crate) fn row_norms(&self) -> Vec<f64> {
        (0..self.rows)
            .map(|row| {
                let squares = (0..self.columns).map(|column| self.at(row, column).powi(2));
                squares.sum::<f64>().sqrt()
            })
            .collect()
    }

    pub(crate) fn column_means(&self) -> Vec<f64> {
        let count = self.rows.max(1) as f64;
        (0..self.columns)
            .map(|column| (0..self.rows).map(|row| self.at(row, column)).sum::<f64>() / count)
            .collect()
    }

    /// (1 / rows) Σ (x - mean)(x - mean)ᵀ.
    pub(crate) fn covariance(&self, mean: &[f64]) -> Self {
        let centred = Self::from_fn(self.rows, self.columns, |row, column| {
            self.at(row, column) - mean[column]
        });
        let sum = centred.transposed().times(&centred);
        let count = self.rows.max(1) as f64;
        Self::from_fn(self.columns, self.columns, |row, column| {
            sum.at(row, column) / count
        })
    }

    /// For a covariance C: (C^-1/2, C^1/2). A direction without variance keeps its scale in both.
    pub(crate) fn root_and_inverse(&self) -> (Self, Self) {
        let (values, vectors) = self.eigen();
        let largest = values.first().copied().unwrap_or(0.0);
        let roots: Vec<f64> = values
            .iter()
            .map(|&value| {
                // Below this share the f32 representation holds no information about the direction.
                if value > 1e-10 * largest {
                    value.sqrt()
                } else {
                    1.0
                }
            })
            .collect();
        let inverse: Vec<f64> = roots.iter().map(|root| 1.0 / root).collect();
        let with = |factors: &[f64]| vectors.scale_columns(factors).times(&vectors.transposed());
        (with(&inverse), with(&roots))
    }

    /// The inverse of a symmetric matrix whose eigenvalues are all above zero.
    pub(crate) fn inverse_of_positive(&self) -> Self {
        let (values, vectors) = self.eigen();
        let inverse: Vec<f64> = values.iter().map(|value| 1.0 / value).collect();
        vectors.scale_columns(&inverse).times(&vectors.transposed())
    }

    /// The columns from `first` on.
    pub(crate) fn columns_from(&self, first: usize) -> Self {
        let count = self.columns.saturating_sub(first);
        Self::from_fn(self.rows, count, |row, column| self.at(row, first + column))
    }

    /// These columns below `first`, and the other's from there on.
    pub(crate) fn with_columns_from(&self, first: usize, other: &Self) -> Self {
        Self::from_fn(self.rows, self.columns, |row, column| {
            match column.checked_sub(first) {
                Some(column) => other.at(row, column),
                None => self.at(row, column),
            }
        })
    }

    /// Eigenvalues of a symmetric matrix, descending, and eigenvectors as columns.
    pub(crate) fn eigen(&self) -> (Vec<f64>, Self) {
        let size = self.rows;
        let mut matrix = self.clone();
        let mut vectors = Self::identity(size);
        // A sweep squares what is left beside the diagonal; ten are plenty, thirty are certain.
        for _ in 0..30 {
            let beside: f64 = (0..size)
                .flat_map(|row| (0..row).map(move |column| (row, column)))
                .map(|(row, column)| matrix.at(row, column).powi(2))
                .sum();
            let total: f64 = matrix.values.iter().map(|value| value * value).sum();
            if beside <= 1e-30 * total {
                break;
            }
            for row in 0..size {
                for column in 0..row {
                    matrix.rotate_away(&mut vectors, column, row);
                }
            }
        }
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|&a, &b| matrix.at(b, b).total_cmp(&matrix.at(a, a)));
        let values = order.iter().map(|&at| matrix.at(at, at)).collect();
        let sorted = Self::from_fn(size, size, |row, column| vectors.at(row, order[column]));
        (values, sorted)
    }

    /// One Jacobi rotation in the plane of p and q that makes the entry (p, q) zero.
    fn rotate_away(&mut self, vectors: &mut Self, p: usize, q: usize) {
        let beside = self.at(p, q);
        if beside == 0.0 {
            return;
        }
        let theta = (self.at(q, q) - self.at(p, p)) / (2.0 * beside);
        let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
        let tangent = if theta == 0.0 { 1.0 } else { tangent };
        let cosine = 1.0 / tangent.hypot(1.0);
        let sine = tangent * cosine;
        for at in 0..self.rows {
            let [x, y] = [self.at(at, p), self.at(at, q)];
            *self.at_mut(at, p) = cosine * x - sine * y;
            *self.at_mut(at, q) = sine * x + cosine * y;
            let [x, y] = [vectors.at(at, p), vectors.at(at, q)];
            *vectors.at_mut(at, p) = cosine * x - sine * y;
            *vectors.at_mut(at, q) = sine * x + cosine * y;
        }
        for at in 0..self.rows {
            let [x, y] = [self.at(p, at), self.at(q, at)];
            *self.at_mut(p, at) = cosine * x - sine * y;
            *self.at_mut(q, at) = sine * x + cosine * y;
        }
    }

    /// Per row of the stacked `[rows, …]` matrices, the sign of its largest entry.
    pub(crate) fn signs_of_largest(rows: usize, stacked: &[Self]) -> Vec<f64> {
        (0..rows)
            .map(|row| {
                let entries = stacked.iter().flat_map(|matrix| {
                    (0..matrix.columns).map(move |column| matrix.at(row, column))
                });
                let largest = entries.fold(0.0f64, |largest, entry| {
                    if entry.abs() > largest.abs() {
                        entry
                    } else {
                        largest
                    }
                });
                if largest < 0.0 { -1.0 } else { 1.0 }
            })
            .collect()
    }
}
