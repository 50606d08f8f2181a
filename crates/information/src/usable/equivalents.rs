//! Label equivalents: how many labels a task alone would need to be as good as it is with the others.
//!
//! Read off a measured learning curve, linear in the logarithm of the number of labels between measured points, and never beyond them.

use serde::Serialize;

use crate::InformationError;
use crate::error::{all_finite, at_least};

/// Where a learning curve reaches a cost.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Equivalent {
    /// With fewer labels than were tried.
    Below(f64),
    /// With so many.
    Labels(f64),
    /// Not with as many as were tried.
    Above(f64),
}

/// The number of labels with which a curve of (labels, cost) first falls to `cost`.
///
/// # Errors
/// If there are fewer than two points, their labels do not ascend from above 0, or a number is not finite.
///
/// ```
/// use polytask_information::usable::{Equivalent, label_equivalents};
///
/// let curve = [(100.0, 0.9), (200.0, 0.7), (400.0, 0.6)];
/// // Half of the way in cost is half of it in the logarithm.
/// let Equivalent::Labels(labels) = label_equivalents(&curve, 0.8)? else { panic!() };
/// assert!((labels - 100.0 * 2f64.sqrt()).abs() < 1e-9);
/// assert_eq!(label_equivalents(&curve, 0.5)?, Equivalent::Above(400.0));
/// assert_eq!(label_equivalents(&curve, 1.0)?, Equivalent::Below(100.0));
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn label_equivalents(curve: &[(f64, f64)], cost: f64) -> Result<Equivalent, InformationError> {
    at_least("points of a learning curve", curve.len(), 2)?;
    let numbers: Vec<f64> = curve.iter().flat_map(|&(n, cost)| [n.ln(), cost]).collect();
    all_finite("point of a learning curve", &numbers)?;
    all_finite("cost", &[cost])?;
    let descends = curve.windows(2).position(|pair| match pair {
        [(n, _), (m, _)] => m <= n,
        _ => false,
    });
    if let Some(index) = descends {
        return Err(InformationError::Value {
            what: "labels of a learning curve",
            index,
            value: curve.get(index).map_or(f64::NAN, |&(n, _)| n),
            wanted: "below the next",
        });
    }
    let (first, last) = match curve {
        [first, .., last] => (*first, *last),
        _ => return Ok(Equivalent::Above(f64::NAN)),
    };
    if cost >= first.1 {
        return Ok(Equivalent::Below(first.0));
    }
    let crossing = curve.windows(2).find_map(|pair| match pair {
        &[(n, high), (m, low)] if high > cost && low <= cost => {
            let way = (high - cost) / (high - low);
            Some((n.ln() + way * (m / n).ln()).exp())
        }
        _ => None,
    });
    Ok(crossing.map_or(Equivalent::Above(last.0), Equivalent::Labels))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_read_where_it_first_falls_so_low() {
        // It gets worse again: what is reached once is reached.
        let curve = [(10.0, 1.0), (20.0, 0.5), (40.0, 0.8), (80.0, 0.4)];
        let found = |cost| label_equivalents(&curve, cost).unwrap();
        for (cost, wanted) in [(0.5, 20.0), (0.45, 40.0 * 2f64.powf(0.35 / 0.4))] {
            let Equivalent::Labels(labels) = found(cost) else {
                panic!("{:?}", found(cost))
            };
            assert!((labels - wanted).abs() < 1e-9, "{labels}, wanted {wanted}");
        }
        assert!(label_equivalents(&[(10.0, 1.0), (10.0, 0.5)], 0.7).is_err());
        assert!(label_equivalents(&[(0.0, 1.0), (10.0, 0.5)], 0.7).is_err());
    }
}
