//! The problem of CAGrad: the convex combination against which a ball around the mean gradient can do least.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::{DMatrix, DVector};

use super::active_set::finish;
use super::factor::Factor;
use super::{Directions, Solved, TOLERANCE, nonnegative, ties};

/// Below this the gap is rounding.
const GAP: f64 = 1e-13;

/// argmin bᵀw + c √(wᵀGw) over the simplex, b_i = g_i·u with u of norm 1, as x_i = w_i ‖g_i‖; `slopes` are b_i/‖g_i‖.
///
/// The walk is Wolfe's, with another closed form on each face. With e_i = min‖g‖/‖g_i‖, e·x = 1 and M = C + e eᵀ on the
/// chosen indices, let A = eᵀM⁻¹e, B = eᵀM⁻¹b, D = bᵀM⁻¹b. Where the gradient b + c Cx/λ is ν e, with λ² = xᵀCx, it follows
/// that t² (1 − A) = A c² − (A D − B²) with t = c/λ, and x = M⁻¹((t + B)/A · e − b) / t. If the right side is not
/// positive the objective falls without end along −M⁻¹(b − B/A · e), so the walk goes that way to the boundary.
///
/// Residual: max over i of (f e_i − gradient_i) / (1 + c), 0 at the optimum, with f the objective, which at an optimum is ν.
/// Returns x, of many the one with the smallest squares; `rounding` is that of G.
pub(crate) fn ball(
    directions: &Directions,
    slopes: &DVector<f64>,
    radius: f64,
    rounding: f64,
) -> Solved {
    let size = directions.len();
    let shortest = directions.norms.min();
    let inverse = directions.norms.map(|norm| shortest / norm);
    let mut problem = Problem {
        directions,
        slopes,
        radius,
        point: DVector::zeros(size),
        inverse,
    };
    problem.start();
    if problem.gap().1 > TOLERANCE {
        problem.leave();
    }
    let (_, mut residual) = problem.gap();
    if residual <= TOLERANCE
        && let Some(shared) = problem.shared(rounding)
    {
        let found = std::mem::replace(&mut problem.point, shared);
        let beyond = problem.gap().1 - ties::noise(size, rounding);
        if beyond <= TOLERANCE {
            residual = beyond.max(0.0);
        } else {
            problem.point = found;
        }
    }
    Solved {
        point: problem.point,
        residual,
    }
}

/// Where the least of the objective is 0, or all but 0, since its combination is shorter than `vanishes`: of the directions u + Jx
/// along which no loss rises the nearest to u. It gains 0 against the worst combination, more than which none does.
///
/// A ridge far above `vanishes`² takes what is so short for nothing, in which the way to a direction that gains a little more
/// may be long, and makes x the only one; gains are below 0 by what it is. `least` is the objective as it was found; the residual
/// is that of [`ball`], by how much the least of ĝ_i·(u + Jx) is below it.
pub(crate) fn nearest(
    directions: &Directions,
    slopes: &DVector<f64>,
    radius: f64,
    least: f64,
    vanishes: f64,
) -> Solved {
    const RIDGE: f64 = 100.0;
    let cosines = &directions.cosines;
    let mut ridged = cosines.clone();
    for index in 0..directions.len() {
        ridged[(index, index)] += RIDGE * vanishes.powi(2);
    }
    let mut point = nonnegative(&ridged, slopes).point;
    let length = (cosines * &point).dot(&point).max(0.0).sqrt();
    if length > radius {
        point *= radius / length;
    }
    let shortest = directions.norms.min();
    let wanted = directions.norms.map(|norm| least * shortest / norm);
    let missed = wanted - slopes - cosines * &point;
    let residual = missed.iter().copied().fold(0.0, f64::max) / (1.0 + radius);
    Solved { point, residual }
}

struct Problem<'a> {
    directions: &'a Directions,
    slopes: &'a DVector<f64>,
    radius: f64,
    inverse: DVector<f64>,
    point: DVector<f64>,
}

impl Problem<'_> {
    fn objective(&self) -> f64 {
        let products = &self.directions.cosines * &self.point;
        self.slopes.dot(&self.point) + self.radius * products.dot(&self.point).max(0.0).sqrt()
    }

    /// C + e eᵀ.
    fn matrix(&self) -> DMatrix<f64> {
        &self.directions.cosines + &self.inverse * self.inverse.transpose()
    }

    /// How much faster the objective falls along each gradient than along w: f e_i − gradient_i.
    fn back(&self) -> DVector<f64> {
        let products = &self.directions.cosines * &self.point;
        let norm = products.dot(&self.point).max(0.0).sqrt();
        let objective = self.slopes.dot(&self.point) + self.radius * norm;
        let share = if norm > 1e-12 * self.point.sum() {
            self.radius / norm
        } else {
            0.0
        };
        &self.inverse * objective - self.slopes - products * share
    }

    /// The index along which the objective falls fastest, and the residual.
    fn gap(&self) -> (usize, f64) {
        let back = self.back();
        let worst = (0..back.len()).max_by(|&a, &b| back[a].total_cmp(&back[b]));
        let most = worst.map_or(0.0, |worst| back[worst].max(0.0));
        (worst.unwrap_or(0), most / (1.0 + self.radius))
    }

    /// The same vector from all that can be part of it, if there are several ways.
    fn shared(&self, rounding: f64) -> Option<DVector<f64>> {
        let back = self.back();
        let width = ties::width(rounding) * (1.0 + self.radius);
        let chosen: Vec<usize> = (0..back.len())
            .filter(|&index| back[index] >= -width)
            .collect();
        let shared = ties::shared(&self.matrix(), &chosen, &self.point, rounding)?;
        let sum = shared.dot(&self.inverse);
        Some(shared / sum)
    }

    /// From the vector that is best alone.
    fn start(&mut self) {
        let alone = |index: usize| (self.slopes[index] + self.radius) / self.inverse[index];
        let start = (0..self.point.len()).min_by(|&a, &b| alone(a).total_cmp(&alone(b)));
        if let Some(start) = start {
            self.point[start] = 1.0 / self.inverse[start];
            self.walk();
        }
    }

    /// Away from where Cx vanishes, at which the objective is 0 and has no slope, so that several vectors may have to come in
    /// before it falls. With p = Jx the nearest point to −u of all combinations with x ≥ 0, the objective is ‖p‖ (c − ‖p‖):
    /// if that is below 0 the walk goes on from there, and never comes back; else nothing is below 0.
    fn leave(&mut self) {
        let cosines = &self.directions.cosines;
        let nearest = finish(cosines, self.slopes, DVector::zeros(self.point.len()));
        let sum = self.inverse.dot(&nearest);
        if sum > 0.0 {
            let kept = std::mem::replace(&mut self.point, nearest / sum);
            if self.objective() < 0.0 {
                self.walk();
            } else {
                self.point = kept;
            }
        }
    }

    /// On from this point, whose vectors do not depend on each other.
    fn walk(&mut self) {
        let size = self.point.len();
        let matrix = self.matrix();
        let mut factor = Factor::default();
        for index in (0..size).filter(|&index| self.point[index] > 0.0) {
            factor.push(index, &matrix);
        }
        if factor.chosen.len() > 1 {
            self.descend(&mut factor);
        }
        for _ in 0..8 * size + 64 {
            let (entering, gap) = self.gap();
            if gap <= GAP || factor.chosen.contains(&entering) {
                return;
            }
            factor.push(entering, &matrix);
            let (before, kept) = (self.objective(), self.point.clone());
            self.descend(&mut factor);
            if self.objective() > before {
                self.point = kept;
                return;
            }
        }
    }

    /// To the best point of the affine hull, or along the way on which there is none, dropping what runs out.
    fn descend(&mut self, factor: &mut Factor) {
        while !factor.chosen.is_empty() {
            let (target, is_ray) = self.face(factor);
            let mut share = if is_ray { f64::INFINITY } else { 1.0 };
            let mut leaving = None;
            for (position, (&index, &wanted)) in factor.chosen.iter().zip(target.iter()).enumerate()
            {
                let now = self.point[index];
                let change = if is_ray { wanted } else { wanted - now };
                if change < 0.0 && (is_ray || wanted <= 0.0) && -now / change <= share {
                    share = -now / change;
                    leaving = Some((position, index));
                }
            }
            if is_ray && leaving.is_none() {
                return;
            }
            for (&index, &wanted) in factor.chosen.iter().zip(target.iter()) {
                let change = if is_ray {
                    wanted
                } else {
                    wanted - self.point[index]
                };
                self.point[index] = (self.point[index] + share * change).max(0.0);
            }
            let Some((position, index)) = leaving else {
                return;
            };
            self.point[index] = 0.0;
            factor.remove(position);
        }
    }

    /// The optimum on the affine hull of the chosen ones; or, if there is none, the way on which the objective falls.
    fn face(&self, factor: &Factor) -> (DVector<f64>, bool) {
        let pick = |values: &DVector<f64>| -> Vec<f64> {
            factor.chosen.iter().map(|&index| values[index]).collect()
        };
        let (ones, slopes) = (pick(&self.inverse), pick(self.slopes));
        let (of_ones, of_slopes) = (factor.solve(&ones), factor.solve(&slopes));
        let (ones, slopes) = (DVector::from_vec(ones), DVector::from_vec(slopes));
        let (a, b, d) = (
            ones.dot(&of_ones),
            ones.dot(&of_slopes),
            slopes.dot(&of_slopes),
        );
        let along = a * self.radius.powi(2) - (a * d - b * b);
        if along <= 0.0 {
            return (&of_ones * (b / a) - &of_slopes, true);
        }
        let t = (along / (1.0 - a).max(f64::EPSILON)).sqrt();
        let mut target = (&of_ones * ((t + b) / a) - &of_slopes) / t;
        target /= target.dot(&ones);
        (target, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Gram;
    use polytask_random::Seed;

    /// min bᵀw + c √(wᵀGw) over a grid of the simplex of three, refined around its best point.
    fn grid(gram: &Gram, slopes: &DVector<f64>, radius: f64) -> f64 {
        let value = |weights: &[f64]| {
            let along: f64 = weights.iter().zip(slopes.iter()).map(|(w, b)| w * b).sum();
            along + radius * gram.shared_norm(weights)
        };
        let (mut center, mut width, mut best) = ([1.0 / 3.0; 2], 1.0, f64::INFINITY);
        for _ in 0..60 {
            let mut found = center;
            for first in -6..=6 {
                for second in -6..=6 {
                    let a = (center[0] + width * f64::from(first) / 6.0).clamp(0.0, 1.0);
                    let b = (center[1] + width * f64::from(second) / 6.0).clamp(0.0, 1.0 - a);
                    let here = value(&[a, b, 1.0 - a - b]);
                    if here < best {
                        (best, found) = (here, [a, b]);
                    }
                }
            }
            center = found;
            width *= 0.7;
        }
        best
    }

    #[test]
    fn no_point_of_the_simplex_is_better() {
        for index in 0..200 {
            let mut stream = Seed(12).stream("ball", index);
            let rows: Vec<Vec<f64>> = (0..3)
                .map(|_| {
                    let length = stream.between(0.3, 3.0);
                    (0..5).map(|_| length * (0.2 + stream.normal())).collect()
                })
                .collect();
            let gram = Gram::of_rows(vec![0, 1, 2], &rows).unwrap();
            let mean = [1.0 / 3.0; 3];
            let norm = gram.shared_norm(&mean);
            let slopes = DVector::from_vec(gram.projections(&mean)) / norm;
            for radius in [0.1, 0.5, 0.9, 2.0] {
                let directions = Directions::of(&gram);
                let scaled = slopes.component_div(&directions.norms);
                let solved = ball(&directions, &scaled, radius, gram.rounding());
                let mut weights = solved.point.component_div(&directions.norms);
                weights /= weights.sum();
                let found = slopes.dot(&weights) + radius * gram.shared_norm(weights.as_slice());
                let wanted = grid(&gram, &slopes, radius);
                assert!(
                    found <= wanted + 1e-9,
                    "{index}, c = {radius}: {found}, {wanted}"
                );
                assert!(
                    solved.residual < 1e-9,
                    "{index}, c = {radius}: {}",
                    solved.residual
                );
            }
        }
    }
}
