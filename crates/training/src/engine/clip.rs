//! A bound on the norm of the shared gradient, whatever the method saw of it.
//!
//! It is the weighted sum of the tasks' gradients that is bounded, over all shared parameters and over all batches of a step, before
//! the penalty and the rate of a bottleneck come to it; what the heads are trained with is left alone. The norm is that of the
//! gradient itself, as inner products of the representation, of one layer or of a part of the rows do not tell it.

use burn::optim::GradientsParams;

use super::Work;
use crate::gradients;

/// The gradient of the shared parameters, at most as long as the step allows, and what it was multiplied by for that.
pub(super) fn clipped(work: &Work<'_>, shared: GradientsParams) -> (GradientsParams, f64) {
    let Some(largest) = work.clip else {
        return (shared, 1.0);
    };
    let norm = gradients::norm(work.model, &shared);
    // One that is not finite ends the step below.
    if !norm.is_finite() || norm <= largest {
        return (shared, 1.0);
    }
    let factor = largest / norm;
    (gradients::scale(work.model, shared, factor), factor)
}
