//! Weights whose projections are a power of them: Nash-MTL and FairGrad.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::DVector;

use super::cholesky::Cholesky;
use super::continuation::continued;
use super::{Directions, Solved, TOLERANCE};

/// Added to the diagonal, of which each entry is 1: at a Pareto-stationary point there is no solution without it. Taken away
/// again for the last steps where there is one.
pub(crate) const RIDGE: f64 = 1e-10;

/// Below this what is left is rounding.
const SMALLEST: f64 = 1e-13;
/// Below this a step that gets no nearer is rounding.
const ROUNDING: f64 = 1e-9;
/// How many steps may pass without getting nearer by a tenth. Where there is no solution the weights double at each step until
/// the ridge holds them, 17 times.
const PATIENCE: usize = 20;

/// w > 0 with (Gw)_i = w_i^(−1/a): a = 1 is the Nash bargaining solution.
///
/// It is the minimum of ½wᵀGw − Σψ(w_i), ψ = ln w for a = 1, else w^(1−1/a)/(1−1/a). With w_i = x_i/‖g_i‖ the matrix becomes
/// that of the cosines C and the equation (Cx)_i = κ_i x_i^(−1/a), κ_i = ‖g_i‖^(1/a−1). Damped Newton: gradient
/// Cx − κ x^(−1/a), Hessian C + diag(κ x^(−1/a−1)/a), a step that stays above 0 and is halved until the objective falls. It
/// starts where it would be solved if no two gradients had anything in common. What it leaves of a > 1, because some weights
/// are 10⁻¹⁰⁰ of others, is solved from a = 1 on ([`continued`]).
///
/// Residual: max over i of |(Gw)_i w_i^(1/a) − 1|; where terms of (Gw)_i cancel so far that this is above the tolerance for
/// their rounding alone, what it is beyond that.
pub(crate) fn power(directions: &Directions, a: f64) -> Solved {
    let inverse = 1.0 / a;
    let mut solved = newton(directions, inverse);
    if solved.residual > TOLERANCE && a > 1.0 && newton(directions, 1.0).residual < TOLERANCE {
        let found = continued(directions, inverse);
        let other = found.map(|point| certified(directions, inverse, point));
        if let Some(other) = other.filter(|other| other.residual < solved.residual) {
            solved = other;
        }
    }
    Solved {
        point: solved.point.component_div(&directions.norms),
        ..solved
    }
}

/// x by damped Newton.
fn newton(directions: &Directions, inverse: f64) -> Solved {
    let mut problem = Problem::of(directions, inverse, RIDGE);
    let start = problem
        .factors
        .map(|factor| factor.powf(1.0 / (1.0 + inverse)));
    let (mut point, _) = problem.minimize(start);
    problem.ridge = 0.0;
    let mut residual = problem.residual(&point, &problem.products(&point));
    if residual < 0.5 {
        // There is a solution, so that nothing has to be held any more.
        let (freed, reached) = problem.minimize(point.clone());
        if reached < residual {
            (point, residual) = (freed, reached);
        }
    }
    if residual > TOLERANCE {
        certified(directions, inverse, point)
    } else {
        Solved { point, residual }
    }
}

/// This x with its residual beyond rounding.
fn certified(directions: &Directions, inverse: f64, point: DVector<f64>) -> Solved {
    let problem = Problem::of(directions, inverse, 0.0);
    let residual = problem.beyond_rounding(&point);
    Solved { point, residual }
}

struct Problem<'a> {
    directions: &'a Directions,
    /// 1/a.
    inverse: f64,
    /// κ.
    factors: DVector<f64>,
    ridge: f64,
}

impl<'a> Problem<'a> {
    fn of(directions: &'a Directions, inverse: f64, ridge: f64) -> Self {
        Self {
            directions,
            inverse,
            factors: directions.norms.map(|norm| norm.powf(inverse - 1.0)),
            ridge,
        }
    }

    /// The point at which it is nearest to solved, and how near.
    fn minimize(&self, mut point: DVector<f64>) -> (DVector<f64>, f64) {
        let (mut best, mut nearest, mut patience) = (point.clone(), f64::INFINITY, PATIENCE);
        for _ in 0..200 {
            let products = self.products(&point);
            let off = self.residual(&point, &products);
            if off < 0.9 * nearest {
                patience = PATIENCE;
            } else if off < ROUNDING {
                patience = 0;
            }
            if off < nearest {
                (best, nearest) = (point.clone(), off);
            }
            if off < SMALLEST || patience == 0 {
                break;
            }
            patience -= 1;
            let Some(moved) = self.newton(&point, &products) else {
                break;
            };
            point = moved;
        }
        (best, nearest)
    }

    fn products(&self, point: &DVector<f64>) -> DVector<f64> {
        &self.directions.cosines * point + point * self.ridge
    }

    fn residual(&self, point: &DVector<f64>, products: &DVector<f64>) -> f64 {
        let each = products.iter().zip(point.iter()).zip(self.factors.iter());
        let off = each
            .map(|((product, x), factor)| (product / factor * x.powf(self.inverse) - 1.0).abs());
        off.fold(0.0, f64::max)
    }

    /// The residual beyond what rounding makes of the products; all of it where that is more than a thousandth, which
    /// certifies nothing.
    fn beyond_rounding(&self, point: &DVector<f64>) -> f64 {
        const MOST: f64 = 1e-3;
        let cosines = &self.directions.cosines;
        let share = 4.0 * f64::EPSILON * (point.len() as f64).sqrt();
        let terms = cosines.abs() * point;
        let products = self.products(point);
        let each = (0..point.len()).map(|index| {
            let unit = point[index].powf(self.inverse) / self.factors[index];
            let off = (products[index] * unit - 1.0).abs();
            let rounding = share * terms[index] * unit;
            if rounding < MOST {
                (off - rounding).max(0.0)
            } else {
                off
            }
        });
        each.fold(0.0, f64::max)
    }

    /// ψ.
    fn gain(&self, x: f64) -> f64 {
        let power = 1.0 - self.inverse;
        if power.abs() < 1e-12 {
            x.ln()
        } else {
            x.powf(power) / power
        }
    }

    fn objective(&self, point: &DVector<f64>, products: &DVector<f64>) -> f64 {
        let each = point.iter().zip(self.factors.iter());
        let gains: f64 = each.map(|(&x, factor)| factor * self.gain(x)).sum();
        0.5 * point.dot(products) - gains
    }

    /// One step, or `None` where nothing moves any more.
    fn newton(&self, point: &DVector<f64>, products: &DVector<f64>) -> Option<DVector<f64>> {
        /// How near to the bound a step may go.
        const BOUND: f64 = 0.95;
        let wanted = DVector::from_fn(point.len(), |index, _| {
            self.factors[index] * point[index].powf(-self.inverse)
        });
        let gradient = products - &wanted;
        // In terms of y = step / x the diagonal of the Hessian's second part stays of the size of its first.
        let mut hessian = self.directions.cosines.clone();
        for (mut column, x) in hessian.column_iter_mut().zip(point.iter()) {
            column.zip_apply(point, |value, other| *value *= x * other);
        }
        for index in 0..point.len() {
            let x = point[index];
            hessian[(index, index)] += self.ridge * x * x + wanted[index] * x * self.inverse;
        }
        let right = -gradient.component_mul(point);
        let relative = Cholesky::of(hessian)?.solve(&right);
        let slope = -right.dot(&relative);
        let now = self.objective(point, products);
        let off = self.residual(point, products);
        let mut share = (BOUND / (-relative.min()).max(BOUND)).min(1.0);
        for _ in 0..60 {
            let moved = point.zip_map(&relative, |x, y| x * (1.0 + share * y));
            if moved == *point {
                return None;
            }
            let products = self.products(&moved);
            let is_lower = self.objective(&moved, &products) <= now + 1e-4 * share * slope;
            let is_nearer = self.residual(&moved, &products) < off;
            // Near the end the objective no longer shows what the equation still does, and Newton's own step is the best.
            let is_blind = -slope < 1e-9 * now.abs();
            if is_lower || is_nearer || is_blind {
                return Some(moved);
            }
            share *= 0.5;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Gram;
    use polytask_random::Seed;

    #[test]
    fn every_fairness_is_solved_to_rounding() {
        for a in [0.5, 1.0, 2.0, 4.0] {
            for index in 0..40 {
                let mut stream = Seed(13).stream("power", index);
                let tasks = 1 + stream.below(12);
                let rows: Vec<Vec<f64>> = (0..tasks)
                    .map(|_| {
                        let length = 10_f64.powf(stream.between(-2.0, 2.0));
                        (0..tasks + 4).map(|_| length * stream.normal()).collect()
                    })
                    .collect();
                let gram = Gram::of_rows((0..tasks).collect(), &rows).unwrap();
                let solved = power(&Directions::of(&gram), a);
                let along = gram.projections(solved.point.as_slice());
                for (along, weight) in along.iter().zip(solved.point.iter()) {
                    let one = along * weight.powf(1.0 / a);
                    assert!((one - 1.0).abs() < 1e-8, "a = {a}, {index}: {one}");
                }
            }
        }
    }

    /// Lengths from 10⁻⁶ to 10⁶: Newton in the weights themselves leaves these from a = 5 on.
    #[test]
    fn a_great_fairness_of_very_uneven_gradients_is_solved_too() {
        for a in [1.0, 2.0, 5.0, 10.0] {
            for tasks in [2, 3, 11, 40] {
                for scene in 0..10 {
                    let mut stream = Seed(19).stream("power", scene);
                    let rows: Vec<Vec<f64>> = (0..tasks)
                        .map(|_| {
                            let length = 10_f64.powf(stream.between(-6.0, 6.0));
                            let common = 0.5 * stream.between(0.0, 1.0);
                            (0..2 * tasks)
                                .map(|_| length * (common + stream.normal()))
                                .collect()
                        })
                        .collect();
                    let gram = Gram::of_rows((0..tasks).collect(), &rows).unwrap();
                    let solved = power(&Directions::of(&gram), a);
                    assert!(
                        solved.residual < TOLERANCE,
                        "a = {a}, {tasks} tasks, {scene}: {}",
                        solved.residual
                    );
                    assert!(solved.point.min() > 0.0);
                    let along = gram.projections(solved.point.as_slice());
                    for (along, weight) in along.iter().zip(solved.point.iter()) {
                        let one = along * weight.powf(1.0 / a);
                        assert!((one - 1.0).abs() < 1e-3, "a = {a}, {tasks}, {scene}: {one}");
                    }
                }
            }
        }
    }

    #[test]
    fn where_there_is_no_bargain_the_residual_says_so() {
        let rows = [vec![1.0, 0.0], vec![-1.0, 0.0]];
        let gram = Gram::of_rows(vec![0, 1], &rows).unwrap();
        let solved = power(&Directions::of(&gram), 1.0);
        assert!(solved.residual > 0.5 && solved.point.iter().all(|weight| weight.is_finite()));
    }
}
