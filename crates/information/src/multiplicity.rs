//! Many tests at once: how many of the "significant" ones are false.

/// q-values of Benjamini and Hochberg (1995): calling everything with q <= 0.05 significant makes at most 5 % of the calls
/// false on average. Places without a p-value have no q-value and do not count as tests.
///
/// ```
/// use polytask_information::benjamini_hochberg;
///
/// let q = benjamini_hochberg(&[Some(0.01), None, Some(0.04), Some(0.03), Some(0.5)]);
/// assert!((q[0].unwrap() - 0.04).abs() < 1e-15);
/// // 0.03 may not be less trusted than 0.04 is.
/// assert_eq!(q[3], q[2]);
/// assert_eq!(q[1], None);
/// ```
#[must_use]
pub fn benjamini_hochberg(p: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut tests: Vec<(usize, f64)> = p
        .iter()
        .enumerate()
        .filter_map(|(place, p)| Some((place, (*p)?)))
        .collect();
    tests.sort_by(|left, right| right.1.total_cmp(&left.1));
    let count = tests.len();
    let mut q = vec![None; p.len()];
    let mut smallest = 1.0f64;
    for (passed, (place, p)) in tests.into_iter().enumerate() {
        let rank = count - passed;
        smallest = smallest.min(p * count as f64 / rank as f64);
        if let Some(q) = q.get_mut(place) {
            *q = Some(smallest);
        }
    }
    q
}
