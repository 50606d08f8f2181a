//! The shortest convex combination of vectors of which only the inner products are known.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::{DMatrix, DVector};

use super::factor::Factor;
use super::{Directions, Solved, TOLERANCE, ties};
use crate::Gram;

/// Below this the gap is rounding.
const GAP: f64 = 1e-13;

/// argmin αᵀGα over the simplex: α ≥ 0, Σα = 1.
///
/// Wolfe's active set (1976): the shortest vector of the affine hull of the chosen ones, walking back to the boundary when
/// that leaves the simplex; then the vector that points back most comes in. Exact after finitely many steps, about as many as
/// vectors are needed. The vectors are first brought to norm 1, x_i = α_i ‖g_i‖ and Σ x_i/‖g_i‖ = 1, so that the factor is
/// well scaled; with e_i = min‖g‖/‖g_i‖ and x in units of min‖g‖ that constraint is e·x = 1, and M = C + e eᵀ is definite as long as no chosen
/// vector is in the affine hull of the others. If rounding stops it short, pairwise Frank–Wolfe steps go on. Of many solutions it is
/// the one whose x has the smallest squares ([`ties`](super::ties)), whatever the order of the vectors.
///
/// Residual: max over i of (αᵀGα − (Gα)_i) / (‖g_i‖ Σ α_j ‖g_j‖), 0 at the optimum; of one of many solutions what this is beyond the
/// rounding of G.
pub(crate) fn min_norm(gram: &Gram) -> Solved {
    let tasks = gram.tasks();
    let directions = Directions::of(gram);
    if directions.len() < tasks || tasks == 0 {
        // A vector of length 0 is the shortest there is; of several each gets its share.
        let share = 1.0 / (tasks - directions.len()).max(1) as f64;
        let point = directions.spread(&DVector::zeros(directions.len()), tasks, share);
        return Solved {
            point,
            residual: 0.0,
        };
    }
    let shortest = directions.norms.min();
    let inverse = directions.norms.map(|norm| shortest / norm);
    let mut problem = Problem {
        directions: &directions,
        inverse: &inverse,
        point: DVector::zeros(tasks),
    };
    problem.wolfe();
    if problem.gap().1 > TOLERANCE {
        problem.pairwise();
    }
    let (_, mut residual) = problem.gap();
    if residual <= TOLERANCE
        && let Some(shared) = problem.shared(gram.rounding())
    {
        let found = std::mem::replace(&mut problem.point, shared);
        let beyond = problem.gap().1 - ties::noise(tasks, gram.rounding());
        if beyond <= TOLERANCE {
            residual = beyond.max(0.0);
        } else {
            problem.point = found;
        }
    }
    let mut point = problem.point.component_mul(&inverse);
    point /= point.sum();
    Solved { point, residual }
}

struct Problem<'a> {
    directions: &'a Directions,
    /// e_i = min‖g‖ / ‖g_i‖.
    inverse: &'a DVector<f64>,
    /// x with e·x = 1.
    point: DVector<f64>,
}

impl Problem<'_> {
    /// The vector that points back most, and by how much: (e_i xᵀCx − (Cx)_i) / Σx.
    fn gap(&self) -> (usize, f64) {
        let products = &self.directions.cosines * &self.point;
        let squared = products.dot(&self.point);
        let back = |index: usize| self.inverse[index] * squared - products[index];
        let worst = (0..products.len()).max_by(|&a, &b| back(a).total_cmp(&back(b)));
        let worst = worst.unwrap_or(0);
        (worst, back(worst).max(0.0) / self.point.sum())
    }

    /// C + e eᵀ.
    fn matrix(&self) -> DMatrix<f64> {
        &self.directions.cosines + self.inverse * self.inverse.transpose()
    }

    /// The same vector from all that can be part of it, if there are several ways.
    fn shared(&self, rounding: f64) -> Option<DVector<f64>> {
        let products = &self.directions.cosines * &self.point;
        let squared = products.dot(&self.point);
        let width = ties::width(rounding) * self.point.sum();
        let chosen: Vec<usize> = (0..products.len())
            .filter(|&index| products[index] - self.inverse[index] * squared <= width)
            .collect();
        let shared = ties::shared(&self.matrix(), &chosen, &self.point, rounding)?;
        let sum = shared.dot(self.inverse);
        Some(shared / sum)
    }

    fn wolfe(&mut self) {
        let size = self.point.len();
        let matrix = self.matrix();
        let mut factor = Factor::default();
        // Of the shortest vectors the one that the others agree with most: the way then depends on no order, and where there
        // are many solutions neither does the one that it ends at.
        let agreement = self.directions.cosines.column_sum();
        let start = (0..size)
            .filter(|&index| self.inverse[index] > 1.0 - 1e-9)
            .max_by(|&a, &b| agreement[a].total_cmp(&agreement[b]));
        let start = start.unwrap_or_else(|| self.inverse.imax());
        self.point[start] = 1.0 / self.inverse[start];
        factor.push(start, &matrix);
        for _ in 0..8 * size + 64 {
            let (entering, gap) = self.gap();
            if gap <= GAP || factor.chosen.contains(&entering) {
                return;
            }
            factor.push(entering, &matrix);
            let before = self.squared();
            let kept = self.point.clone();
            self.descend(&mut factor);
            if self.squared() > before {
                self.point = kept;
                return;
            }
        }
    }

    fn squared(&self) -> f64 {
        (&self.directions.cosines * &self.point).dot(&self.point)
    }

    /// To the shortest vector of the affine hull, dropping those whose weight runs out on the way.
    fn descend(&mut self, factor: &mut Factor) {
        while !factor.chosen.is_empty() {
            let right: Vec<f64> = factor.chosen.iter().map(|&i| self.inverse[i]).collect();
            let mut target = factor.solve(&right);
            let sum = target.dot(&DVector::from_vec(right));
            target /= sum;
            // How far along it stays in the simplex.
            let mut share = 1.0;
            let mut leaving = None;
            for (position, (&index, &wanted)) in factor.chosen.iter().zip(target.iter()).enumerate()
            {
                let now = self.point[index];
                if wanted <= 0.0 && now / (now - wanted) <= share {
                    share = if now > 0.0 { now / (now - wanted) } else { 0.0 };
                    leaving = Some((position, index));
                }
            }
            for (&index, &wanted) in factor.chosen.iter().zip(target.iter()) {
                self.point[index] += share * (wanted - self.point[index]);
            }
            let Some((position, index)) = leaving else {
                return;
            };
            self.point[index] = 0.0;
            factor.remove(position);
        }
    }

    /// Moves weight from the chosen vector that points ahead most to the one that points back most, as far as it helps.
    fn pairwise(&mut self) {
        for _ in 0..20 * self.point.len() + 1000 {
            let products = &self.directions.cosines * &self.point;
            // In terms of α: the gradient is (Cx)_i / e_i.
            let gradient = products.component_div(self.inverse);
            let to = gradient.imin();
            let from = (0..gradient.len())
                .filter(|&index| self.point[index] > 0.0)
                .max_by(|&a, &b| gradient[a].total_cmp(&gradient[b]));
            let Some(from) = from else { return };
            let (to_inverse, from_inverse) = (self.inverse[to], self.inverse[from]);
            let slope = gradient[from] - gradient[to];
            let curvature = to_inverse.powi(-2) + from_inverse.powi(-2)
                - 2.0 * self.directions.cosines[(from, to)] / (to_inverse * from_inverse);
            let most = self.point[from] * from_inverse;
            let step = if curvature > 0.0 {
                (slope / curvature).min(most)
            } else {
                most
            };
            if !(slope > 0.0 && step > 0.0) || self.gap().1 <= TOLERANCE {
                return;
            }
            self.point[from] = (self.point[from] - step / from_inverse).max(0.0);
            self.point[to] += step / to_inverse;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polytask_random::Seed;

    /// The shortest over all supports on which the affine solution is convex.
    fn brute_force(gram: &Gram) -> f64 {
        let size = gram.tasks();
        let matrix = gram.matrix();
        let mut best = f64::INFINITY;
        for set in 1_usize..1 << size {
            let chosen: Vec<usize> = (0..size).filter(|index| set >> index & 1 == 1).collect();
            let part = matrix.select_rows(&chosen).select_columns(&chosen);
            let bordered = part + DMatrix::repeat(chosen.len(), chosen.len(), 1.0);
            let ones = DVector::repeat(chosen.len(), 1.0);
            let Some(solved) = bordered.lu().solve(&ones) else {
                continue;
            };
            let solved = &solved / solved.sum();
            if solved.iter().all(|&weight| weight >= -1e-12) {
                let mut alpha = vec![0.0; size];
                for (&index, &weight) in chosen.iter().zip(solved.iter()) {
                    alpha[index] = weight;
                }
                best = best.min(gram.shared_norm(&alpha));
            }
        }
        best
    }

    #[test]
    fn nothing_is_shorter_on_any_support() {
        for index in 0..400 {
            let mut stream = Seed(8).stream("min_norm", index);
            let tasks = 1 + stream.below(6);
            let parameters = 1 + stream.below(2 * tasks);
            let rows: Vec<Vec<f64>> = (0..tasks)
                .map(|_| {
                    let length = 10_f64.powf(stream.between(-2.0, 2.0));
                    (0..parameters)
                        .map(|_| length * (0.3 + stream.normal()))
                        .collect()
                })
                .collect();
            let gram = Gram::of_rows((0..tasks).collect(), &rows).unwrap();
            let solved = min_norm(&gram);
            let found = gram.shared_norm(solved.point.as_slice());
            let wanted = brute_force(&gram);
            let size = gram.norms().min();
            assert!(
                (found - wanted).abs() <= 1e-6 * size,
                "{index}: {found}, {wanted}"
            );
            assert!(solved.residual <= 1e-10, "{index}: {}", solved.residual);
        }
    }

    #[test]
    fn the_steps_that_finish_what_rounding_stops_get_there_by_themselves() {
        let mut stream = Seed(9).stream("pairwise", 0);
        let rows: Vec<Vec<f64>> = (0..12)
            .map(|_| (0..20).map(|_| 0.5 + stream.normal()).collect())
            .collect();
        let gram = Gram::of_rows((0..12).collect(), &rows).unwrap();
        let directions = Directions::of(&gram);
        let inverse = directions.norms.map(|norm| directions.norms.min() / norm);
        let mut point = DVector::zeros(12);
        point[0] = 1.0 / inverse[0];
        let mut problem = Problem {
            directions: &directions,
            inverse: &inverse,
            point,
        };
        problem.pairwise();
        assert!(problem.gap().1 < 1e-6, "{}", problem.gap().1);
    }

    #[test]
    fn a_thousand_tasks_are_solved_too() {
        let mut stream = Seed(10).stream("thousand", 0);
        let rows = DMatrix::from_fn(1000, 300, |_, _| 0.1 + stream.normal());
        let matrix = &rows * rows.transpose();
        let gram = Gram::new((0..1000).collect(), matrix.as_slice().to_vec()).unwrap();
        let solved = min_norm(&gram);
        assert!(solved.residual <= super::TOLERANCE, "{}", solved.residual);
    }
}
