//! How far one label law is from another: Kullback-Leibler and Jensen-Shannon, nats.
//!
//! Between tasks with the same class names these measure **prior shift**, not relatedness.

use crate::InformationError;
use crate::error::{at_least, is_law, same_length};
use crate::special::x_ln_x;

/// KL(p || q) = Σ p ln(p/q); +infinity where p has mass and q none.
///
/// # Errors
/// If the laws differ in length or one is not a distribution.
///
/// ```
/// use polytask_information::discrete::kullback_leibler;
///
/// let (p, q) = ([0.5, 0.5, 0.0], [0.25, 0.25, 0.5]);
/// assert!((kullback_leibler(&p, &q)? - f64::ln(2.0)).abs() < 1e-15);
/// // q has mass where p has none.
/// assert_eq!(kullback_leibler(&q, &p)?, f64::INFINITY);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn kullback_leibler(p: &[f64], q: &[f64]) -> Result<f64, InformationError> {
    same_length("classes of two laws", p.len(), q.len())?;
    is_law("first law", p)?;
    is_law("second law", q)?;
    Ok(p.iter()
        .zip(q)
        .map(|(&p, &q)| match (p > 0.0, q > 0.0) {
            (false, _) => 0.0,
            (true, false) => f64::INFINITY,
            (true, true) => p * (p / q).ln(),
        })
        .sum())
}

/// JS(p, q) = H((p+q)/2) - (H(p)+H(q))/2, between 0 and ln 2.
///
/// # Errors
/// As [`kullback_leibler`].
pub fn jensen_shannon(p: &[f64], q: &[f64]) -> Result<f64, InformationError> {
    generalised_jensen_shannon(&[p, q], &[0.5, 0.5])
}

/// H(Σ w p) - Σ w H(p) over any number of laws, between 0 and the entropy of the weights.
///
/// # Errors
/// If there is no law, lengths differ, or a law or the weights are not a distribution.
pub fn generalised_jensen_shannon(
    laws: &[&[f64]],
    weights: &[f64],
) -> Result<f64, InformationError> {
    at_least("laws", laws.len(), 1)?;
    same_length("laws and weights", laws.len(), weights.len())?;
    is_law("weights", weights)?;
    let classes = laws.first().map_or(0, |law| law.len());
    let mut mean = vec![0.0; classes];
    let mut within = 0.0;
    for (law, weight) in laws.iter().zip(weights) {
        same_length("classes of two laws", classes, law.len())?;
        is_law("law", law)?;
        mean.iter_mut()
            .zip(*law)
            .for_each(|(mean, p)| *mean += weight * p);
        within += weight * law_entropy(law);
    }
    Ok(law_entropy(&mean) - within)
}

/// (c + 1/2)/(n + K/2): the smoothing of Krichevsky and Trofimov, under which no class is impossible.
///
/// ```
/// use polytask_information::discrete::krichevsky_trofimov;
///
/// assert_eq!(krichevsky_trofimov(&[3, 0]), [3.5 / 4.0, 0.5 / 4.0]);
/// ```
#[must_use]
pub fn krichevsky_trofimov(counts: &[u64]) -> Vec<f64> {
    let n: u64 = counts.iter().sum();
    let total = n as f64 + counts.len() as f64 / 2.0;
    counts
        .iter()
        .map(|&count| (count as f64 + 0.5) / total)
        .collect()
}

/// -Σ p ln p of a law, nats.
#[must_use]
pub fn law_entropy(law: &[f64]) -> f64 {
    -law.iter().map(|&p| x_ln_x(p)).sum::<f64>()
}
