//! A convex quadratic over the numbers that are not negative: the bounded problem behind UPGrad, DualProj and PCD.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::{DMatrix, DVector};

use super::active_set::finish;
use super::tableau::{Guess, Tableau};
use super::{Solved, TOLERANCE};

/// min ½ xᵀAx + qᵀx over x ≥ 0 for one positive definite A and one or many q.
pub(crate) struct Solver {
    /// A with its diagonal brought to 1.
    matrix: DMatrix<f64>,
    /// √ of A's diagonal.
    scales: DVector<f64>,
    plain: Tableau,
    /// As seen from a set that is near to many solutions.
    near: Option<Tableau>,
}

/// One problem by itself.
pub(crate) fn nonnegative(matrix: &DMatrix<f64>, linear: &DVector<f64>) -> Solved {
    Solver::new(matrix).solve(linear, &mut Vec::new())
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
        Self {
            plain: Tableau::plain(matrix.clone()),
            matrix,
            scales,
            near: None,
        }
    }

    /// The same, that looks for solutions near those whose numbers above 0 are these.
    pub(crate) fn near(self, is_above: Vec<bool>) -> Self {
        let near = if is_above.contains(&true) {
            Tableau::swapped(&self.matrix, is_above)
        } else {
            None
        };
        Self { near, ..self }
    }

    /// The dual active set: a guess which numbers are above 0 gives those by one linear system, and which are on the wrong
    /// side of their bound is the next guess. What such guesses leave, because they go round in circles, is finished one
    /// number at a time, and what rounding stops then by coordinate descent. `room` is kept from one problem to the next.
    ///
    /// Residual: the largest of −x, −(Ax + q) and |x (Ax + q)|, with A's diagonal 1 and the largest |q| 1; the products, which
    /// bound how far the objective is from its least, as a share of −qᵀx = xᵀAx where that is above 1: numbers of 10⁴ multiply
    /// the rounding of what they stand beside.
    pub(crate) fn solve(&self, linear: &DVector<f64>, room: &mut Vec<f64>) -> Solved {
        /// Beyond this a solution that was found through swapped numbers is worth a system of its own.
        const EXACT: f64 = 1e-11;
        let mut linear = linear.component_div(&self.scales);
        let largest = linear.amax();
        if largest == 0.0 || !largest.is_finite() {
            return Solved {
                point: DVector::zeros(linear.len()),
                residual: 0.0,
            };
        }
        linear /= largest;
        let mut solved = match &self.near {
            Some(near) => {
                let guess = near.guess(&linear, room);
                let solved = self.measured(&linear, guess.point);
                if solved.residual > EXACT {
                    let again = self.plain.guess_at(&linear, &guess.is_above, room);
                    self.nearer(&linear, solved, again.point)
                } else {
                    solved
                }
            }
            None => self.measured(&linear, self.plain.guess(&linear, room).point),
        };
        if solved.residual > TOLERANCE {
            let start = solved.point.map(|value| value.max(0.0));
            let finished = finish(&self.matrix, &linear, start);
            solved = self.nearer(&linear, solved, finished);
        }
        if solved.residual > TOLERANCE {
            let start = solved.point.map(|value| value.max(0.0));
            let descended = self.descend(&linear, start);
            solved = self.nearer(&linear, solved, descended);
        }
        solved.point = solved.point.component_div(&self.scales) * largest;
        solved
    }

    /// Which numbers are above 0 in the solution.
    pub(crate) fn above(&self, linear: &DVector<f64>, room: &mut Vec<f64>) -> Vec<bool> {
        let mut linear = linear.component_div(&self.scales);
        linear.normalize_mut();
        let Guess { is_above, .. } = self.plain.guess(&linear, room);
        is_above
    }

    fn measured(&self, linear: &DVector<f64>, point: DVector<f64>) -> Solved {
        let residual = self.residual(linear, &point);
        Solved { point, residual }
    }

    /// This point if it is nearer to the solution.
    fn nearer(&self, linear: &DVector<f64>, solved: Solved, point: DVector<f64>) -> Solved {
        let other = self.measured(linear, point);
        if other.residual < solved.residual {
            other
        } else {
            solved
        }
    }

    fn residual(&self, linear: &DVector<f64>, point: &DVector<f64>) -> f64 {
        let mut slack = linear.clone();
        for (index, &value) in point.iter().enumerate() {
            if value != 0.0 {
                slack.axpy(value, &self.matrix.column(index), 1.0);
            }
        }
        let size = (-linear.dot(point)).max(1.0);
        let each = point.iter().zip(slack.iter());
        let worst = each.map(|(&x, &y)| (-x).max(-y).max((x * y).abs() / size));
        worst.fold(0.0, f64::max)
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

    /// Products of two vectors that all but oppose each other: the solution is 10⁵ times as large as what is asked for.
    #[test]
    fn a_huge_solution_is_certified_by_its_share_of_the_objective() {
        let cosine = -0.004_f64.cos();
        let matrix = DMatrix::from_row_slice(2, 2, &[1.0, cosine, cosine, 1.0]);
        let linear = DVector::from_vec(vec![-1.0, -0.7]);
        let solved = nonnegative(&matrix, &linear);
        // A⁻¹ by hand, 1 − cos² = sin².
        let wanted = DVector::from_vec(vec![1.0 - 0.7 * cosine, 0.7 - cosine]);
        let wanted = wanted / 0.004_f64.sin().powi(2);
        let off = (&solved.point - &wanted).component_div(&wanted).amax();
        assert!(off < 1e-9, "{off}");
        assert!(solved.residual <= TOLERANCE, "{}", solved.residual);
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
    fn one_number_at_a_time_and_coordinate_descent_reach_the_same_by_themselves() {
        let mut stream = Seed(6).stream("nonnegative", 0);
        let rows = DMatrix::from_fn(20, 40, |_, _| stream.normal());
        let solver = Solver::new(&(&rows * rows.transpose()));
        let linear = DVector::from_fn(20, |_, _| stream.between(-1.0, 1.0));
        let descended = solver.descend(&linear, DVector::zeros(20));
        assert!(solver.residual(&linear, &descended) < 1e-10);
        let room = &mut Vec::new();
        assert!((&descended - solver.plain.guess(&linear, room).point).amax() < 1e-8);
        let finished = finish(&solver.matrix, &linear, DVector::zeros(20));
        assert!((&descended - finished).amax() < 1e-8);
        let started = finish(&solver.matrix, &linear, DVector::repeat(20, 1.0));
        assert!((descended - started).amax() < 1e-8);
    }

    /// Directions of which some are a million times longer: guesses go round in circles here. The problem is that of PCD.
    #[test]
    fn what_guesses_leave_is_finished() {
        let mut left = 0;
        for others in [30, 100, 200] {
            let mut stream = Seed(7).stream("nonnegative", others as u64);
            let mut rows = DMatrix::from_fn(others + 1, others + 2, |_, _| stream.normal());
            for (column, mut values) in rows.column_iter_mut().enumerate() {
                values *= 10_f64.powf(-6.0 * column as f64 / others as f64);
            }
            let gram = &rows * rows.transpose();
            let mut matrix = gram.view((1, 1), (others, others)).clone_owned();
            let linear = gram.view((1, 0), (others, 1)).column(0) - matrix.diagonal() * 0.02;
            for place in 0..others {
                matrix[(place, place)] *= 1.0 + 1e-10;
            }
            let solver = Solver::new(&matrix);
            let scaled = linear.component_div(&solver.scales);
            let guessed = solver.plain.guess(&scaled, &mut Vec::new());
            let solved = solver.solve(&linear, &mut Vec::new());
            // Multipliers are large here: complementarity is exact to rounding of their size.
            let size = solved.point.component_mul(&solver.scales).amax() / scaled.amax();
            assert!(
                solved.residual < 1e-9 * size.max(1.0),
                "{others}: {} at {size}",
                solved.residual
            );
            left += usize::from(solver.residual(&scaled, &guessed.point) > 1e3 * solved.residual);
        }
        assert!(left > 0, "the guesses left nothing");
    }
}
