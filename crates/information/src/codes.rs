//! How much the tasks' mixes of shared codes differ: one number for "how shared is this model".
//!
//! With p_t the normalised code usage of task t and p = Σ π_t p_t, the code-task information is I(C;T) = Σ π_t KL(p_t || p), between
//! 0 (all tasks use the same mix) and min(ln C, H(π)) (disjoint codes). Nats.

use crate::InformationError;
use crate::discrete::{jensen_shannon, law_entropy};
use crate::error::{at_least, is_law, same_length};

/// Shares |α|/Σ|α| of each code; even shares where all are 0.
#[must_use]
pub fn usage(alphas: &[f64]) -> Vec<f64> {
    let total: f64 = alphas.iter().map(|alpha| alpha.abs()).sum();
    let even = 1.0 / alphas.len().max(1) as f64;
    alphas
        .iter()
        .map(|alpha| {
            if total > 0.0 {
                alpha.abs() / total
            } else {
                even
            }
        })
        .collect()
}

/// I(C;T), nats, of usages `[tasks][codes]` under task weights π that sum to 1.
///
/// # Errors
/// If there is no task, lengths differ, or a usage or the weights are not a distribution.
///
/// ```
/// use polytask_information::codes::code_task_information;
///
/// let disjoint = [vec![1.0, 0.0], vec![0.0, 1.0]];
/// assert!((code_task_information(&disjoint, &[0.5, 0.5])? - f64::ln(2.0)).abs() < 1e-12);
/// let same = [vec![0.3, 0.7], vec![0.3, 0.7]];
/// assert!(code_task_information(&same, &[0.5, 0.5])?.abs() < 1e-12);
/// # Ok::<(), polytask_information::InformationError>(())
/// ```
pub fn code_task_information(
    usages: &[Vec<f64>],
    weights: &[f64],
) -> Result<f64, InformationError> {
    let laws: Vec<&[f64]> = usages.iter().map(Vec::as_slice).collect();
    // Σ π KL(p_t || p) is the generalised Jensen-Shannon divergence.
    crate::discrete::generalised_jensen_shannon(&laws, weights)
}

/// dI/dp_tc = π_t ln(p_tc/p_c), `[tasks][codes]`; 0 where the task does not use the code at all.
///
/// # Errors
/// As [`code_task_information`].
pub fn code_task_gradient(
    usages: &[Vec<f64>],
    weights: &[f64],
) -> Result<Vec<Vec<f64>>, InformationError> {
    at_least("tasks", usages.len(), 1)?;
    same_length("usages and weights", usages.len(), weights.len())?;
    is_law("weights", weights)?;
    let codes = usages.first().map_or(0, Vec::len);
    let mut mean = vec![0.0; codes];
    for (usage, weight) in usages.iter().zip(weights) {
        same_length("codes of two tasks", codes, usage.len())?;
        is_law("code usage", usage)?;
        mean.iter_mut()
            .zip(usage)
            .for_each(|(mean, p)| *mean += weight * p);
    }
    Ok(usages
        .iter()
        .zip(weights)
        .map(|(usage, weight)| {
            usage
                .iter()
                .zip(&mean)
                .map(|(&p, &mean)| {
                    if p > 0.0 {
                        weight * (p / mean).ln()
                    } else {
                        0.0
                    }
                })
                .collect()
        })
        .collect())
}

/// e^H of a usage: how many codes the task effectively uses, between 1 and C.
#[must_use]
pub fn effective_codes(usage: &[f64]) -> f64 {
    law_entropy(usage).exp()
}

/// Jensen-Shannon divergences of all pairs of tasks, nats, `[tasks, tasks]` row by row.
///
/// # Errors
/// As [`code_task_information`].
pub fn usage_divergences(usages: &[Vec<f64>]) -> Result<Vec<f64>, InformationError> {
    let mut values = Vec::with_capacity(usages.len() * usages.len());
    for one in usages {
        for other in usages {
            values.push(jensen_shannon(one, other)?);
        }
    }
    Ok(values)
}
