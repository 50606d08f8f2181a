//! Special functions under the names the formulas use.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};
use statrs::function::gamma;

/// x ln x with 0 ln 0 = 0.
pub(crate) fn x_ln_x(x: f64) -> f64 {
    if x > 0.0 { x * x.ln() } else { 0.0 }
}

/// Digamma.
pub(crate) fn psi(x: f64) -> f64 {
    gamma::digamma(x)
}

/// ln Gamma.
pub(crate) fn ln_gamma(x: f64) -> f64 {
    gamma::ln_gamma(x)
}

/// P(chi-squared with `freedom` degrees >= `value`); 1 if there is no degree of freedom.
pub(crate) fn chi_squared_tail(value: f64, freedom: f64) -> f64 {
    if freedom <= 0.0 || value <= 0.0 {
        return 1.0;
    }
    gamma::checked_gamma_ur(freedom / 2.0, value / 2.0).unwrap_or(0.0)
}

/// The normal quantile.
pub(crate) fn normal_quantile(probability: f64) -> f64 {
    Normal::standard().inverse_cdf(probability)
}

/// The quantile of Student's t; NaN if there is no degree of freedom.
pub(crate) fn student_quantile(probability: f64, freedom: f64) -> f64 {
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |law| law.inverse_cdf(probability))
}

/// -p ln p - (1-p) ln(1-p), nats.
pub(crate) fn binary_entropy(p: f64) -> f64 {
    -x_ln_x(p) - x_ln_x(1.0 - p)
}

/// The sum, with the lost low bits carried along (Neumaier 1974): sums of many rows do not depend on their number.
pub(crate) fn sum(values: impl IntoIterator<Item = f64>) -> f64 {
    let (mut total, mut lost) = (0.0f64, 0.0f64);
    for value in values {
        let next = total + value;
        lost += if total.abs() >= value.abs() {
            (total - next) + value
        } else {
            (value - next) + total
        };
        total = next;
    }
    if total.is_finite() {
        total + lost
    } else {
        total
    }
}

/// The mean; NaN of nothing.
pub(crate) fn mean(values: &[f64]) -> f64 {
    sum(values.iter().copied()) / values.len() as f64
}

/// Mean and variance (divided by n - 1; 0 for fewer than two). Values that are all the same have exactly these two, whatever rounding
/// makes of their sum.
pub(crate) fn mean_and_variance(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    if values.is_empty() {
        return (f64::NAN, f64::NAN);
    }
    if let [first, rest @ ..] = values
        && rest.iter().all(|value| value == first)
    {
        return (*first, 0.0);
    }
    let mean = sum(values.iter().copied()) / n;
    let squares = sum(values.iter().map(|value| (value - mean).powi(2)));
    (mean, if n > 1.0 { squares / (n - 1.0) } else { 0.0 })
}

/// Third standardised moment; 0 if all values are one.
pub(crate) fn skewness(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = mean(values);
    let moment = |power| sum(values.iter().map(|value| (value - mean).powi(power))) / n;
    let variance = moment(2);
    if variance > 0.0 {
        moment(3) / variance.powf(1.5)
    } else {
        0.0
    }
}

/// ln sum exp, without overflow; -infinity of nothing.
pub(crate) fn ln_sum_exp(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_infinite() {
        return largest;
    }
    largest
        + values
            .map(|value| (value - largest).exp())
            .sum::<f64>()
            .ln()
}

/// The `level` quantile of sorted values, linear between neighbours (type 7).
pub(crate) fn quantile(sorted: &[f64], level: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let place = level.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let value = |index: usize| sorted.get(index.min(last)).copied().unwrap_or(f64::NAN);
    let share = place - below as f64;
    value(below) * (1.0 - share) + value(below + 1) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_no_variance() {
        for value in [0.1, 2.5, -1.0 / 3.0, 1e300] {
            for count in 1..50 {
                assert_eq!(mean_and_variance(&vec![value; count]), (value, 0.0));
            }
        }
        let (mean, variance) = mean_and_variance(&[0.1, 0.1, 0.4]);
        assert!((mean - 0.2).abs() < 1e-15 && (variance - 0.03).abs() < 1e-15);
    }
}
