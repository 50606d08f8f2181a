//! The Gaussian law of the same variances whose correlations all come from a forest: each pair of numbers is coupled by the
//! product of the correlations along the way between them, and not at all where there is none.
//!
//! The likeliest such law has the forest of most information, -½ ln(1 - r²) an edge (Chow and Liu 1968; of Gaussians, Tan,
//! Anandkumar and Willsky 2010). An edge costs ½ ln n + ln T of the n rows' likelihood, for T numbers: the extended
//! Bayesian information criterion with γ = ½ (Foygel and Drton 2010), without which some of many pairs would always look coupled.

use super::square::at;

/// Two numbers and the correlation of their residuals.
struct Edge {
    places: [usize; 2],
    correlation: f64,
    /// Likelihood that it is worth beyond what it costs, nats.
    gain: f64,
}

/// The covariance whose edges are those of this one that pay; `rows` are those with both numbers of a pair.
pub(super) fn of_forest(covariance: &[Vec<f64>], rows: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let numbers = covariance.len();
    let mut edges: Vec<Edge> = (0..numbers)
        .flat_map(|left| (left + 1..numbers).map(move |right| [left, right]))
        .filter_map(|places| edge(covariance, rows, places))
        .collect();
    edges.sort_by(|one, other| other.gain.total_cmp(&one.gain));
    // Correlations so far; a pair without a way between them has none.
    let mut correlations: Vec<Vec<f64>> = (0..numbers)
        .map(|own| {
            (0..numbers)
                .map(|other| f64::from(u8::from(own == other)))
                .collect()
        })
        .collect();
    let mut trees: Vec<usize> = (0..numbers).collect();
    for edge in edges {
        join(&mut correlations, &mut trees, &edge);
    }
    for (own, row) in correlations.iter_mut().enumerate() {
        for (other, value) in row.iter_mut().enumerate() {
            *value *= (at(covariance, own) * at(covariance, other)).sqrt();
        }
    }
    correlations
}

/// The edge between two numbers, if it pays.
fn edge(covariance: &[Vec<f64>], rows: &[Vec<f64>], places: [usize; 2]) -> Option<Edge> {
    let [left, right] = places;
    let entry = |matrix: &[Vec<f64>]| matrix.get(left)?.get(right).copied();
    let scale = (at(covariance, left) * at(covariance, right)).sqrt();
    let (shared, rows) = (entry(covariance)?, entry(rows)?);
    if scale <= 0.0 || rows < 1.0 {
        return None;
    }
    let correlation = (shared / scale).clamp(-1.0, 1.0);
    let information = -0.5
        * (1.0 - correlation * correlation)
            .max(f64::MIN_POSITIVE)
            .ln();
    let gain = rows * information - 0.5 * rows.ln() - (covariance.len() as f64).ln();
    (gain > 0.0).then_some(Edge {
        places,
        correlation,
        gain,
    })
}

/// Adds an edge between two trees; one within a tree closes a circle and is left out.
fn join(correlations: &mut [Vec<f64>], trees: &mut [usize], edge: &Edge) {
    let [left, right] = edge.places;
    let (Some(&from), Some(&to)) = (trees.get(left), trees.get(right)) else {
        return;
    };
    if from == to {
        return;
    }
    let members = |tree: usize| -> Vec<usize> {
        let each = trees.iter().enumerate();
        each.filter_map(|(place, own)| (*own == tree).then_some(place))
            .collect()
    };
    let (one, other) = (members(from), members(to));
    let along = |place: usize, end: usize| {
        let row = correlations.get(place)?;
        row.get(end).copied()
    };
    let mut ways = Vec::with_capacity(one.len() * other.len());
    for &a in &one {
        for &b in &other {
            let [to_left, from_right] =
                [along(a, left), along(b, right)].map(Option::unwrap_or_default);
            ways.push((a, b, to_left * edge.correlation * from_right));
        }
    }
    for (a, b, value) in ways {
        for [row, column] in [[a, b], [b, a]] {
            if let Some(slot) = correlations
                .get_mut(row)
                .and_then(|row| row.get_mut(column))
            {
                *slot = value;
            }
        }
    }
    for tree in trees.iter_mut().filter(|tree| **tree == to) {
        *tree = from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlations_multiply_along_the_way() {
        let correlations = [
            [1.0, 0.8, 0.1, 0.0],
            [0.8, 1.0, 0.6, 0.0],
            [0.1, 0.6, 1.0, 0.1],
            [0.0, 0.0, 0.1, 1.0],
        ];
        let scales = [1.0, 2.0, 0.5, 3.0];
        let covariance: Vec<Vec<f64>> = (0..4)
            .map(|a| {
                (0..4)
                    .map(|b| correlations[a][b] * scales[a] * scales[b])
                    .collect()
            })
            .collect();
        let rows = vec![vec![100.0; 4]; 4];
        let found = of_forest(&covariance, &rows);
        // 100 rows are not enough to say that a correlation of 0.1 is one.
        let wanted = [
            [1.0, 0.8, 0.48, 0.0],
            [0.8, 1.0, 0.6, 0.0],
            [0.48, 0.6, 1.0, 0.0],
            [0.0, 0.0, 0.0, 1.0],
        ];
        for a in 0..4 {
            for b in 0..4 {
                let wanted = wanted[a][b] * scales[a] * scales[b];
                assert!(
                    (found[a][b] - wanted).abs() < 1e-12,
                    "{a} {b} {}",
                    found[a][b]
                );
            }
        }
    }

    /// An edge that few rows speak for has to say more.
    #[test]
    fn an_edge_must_pay_for_itself() {
        let covariance = vec![vec![1.0, 0.3], vec![0.3, 1.0]];
        // Its information is 0.0472 nats; its price ½ ln n + ln 2.
        for (rows, is_kept) in [(40.0, false), (50.0, false), (80.0, true)] {
            let found = of_forest(&covariance, &vec![vec![rows; 2]; 2]);
            assert_eq!(found[0][1] != 0.0, is_kept, "{rows}");
        }
    }
}
