//! Nemenman, Shafee and Bialek's entropy (2002): a mixture of Dirichlet priors that is nearly flat in the entropy itself.
//!
//! A symmetric Dirichlet prior of concentration β fixes the entropy almost entirely before the data are seen: its mean is
//! ξ(β) = ψ(Kβ+1) - ψ(β+1) with little spread. Weighing β by dξ/dβ undoes that. One integral over ln β is left.

use crate::special::{ln_gamma, psi};

/// The posterior mean entropy, nats, of counts (seen classes only) over `classes` possible ones.
pub(super) fn entropy(counts: &[f64], classes: usize) -> f64 {
    let k = classes as f64;
    if classes < counts.len() || classes == 0 {
        return f64::NAN;
    }
    if classes == 1 {
        return 0.0;
    }
    let n: f64 = counts.iter().sum();
    // The integrand in ln β is smooth and falls off on both sides, where the trapezoid rule converges fastest; the grid is
    // fine enough for 1e-9 from n = 1 to n = 1e6 and K from 2 to 1e5.
    let grid: Vec<(f64, f64)> = (0..=STEPS)
        .map(|step| {
            let beta = (LOW + (HIGH - LOW) * step as f64 / STEPS as f64).exp();
            (log_weight(counts, n, k, beta), mean(counts, n, k, beta))
        })
        .collect();
    let largest = grid
        .iter()
        .map(|(weight, _)| *weight)
        .fold(f64::NEG_INFINITY, f64::max);
    let (mut total, mut weighed) = (0.0, 0.0);
    for (weight, mean) in grid {
        let weight = (weight - largest).exp();
        total += weight;
        weighed += weight * mean;
    }
    weighed / total
}

const STEPS: usize = 4000;
/// ln of the smallest and of the largest concentration.
const LOW: f64 = -25.0;
const HIGH: f64 = 25.0;

/// ln of [evidence of β · dξ/dβ · β] (the last for integrating over ln β).
fn log_weight(counts: &[f64], n: f64, k: f64, beta: f64) -> f64 {
    let slope = k * trigamma(k * beta + 1.0) - trigamma(beta + 1.0);
    let evidence: f64 = counts
        .iter()
        .map(|&count| ln_rising(beta, count))
        .sum::<f64>()
        - ln_rising(k * beta, n);
    evidence + slope.ln() + beta.ln()
}

/// ln Γ(x + n) - ln Γ(x), without the cancellation of two large logarithms.
fn ln_rising(x: f64, n: f64) -> f64 {
    if n <= 4096.0 {
        return (0..n as u64).map(|step| (x + step as f64).ln()).sum();
    }
    ln_gamma(x + n) - ln_gamma(x)
}

/// The posterior mean entropy at one concentration.
fn mean(counts: &[f64], n: f64, k: f64, beta: f64) -> f64 {
    let total = n + k * beta;
    let unseen = k - counts.len() as f64;
    let of = |count: f64| (count + beta) / total * psi(count + beta + 1.0);
    psi(total + 1.0) - counts.iter().map(|&count| of(count)).sum::<f64>() - unseen * of(0.0)
}

/// ψ'(x) for x > 0: the recurrence up to 12, then the asymptotic series.
fn trigamma(mut x: f64) -> f64 {
    let mut value = 0.0;
    while x < 12.0 {
        value += 1.0 / (x * x);
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    let series = inverse
        * (1.0 / 6.0
            - inverse
                * (1.0 / 30.0
                    - inverse * (1.0 / 42.0 - inverse * (1.0 / 30.0 - inverse * 5.0 / 66.0))));
    value + 1.0 / x + inverse / 2.0 + series / x
}
