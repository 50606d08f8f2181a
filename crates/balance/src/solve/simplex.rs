//! The nearest point of a simplex.

use nalgebra::DVector;

/// The nearest point to `point` with every number at least `floor` and the sum 1. A floor beyond 1/n is taken as 1/n.
///
/// Σ max(p_i − s, 0) = 1 − n·floor, with s found by sorting (Held, Wolfe, Crowder 1974).
pub(crate) fn project(point: &DVector<f64>, floor: f64) -> DVector<f64> {
    let count = point.len();
    if count == 0 {
        return point.clone();
    }
    let floor = floor.min(1.0 / count as f64);
    let sum = (1.0 - floor * count as f64).max(0.0);
    let mut sorted: Vec<f64> = point.iter().copied().collect();
    sorted.sort_unstable_by(|first, second| second.total_cmp(first));
    let mut total = 0.0;
    let mut shift = f64::INFINITY;
    for (taken, value) in sorted.iter().enumerate() {
        total += value;
        let candidate = (total - sum) / (taken + 1) as f64;
        if *value <= candidate && taken > 0 {
            break;
        }
        shift = candidate;
    }
    point.map(|value| floor + (value - shift).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projection_is_worked_out_by_hand() {
        let project = |point: &[f64], floor| {
            let point = DVector::from_column_slice(point);
            super::project(&point, floor).as_slice().to_vec()
        };
        assert_eq!(project(&[0.5, 0.5], 0.0), [0.5, 0.5]);
        assert_eq!(project(&[2.0, 0.0], 0.0), [1.0, 0.0]);
        assert_eq!(project(&[1.0, 0.5, -3.0], 0.0), [0.75, 0.25, 0.0]);
        assert_eq!(project(&[5.0, 0.0], 0.25), [0.75, 0.25]);
        assert_eq!(project(&[5.0, 0.0], 0.9), [0.5, 0.5]);
    }
}
