//! Maps from scores to shares: softmax, sparsemax and entmax-1.5, in f64. The reference the tensor versions are tested against.

/// exp(a)/Σ exp(a).
#[must_use]
pub fn softmax(scores: &[f64]) -> Vec<f64> {
    let total = crate::special::ln_sum_exp(scores.iter().copied());
    scores.iter().map(|score| (score - total).exp()).collect()
}

/// The point of the simplex nearest to the scores (Martins, Astudillo 2016): max(a - τ, 0).
///
/// ```
/// use polytask_information::gates::sparsemax;
///
/// let shares = sparsemax(&[1.0, 0.6, -0.2, -1.0]);
/// assert!((shares[0] - 0.7).abs() < 1e-12 && shares[2] == 0.0);
/// ```
#[must_use]
pub fn sparsemax(scores: &[f64]) -> Vec<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|left, right| right.total_cmp(left));
    let (mut sum, mut threshold) = (0.0, 0.0);
    for (passed, score) in sorted.iter().enumerate() {
        sum += score;
        let candidate = (sum - 1.0) / (passed as f64 + 1.0);
        if *score > candidate {
            threshold = candidate;
        }
    }
    scores
        .iter()
        .map(|score| (score - threshold).max(0.0))
        .collect()
}

/// Between the two (Peters, Niculae, Martins 2019): max(a/2 - τ, 0)².
#[must_use]
pub fn entmax15(scores: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = scores.iter().map(|score| score / 2.0).collect();
    sorted.sort_by(|left, right| right.total_cmp(left));
    let (mut sum, mut squares, mut threshold) = (0.0, 0.0, 0.0);
    for (passed, score) in sorted.iter().enumerate() {
        let k = passed as f64 + 1.0;
        sum += score;
        squares += score * score;
        let mean = sum / k;
        // (1 - k var)/k: the root exists while the support is not too wide.
        let room = (1.0 - (squares - k * mean * mean)) / k;
        if room < 0.0 {
            break;
        }
        let candidate = mean - room.sqrt();
        if candidate <= *score {
            threshold = candidate;
        }
    }
    scores
        .iter()
        .map(|score| (score / 2.0 - threshold).max(0.0).powi(2))
        .collect()
}
