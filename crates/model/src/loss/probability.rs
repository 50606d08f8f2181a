//! From logits to probabilities and back in f64, and their sums of exponentials on tensors.

use burn::tensor::{Tensor, activation};

/// σ(x) = 1 / (1 + exp(-x)), without overflow.
pub(super) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let power = x.exp();
        power / (1.0 + power)
    }
}

/// exp(x) / Σ exp(x).
pub(super) fn softmax(x: &[f64]) -> Vec<f64> {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = x.iter().map(|value| (value - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

/// ln(p / (1 - p)).
pub(super) fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

/// Shares of the classes among the labels. If a class never occurs, (n + ½) / (N + K/2) for all (Krichevsky and
/// Trofimov 1981), for a share of 0 has no logarithm.
pub(super) fn shares(counts: &[f64]) -> Vec<f64> {
    let add = if counts.iter().all(|&count| count > 0.0) {
        0.0
    } else {
        0.5
    };
    let total: f64 = counts.iter().map(|count| count + add).sum();
    counts.iter().map(|count| (count + add) / total).collect()
}

/// The share of yeses, smoothed like [`shares`].
pub(super) fn share_of_yes(&[noes, yeses]: &[f64; 2]) -> f64 {
    shares(&[noes, yeses]).last().copied().unwrap_or(0.5)
}

/// ln(1 + exp(x)) element by element; its gradient is σ(x) everywhere, also at 0 where a formula with |x| has none.
pub(super) fn softplus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    activation::softplus(x, 1.0)
}

/// ln Σ exp(x) over the columns, `[rows, 1]`.
pub(crate) fn log_sum_exp(x: Tensor<2>) -> Tensor<2> {
    let largest = x.clone().detach().max_dim(1);
    (x - largest.clone()).exp().sum_dim(1).log() + largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logit_is_the_inverse_of_sigmoid() {
        for x in [-30.0, -1.5, 0.0, 0.1, 12.0] {
            assert!(
                (logit(sigmoid(x)) - x).abs() < 1e-3 * (1.0 + x.abs()),
                "{x}"
            );
        }
    }

    #[test]
    fn softmax_of_huge_logits_is_finite() {
        assert_eq!(softmax(&[1e300, 0.0, -1e300]), [1.0, 0.0, 0.0]);
    }

    #[test]
    fn shares_are_smoothed_only_if_a_class_is_empty() {
        assert_eq!(shares(&[1.0, 3.0]), [0.25, 0.75]);
        assert_eq!(shares(&[0.0, 3.0]), [0.125, 0.875]);
        assert_eq!(shares(&[0.0, 0.0]), [0.5, 0.5]);
    }
}
