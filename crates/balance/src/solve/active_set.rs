//! One number at a time: what finishes a bounded problem where whole guesses go round in circles.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::{DMatrix, DVector};

use super::factor::Factor;
use super::tableau::WRONG;

/// min ½ xᵀAx + qᵀx over x ≥ 0 from a point that is not negative (Lawson and Hanson 1974): the best of the numbers that are
/// above 0 is gone towards until one of them reaches 0, which is then held; where none does, the number whose slack is most
/// negative is let go. The objective falls at every step, so that no set comes twice; the factor of the set is kept, so
/// that a step costs n² multiplications.
pub(super) fn finish(
    matrix: &DMatrix<f64>,
    linear: &DVector<f64>,
    mut point: DVector<f64>,
) -> DVector<f64> {
    let size = linear.len();
    let mut factor = Factor::default();
    for index in (0..size).filter(|&index| point[index] > 0.0) {
        factor.push(index, matrix);
    }
    // What rounding alone would let go, until something else moves.
    let mut refused = vec![false; size];
    for _ in 0..10 * size + 100 {
        let right: Vec<f64> = factor.chosen.iter().map(|&index| -linear[index]).collect();
        let best = factor.solve(&right);
        let pairs = factor.chosen.iter().zip(best.iter());
        let share = pairs
            .filter(|(_, value)| **value <= 0.0)
            .map(|(&index, value)| point[index] / (point[index] - value))
            .fold(1.0, f64::min);
        if share < 1.0 || best.iter().any(|value| *value <= 0.0) {
            let mut reached = Vec::new();
            for (position, (&index, value)) in factor.chosen.iter().zip(best.iter()).enumerate() {
                let before = point[index];
                let is_first = *value <= 0.0 && before / (before - value) <= share;
                point[index] = (before + share * (value - before)).max(0.0);
                if is_first || point[index] == 0.0 {
                    point[index] = 0.0;
                    refused[index] |= before == 0.0;
                    reached.push(position);
                }
            }
            for position in reached.into_iter().rev() {
                factor.remove(position);
            }
            if share > 0.0 {
                // The one that was let go moved.
                continue;
            }
        } else {
            for (&index, value) in factor.chosen.iter().zip(best.iter()) {
                point[index] = *value;
            }
            refused.fill(false);
        }
        let mut slack = linear.clone();
        for &index in &factor.chosen {
            slack.axpy(point[index], &matrix.column(index), 1.0);
        }
        let held = (0..size).filter(|&index| point[index] == 0.0 && !refused[index]);
        let steepest = held.min_by(|&first, &second| slack[first].total_cmp(&slack[second]));
        let Some(index) = steepest.filter(|&index| slack[index] < -WRONG) else {
            break;
        };
        factor.push(index, matrix);
    }
    point
}
