//! Weights whose projections are a power of them: Nash-MTL and FairGrad.

use nalgebra::DVector;

use super::cholesky::Cholesky;
use super::{Directions, Solved};

/// Added to the diagonal, of which each entry is 1: at a Pareto-stationary point there is no solution without it.
const RIDGE: f64 = 1e-10;

/// w > 0 with (Gw)_i = w_i^(−1/a): a = 1 is the Nash bargaining solution.
///
/// It is the minimum of ½wᵀGw − Σψ(w_i), ψ = ln w for a = 1, else w^(1−1/a)/(1−1/a). With w_i = x_i/‖g_i‖ the matrix becomes
/// that of the cosines C and the equation (Cx)_i = κ_i x_i^(−1/a), κ_i = ‖g_i‖^(1/a−1). Damped Newton: gradient
/// Cx − κ x^(−1/a), Hessian C + diag(κ x^(−1/a−1)/a), a step that stays above 0 and is halved until the objective falls. It
/// starts where it would be solved if no two gradients had anything in common.
///
/// Residual: max over i of |(Gw)_i w_i^(1/a) − 1|.
pub(crate) fn power(directions: &Directions, a: f64) -> Solved {
    let inverse = 1.0 / a;
    let problem = Problem {
        directions,
        inverse,
        factors: directions.norms.map(|norm| norm.powf(inverse - 1.0)),
    };
    let mut point = problem.factors.map(|factor| factor.powf(a / (a + 1.0)));
    for _ in 0..200 {
        let products = problem.products(&point);
        if problem.residual(&point, &products) < 1e-14 {
            break;
        }
        let Some(moved) = problem.newton(&point, &products) else {
            break;
        };
        point = moved;
    }
    let residual = problem.residual(&point, &(&directions.cosines * &point));
    Solved {
        point: point.component_div(&directions.norms),
        residual,
    }
}

struct Problem<'a> {
    directions: &'a Directions,
    /// 1/a.
    inverse: f64,
    /// κ.
    factors: DVector<f64>,
}

impl Problem<'_> {
    fn products(&self, point: &DVector<f64>) -> DVector<f64> {
        &self.directions.cosines * point + point * RIDGE
    }

    fn residual(&self, point: &DVector<f64>, products: &DVector<f64>) -> f64 {
        let each = products.iter().zip(point.iter()).zip(self.factors.iter());
        let off = each.map(|((product, x), factor)| {
            (product / factor * x.powf(self.inverse) - 1.0).abs()
        });
        off.fold(0.0, f64::max)
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
            hessian[(index, index)] += RIDGE * x * x + wanted[index] * x * self.inverse;
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
            // Near the end the objective no longer shows what the equation still does.
            if is_lower || is_nearer {
                return Some(moved);
            }
            share *= 0.5;
        }
        None
    }
}
