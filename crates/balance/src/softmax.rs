//! Softmax without overflow.

/// e^x_t / Σ e^x; equal shares if no number is finite from above.
pub(crate) fn softmax(values: &[f64]) -> Vec<f64> {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if !largest.is_finite() {
        return vec![1.0 / values.len().max(1) as f64; values.len()];
    }
    let powers: Vec<f64> = values.iter().map(|value| (value - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn huge_numbers_do_not_overflow() {
        let shares = softmax(&[1000.0, 1000.0 + 3.0_f64.ln(), -1e9]);
        assert!((shares[0] - 0.25).abs() < 1e-12 && (shares[1] - 0.75).abs() < 1e-12);
        assert_eq!(shares[2], 0.0);
        assert_eq!(softmax(&[f64::NAN, f64::NAN]), [0.5, 0.5]);
    }
}
