//! Weights of low rank: λ times the trace norm, the sum of the singular values of the matrix W of all tasks' weights.
//!
//! Proximal gradient: after a step of length η the singular values are lowered by ηλ, none below zero, which is
//! argmin_X ½‖X - W‖² + ηλ‖X‖_* (Cai et al. 2010). It is exact for plain gradient descent; after a step that scales
//! coordinates (Adam) it is the same map in the plain metric. With S = U diag(s²) Uᵀ = W Wᵀ it is U diag((s - τ)₊/s) Uᵀ W.
//!
//! ‖W‖_* = min ½(‖A‖² + ‖V‖²) over A V = W: weight decay on both factors of a latent space that is wide enough is the same
//! penalty (Srebro et al. 2004). Source: Ji and Ye 2009, An Accelerated Gradient Method for Trace Norm Minimization.

use std::sync::Arc;

use polytask_config::Entry;

use super::{Relation, Tie, Tied};
use crate::matrix::Matrix;

pub(super) const ENTRY: Entry<Arc<dyn Relation>> = Entry {
    name: "trace_norm",
    summary: "weights of all tasks in few directions: their singular values are lowered after each step",
    source: "Argyriou et al. 2007, Multi-Task Feature Learning; proximal step: Ji and Ye 2009",
    new: |fields| Arc::new(TraceNorm(Tied::options(fields))),
    facts: (),
};

#[derive(Debug)]
struct TraceNorm(Tied);

impl Relation for TraceNorm {
    fn tied(&self) -> &Tied {
        &self.0
    }

    fn tie(&self, _: &[&str]) -> Tie {
        Tie::TraceNorm(self.0.weight)
    }
}

/// The sum of the singular values.
pub(crate) fn norm(weights: &Matrix) -> f64 {
    let transposed = weights.transposed();
    // The smaller of the two products: the other has the same values, and zeros that rounding makes into more.
    let gram = if weights.rows() <= transposed.rows() {
        weights.times(&transposed)
    } else {
        transposed.times(weights)
    };
    let (squares, _) = gram.eigen();
    squares.iter().map(|square| square.max(0.0).sqrt()).sum()
}

/// With singular values lower by `by`, none below zero.
pub(super) fn shrunk(weights: &Matrix, by: f64) -> Matrix {
    let (squares, vectors) = weights.times(&weights.transposed()).eigen();
    let kept: Vec<f64> = squares
        .iter()
        .map(|square| {
            let value = square.max(0.0).sqrt();
            if value > by {
                (value - by) / value
            } else {
                0.0
            }
        })
        .collect();
    let map = vectors.scale_columns(&kept).times(&vectors.transposed());
    map.times(weights)
}
