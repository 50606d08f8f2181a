//! A convex quadratic over the numbers that are not negative: the bounded problem behind UPGrad, DualProj and PCD.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::{DMatrix, DVector};

use super::packed::Packed;
use super::{Solved, TOLERANCE};

/// Numbers beyond this from their bound are on the wrong side of it, in units of the largest q.
const WRONG: f64 = 1e-12;

/// min ½ xᵀAx + qᵀx over x ≥ 0 for one positive definite A and one or many q.
pub(crate) struct Solver {
    /// A with its diagonal brought to 1.
    matrix: DMatrix<f64>,
    /// √ of A's diagonal.
    scales: DVector<f64>,
}

/// One problem by itself.
pub(crate) fn nonnegative(matrix: &DMatrix<f64>, linear: &DVector<f64>) -> Solved {
    Solver::new(matrix).solve(linear)
}

impl Solver {
    pub(crate) fn new(matrix: &DMatrix<f64>) -> Self {
        let scales = matrix
            .diagonal()
            .map(|value| value.max(f64::MIN_POSITIVE).sqrt());
        let mut matrix = matrix.clone();
        for (mut column, scale) in matrix.column_iter_mut().zip(scales.iter()) {
            column.zip_apply(&scales, |value, other| *value /= scale * other);
        }
        Self { matrix, scales }
    }

    /// The dual active set: a guess which numbers are above 0 gives those by one linear system, and which are on the wrong
    /// side of their bound is the next guess (block principal pivoting, Júdice and Pires 1994; when a guess does not get
    /// better for long, one number at a time, the last first: Murty's rule, which is finite). Coordinate descent finishes what
    /// rounding stops.
    ///
    /// Residual: the largest of −x, −(Ax + q) and |x (Ax + q)|, with A's diagonal 1 and the largest |q| 1.
    pub(crate) fn solve(&self, linear: &DVector<f64>) -> Solved {
        let mut linear = linear.component_div(&self.scales);
        let largest = linear.amax();
        if largest == 0.0 || !largest.is_finite() {
            return Solved {
                point: DVector::zeros(linear.len()),
                residual: 0.0,
            };
        }
        linear /= largest;
        let mut point = self.pivot(&linear);
        let mut residual = self.residual(&linear, &point);
        if residual > TOLERANCE {
            let finished = self.descend(&linear, point.map(|value| value.max(0.0)));
            let reached = self.residual(&linear, &finished);
            if reached < residual {
                (point, residual) = (finished, reached);
            }
        }
        let point = point.component_div(&self.scales) * largest;
        Solved { point, residual }
    }

    fn residual(&self, linear: &DVector<f64>, point: &DVector<f64>) -> f64 {
        let slack = &self.matrix * point + linear;
        let each = point.iter().zip(slack.iter());
        let worst = each.map(|(&x, &y)| (-x).max(-y).max((x * y).abs()));
        worst.fold(0.0, f64::max)
    }

    fn pivot(&self, linear: &DVector<f64>) -> DVector<f64> {
        /// How many guesses in a row may be no better before single steps are taken.
        const PATIENCE: usize = 3;
        let size = linear.len();
        let mut above: Vec<bool> = linear.iter().map(|&slope| slope < 0.0).collect();
        let (mut fewest, mut patience) = (size + 1, PATIENCE);
        let mut point = DVector::zeros(size);
        for _ in 0..10 * size + 100 {
            let Some(guess) = self.on(&above, linear) else {
                return point;
            };
            point = guess;
            let slack = self.slack(&above, linear, &point);
            let wrong: Vec<usize> = above
                .iter()
                .enumerate()
                .filter(|&(index, &is_above)| {
                    let value = if is_above { point[index] } else { slack[index] };
                    value < -WRONG
                })
                .map(|(index, _)| index)
                .collect();
            if wrong.is_empty() {
                break;
            }
            let swapped = if wrong.len() < fewest {
                (fewest, patience) = (wrong.len(), PATIENCE);
                wrong.as_slice()
            } else if patience > 0 {
                patience -= 1;
                wrong.as_slice()
            } else {
                wrong.last().map(std::slice::from_ref).unwrap_or_default()
            };
            for &index in swapped {
                if let Some(is_above) = above.get_mut(index) {
                    *is_above = !*is_above;
                }
            }
        }
        point
    }

    /// The numbers that are above 0 if these are.
    fn on(&self, above: &[bool], linear: &DVector<f64>) -> Option<DVector<f64>> {
        let chosen = chosen(above);
        let mut point = DVector::zeros(above.len());
        if chosen.is_empty() {
            return Some(point);
        }
        let size = chosen.len();
        let mut rows = Vec::with_capacity(Packed::numbers(size));
        for (row, &index) in chosen.iter().enumerate() {
            let column = self.matrix.column(index);
            rows.extend(chosen[row..].iter().map(|&other| column[other]));
            rows.push(-linear[index]);
        }
        let system = Packed { size, rows };
        let solved = system.solve()?;
        for (&index, &value) in chosen.iter().zip(&solved) {
            point[index] = value;
        }
        Some(point)
    }

    /// A x + q, by the columns of the x that are not 0.
    fn slack(&self, above: &[bool], linear: &DVector<f64>, point: &DVector<f64>) -> DVector<f64> {
        let mut slack = linear.clone();
        for index in chosen(above) {
            slack.axpy(point[index], &self.matrix.column(index), 1.0);
        }
        slack
    }

    fn descend(&self, linear: &DVector<f64>, mut point: DVector<f64>) -> DVector<f64> {
        let mut slack = &self.matrix * &point + linear;
        for _ in 0..2000 {
            let mut moved = 0.0_f64;
            for index in 0..point.len() {
                let change = (point[index] - slack[index]).max(0.0) - point[index];
                if change != 0.0 {
                    point[index] += change;
                    slack.axpy(change, &self.matrix.column(index), 1.0);
                    moved = moved.max(change.abs());
                }
            }
            if moved <= 1e-15 * point.amax() {
                break;
            }
        }
        point
    }
}

fn chosen(above: &[bool]) -> Vec<usize> {
    let indices = above.iter().enumerate();
    indices
        .filter(|(_, is_above)| **is_above)
        .map(|(index, _)| index)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use polytask_random::Seed;

    /// The best of all 2ⁿ sets of numbers above 0.
    fn brute_force(matrix: &DMatrix<f64>, linear: &DVector<f64>) -> DVector<f64> {
        let size = linear.len();
        let value = |x: &DVector<f64>| 0.5 * x.dot(&(matrix * x)) + linear.dot(x);
        let mut best = DVector::zeros(size);
        for set in 1_usize..1 << size {
            let chosen: Vec<usize> = (0..size).filter(|index| set >> index & 1 == 1).collect();
            let part = matrix.select_rows(&chosen).select_columns(&chosen);
            let Some(solved) = part.lu().solve(&-linear.select_rows(&chosen)) else {
                continue;
            };
            if solved.iter().all(|&value| value >= 0.0) {
                let mut point = DVector::zeros(size);
                for (&index, &value) in chosen.iter().zip(solved.iter()) {
                    point[index] = value;
                }
                if value(&point) < value(&best) {
                    best = point;
                }
            }
        }
        best
    }

    #[test]
    fn it_finds_the_best_of_all_sets() {
        for index in 0..300 {
            let mut stream = Seed(5).stream("nonnegative", index);
            let size = 1 + stream.below(6);
            let rows = DMatrix::from_fn(size, 1 + stream.below(2 * size), |_, _| stream.normal());
            let mut matrix = &rows * rows.transpose();
            for place in 0..size {
                matrix[(place, place)] += 1e-3;
            }
            let linear = DVector::from_fn(size, |_, _| stream.normal());
            let solved = nonnegative(&matrix, &linear);
            let wanted = brute_force(&matrix, &linear);
            let off = (&solved.point - &wanted).amax();
            assert!(
                off <= 1e-8 * wanted.amax().max(1.0),
                "{index}: {} {wanted}",
                solved.point
            );
            assert!(solved.residual < 1e-8, "{}", solved.residual);
        }
    }

    #[test]
    fn coordinate_descent_reaches_the_same_by_itself() {
        let mut stream = Seed(6).stream("nonnegative", 0);
        let rows = DMatrix::from_fn(20, 40, |_, _| stream.normal());
        let solver = Solver::new(&(&rows * rows.transpose()));
        let linear = DVector::from_fn(20, |_, _| stream.between(-1.0, 1.0));
        let descended = solver.descend(&linear, DVector::zeros(20));
        assert!(solver.residual(&linear, &descended) < 1e-10);
        assert!((descended - solver.pivot(&linear)).amax() < 1e-8);
    }
}
