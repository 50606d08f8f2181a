//! An order of tasks that puts related ones side by side: hierarchical clustering by average linkage.

/// Places in the order of the leaves; `similarity` is symmetric, none where nothing is known.
pub(super) fn order(tasks: usize, similarity: impl Fn(usize, usize) -> Option<f64>) -> Vec<usize> {
    let mut clusters: Vec<Vec<usize>> = (0..tasks).map(|task| vec![task]).collect();
    while clusters.len() > 1 {
        let mut best = (f64::NEG_INFINITY, 0, 1);
        for (left, one) in clusters.iter().enumerate() {
            for (right, other) in clusters.iter().enumerate().skip(left + 1) {
                let sum: f64 = one
                    .iter()
                    .flat_map(|&a| other.iter().map(move |&b| (a, b)))
                    .map(|(a, b)| similarity(a, b).unwrap_or(0.0))
                    .sum();
                let mean = sum / (one.len() * other.len()) as f64;
                if mean > best.0 {
                    best = (mean, left, right);
                }
            }
        }
        let moved = clusters.remove(best.2);
        if let Some(cluster) = clusters.get_mut(best.1) {
            cluster.extend(moved);
        }
    }
    clusters.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn related_tasks_stand_side_by_side() {
        let found = order(6, |a, b| Some(if a % 2 == b % 2 { 1.0 } else { 0.1 }));
        assert_eq!(found, [0, 2, 4, 1, 3, 5]);
    }
}
