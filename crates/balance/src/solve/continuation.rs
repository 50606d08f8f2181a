//! The equation of [`power`](super::power) from Nash's solution on to the fairness that is asked for.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::DVector;

use super::Directions;
use super::cholesky::Cholesky;

/// How far the equations of the fairness that is asked for may be off.
const SOLVED: f64 = 1e-12;
/// The same of those on the way.
const NEAR: f64 = 1e-2;

/// x with Cx = s and ln s_i + b ln x_i = (b − 1) ln ‖g_i‖, b = `inverse` = 1/a ≤ 1.
///
/// A great fairness lets the weights of fast tasks vanish as (slow/fast)^a, down to 10⁻¹⁰⁰ of the others, and others cancel in
/// Cx to a millionth of their terms. Hence s is an unknown of its own, as in interior-point methods: Newton's step on both
/// equations solves (C + b S X⁻¹) δx = S r + (s − Cx), with r what the logarithms miss, and moves what falls along its
/// logarithm. b goes from 1 down to what is asked for, in steps that get longer where few Newton steps were enough. How far
/// a Newton step may go is a guess; where one does not arrive another does. `None` if none does.
pub(super) fn continued(directions: &Directions, inverse: f64) -> Option<DVector<f64>> {
    /// How far a step may move a logarithm.
    const REACHES: [f64; 6] = [10.0, 5.0, 3.0, 20.0, 7.0, 2.0];
    let lengths = directions.norms.map(f64::ln);
    let mut reaches = REACHES.into_iter();
    reaches.find_map(|reach| {
        let path = Path {
            directions,
            lengths: &lengths,
            reach,
        };
        path.follow(inverse)
    })
}

struct Path<'a> {
    directions: &'a Directions,
    /// ln ‖g‖.
    lengths: &'a DVector<f64>,
    reach: f64,
}

#[derive(Clone)]
struct Pair {
    /// x.
    point: DVector<f64>,
    /// s.
    slack: DVector<f64>,
}

impl Path<'_> {
    fn follow(&self, inverse: f64) -> Option<DVector<f64>> {
        /// Ratios of b from one problem to the next: the first, the boldest, the most timid.
        const RATIOS: [f64; 3] = [0.7, 0.5, 0.99];
        /// So few Newton steps say that the next problem may be further away.
        const EASY: usize = 15;
        let ones = DVector::repeat(self.lengths.len(), 1.0);
        let start = Pair {
            point: ones.clone(),
            slack: ones,
        };
        let [mut ratio, boldest, timid] = RATIOS;
        let (mut pair, _) = self.solve(start, 1.0, NEAR)?;
        let mut reached = 1.0;
        while reached > inverse {
            let aim = (reached * ratio).max(inverse);
            let tolerance = if aim > inverse { NEAR } else { SOLVED };
            if let Some((found, steps)) = self.solve(pair.clone(), aim, tolerance) {
                (pair, reached) = (found, aim);
                if steps < EASY {
                    ratio = ratio.powf(1.5).max(boldest);
                }
            } else {
                ratio = ratio.sqrt();
                if ratio > timid {
                    return None;
                }
            }
        }
        Some(pair.point)
    }

    /// The solution for one b, and how many steps it took.
    fn solve(&self, mut pair: Pair, inverse: f64, tolerance: f64) -> Option<(Pair, usize)> {
        const STEPS: usize = 60;
        let cosines = &self.directions.cosines;
        // What the products may be off by, as a share of the sizes of their terms.
        let rounding = 4.0 * f64::EPSILON * (cosines.nrows() as f64).sqrt();
        let sizes = cosines.abs();
        for steps in 0..STEPS {
            let Pair { point, slack } = &pair;
            let apart = slack - cosines * point;
            let missed = (inverse - 1.0) * self.lengths
                - slack.map(f64::ln)
                - point.map(|x| inverse * x.ln());
            if !missed.iter().all(|missed| missed.is_finite()) {
                return None;
            }
            let terms = &sizes * point;
            let is_together = (0..point.len()).all(|index| {
                apart[index].abs() <= rounding * terms[index] + tolerance * slack[index]
            });
            if is_together && missed.amax() < tolerance {
                return Some((pair, steps));
            }
            pair = self.moved(&pair, inverse, &apart, &missed)?;
        }
        None
    }

    /// One Newton step; the matrix has its diagonal brought to 1, so that the tiniest x does not hide the others.
    fn moved(
        &self,
        Pair { point, slack }: &Pair,
        inverse: f64,
        apart: &DVector<f64>,
        missed: &DVector<f64>,
    ) -> Option<Pair> {
        let steepness = slack.component_div(point) * inverse;
        let scales = steepness.map(|steep| (1.0 + steep).sqrt().recip());
        let mut matrix = self.directions.cosines.clone();
        for (mut column, scale) in matrix.column_iter_mut().zip(scales.iter()) {
            column.zip_apply(&scales, |value, other| *value *= scale * other);
        }
        matrix.fill_diagonal(1.0);
        let right = slack.component_mul(missed) + apart;
        let solved = Cholesky::of(matrix)?.solve(&right.component_mul(&scales));
        // Changes as shares: of x, and of s by the second equation.
        let changes = solved.component_mul(&scales).component_div(point);
        let others = missed - &changes * inverse;
        let largest = changes.amax().max(others.amax());
        if !largest.is_finite() {
            return None;
        }
        let share = (self.reach / largest).min(1.0);
        let go = |value: f64, change: f64| {
            let change = share * change;
            value
                * if change >= 0.0 {
                    1.0 + change
                } else {
                    change.exp()
                }
        };
        Some(Pair {
            point: point.zip_map(&changes, go),
            slack: slack.zip_map(&others, go),
        })
    }
}
