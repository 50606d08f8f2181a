//! Sparse weights of codes by proximal maps: μ‖A‖₁ and λ Σ_g ‖A_g‖₂ over groups g.
//!
//! After a step of length η each weight is brought η μ nearer to 0 and not past it, and then each group's norm by η λ, which is
//! argmin_X ½‖X - A‖² + η (μ‖X‖₁ + λ Σ_g ‖X_g‖₂): for groups that do not overlap the two maps one after the other are the map of the
//! sum (Friedman, Hastie and Tibshirani 2010, A note on the group lasso and a sparse group lasso). Groups are a code's weights in all
//! tasks, as in the joint feature selection of Obozinski, Taskar and Jordan 2010 (the ℓ2,1 norm), or in one. As with the trace norm, it
//! is exact for plain gradient descent, and after a step that scales coordinates (Adam) the same map in the plain metric.

use super::{Codes, Gate, Groups};
use crate::head::Head;
use crate::initial::replace;
use crate::matrix::Matrix;

/// Strengths that act by the proximal map now: of ‖·‖₁ and of the groups' norms; none if neither does.
fn strengths(codes: &Codes) -> Option<(f64, f64)> {
    let of_l1 = if codes.proximal { codes.l1 } else { 0.0 };
    let (l1, group) = (of_l1, codes.group_lasso);
    (l1 > 0.0 || group > 0.0).then_some((l1 * codes.strength, group * codes.strength))
}

/// What it costs, without a gradient; none where nothing acts so.
pub(super) fn cost(codes: &Codes, heads: &[Head]) -> Option<f64> {
    let (l1, group) = strengths(codes)?;
    let weights: Vec<Matrix> = heads.iter().filter_map(weights).collect();
    let sizes = weights.iter().flat_map(Matrix::values);
    let sizes: f64 = sizes.map(|weight| weight.abs()).sum();
    let norms: f64 = norms(codes.groups, &weights).iter().flatten().sum();
    Some(l1 * sizes + group * norms)
}

/// The proximal map after a step of this length.
pub(super) fn shrink(codes: &Codes, heads: &mut [Head], rate: f64) {
    let Some((l1, group)) = strengths(codes) else {
        return;
    };
    let nearer = |weight: f64| weight.signum() * (weight.abs() - rate * l1).max(0.0);
    let softened: Vec<Matrix> = heads
        .iter()
        .filter_map(weights)
        .map(|weights| weights.mapped(nearer))
        .collect();
    let norms = norms(codes.groups, &softened);
    let kept = |norm: &f64| match *norm > rate * group {
        true => 1.0 - rate * group / norm,
        false => 0.0,
    };
    let free = heads.iter_mut().filter_map(|head| {
        let gate = head.mixing.gate_mut()?;
        matches!(gate, Gate::Free(_)).then_some(gate)
    });
    // The groups of codes are those of every head.
    for ((gate, weights), norms) in free.zip(softened).zip(norms.iter().cycle()) {
        let factors: Vec<f64> = norms.iter().map(kept).collect();
        let alpha = gate.parameter_mut();
        let device = alpha.device();
        replace(alpha, weights.scale_columns(&factors).into_tensor(&device));
    }
}

/// A_t `[scores, codes]` of a head with free weights.
fn weights(head: &Head) -> Option<Matrix> {
    match head.mixing.gate()? {
        Gate::Free(free) => Some(Matrix::of(free.alpha.val().detach())),
        Gate::Simplex(_) => None,
    }
}

/// The norm of each group: of each code, one row; or of each task and code, one row a task.
fn norms(groups: Groups, weights: &[Matrix]) -> Vec<Vec<f64>> {
    let each = weights.iter().map(|own| own.transposed().row_norms());
    match groups {
        Groups::Task => each.collect(),
        Groups::Code => each
            .reduce(|sums, own| {
                let pairs = sums.iter().zip(&own);
                pairs.map(|(sum, own)| sum.hypot(*own)).collect()
            })
            .into_iter()
            .collect(),
    }
}
