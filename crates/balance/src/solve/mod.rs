//! The small convex problems behind the methods, solved exactly and certified.
//!
//! Each answer is a [`Solved`]: a point and how far it is from optimal, measured by the conditions of Karush, Kuhn and Tucker
//! on the matrix that was given, in units in which each gradient has norm 1, so that a task with tiny gradients is solved
//! as well as one with huge ones. A solver never fails: short of its tolerance it returns the best point it found, and the
//! residual says so.
//!
//! - [`min_norm`]: the shortest convex combination (Wolfe's active set; pairwise Frank–Wolfe beyond it).
//! - [`nonnegative`]: a quadratic over x ≥ 0 (block principal pivoting; one number at a time beyond it).
//! - [`power`]: (Gw)_i = w_i^(−1/a), w > 0 (damped Newton; in logarithms beyond it).
//! - [`ball`]: the problem of CAGrad (the same active set as `min_norm`, with its own closed form on each face).
//! - [`affine`]: the shortest combination of any signs (one linear system).
//! - [`simplex`]: the nearest point of a simplex (by sorting).
//! - [`ties`]: the one of many solutions that does not hang on the order.
//! - [`spectrum`]: eigenvalues and pseudo-inverses.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

mod active_set;
mod affine;
mod ball;
mod cholesky;
mod continuation;
mod factor;
mod min_norm;
mod nonnegative;
mod power;
mod simplex;
mod spectrum;
mod system;
mod tableau;
mod ties;

use nalgebra::{DMatrix, DVector};

use crate::{Gram, Note, Weights};
use cholesky::Cholesky;

pub(crate) use affine::affine;
pub(crate) use ball::{ball, nearest};
pub(crate) use min_norm::min_norm;
pub(crate) use nonnegative::{Solver, nonnegative};
pub(crate) use power::{RIDGE, power};
pub(crate) use simplex::project;
pub(crate) use spectrum::Spectrum;

/// Up to here an answer counts as solved.
pub(crate) const TOLERANCE: f64 = 1e-8;

/// A point and how far it is from optimal.
#[derive(Clone, Debug)]
pub(crate) struct Solved {
    pub(crate) point: DVector<f64>,
    pub(crate) residual: f64,
}

impl Solved {
    /// These weights, with a word if they are not solved.
    pub(crate) fn weights(self) -> Weights {
        let note = (self.residual > TOLERANCE).then_some(Note::Unsolved);
        Weights {
            alpha: self.point.as_slice().to_vec(),
            residual: self.residual,
            note,
            ..Weights::default()
        }
    }
}

/// The gradients that are not zero, each divided by its norm: positions, norms, and the cosines between them.
pub(crate) struct Directions {
    pub(crate) positions: Vec<usize>,
    pub(crate) norms: DVector<f64>,
    pub(crate) cosines: DMatrix<f64>,
}

impl Directions {
    pub(crate) fn of(gram: &Gram) -> Self {
        let norms = gram.norms();
        let positions: Vec<usize> = (0..gram.tasks())
            .filter(|&task| norms[task] > 0.0)
            .collect();
        let norms = norms.select_rows(&positions);
        let chosen = gram.matrix().select_rows(&positions);
        let mut cosines = chosen.select_columns(&positions);
        for (mut column, norm) in cosines.column_iter_mut().zip(norms.iter()) {
            column.zip_apply(&norms, |value, other| *value /= norm * other);
        }
        cosines.fill_diagonal(1.0);
        Self {
            positions,
            norms,
            cosines,
        }
    }

    /// C⁻¹1, if no direction nearly depends on the others.
    pub(crate) fn equalizer(&self) -> Option<DVector<f64>> {
        /// A pivot below this, of a diagonal of 1, leaves too few digits.
        const SMALLEST_PIVOT: f64 = 1e-6;
        let factor = Cholesky::of(self.cosines.clone())?;
        let ones = DVector::repeat(self.len(), 1.0);
        (factor.smallest_pivot() > SMALLEST_PIVOT).then(|| factor.solve(&ones))
    }

    /// How many gradients are not zero.
    pub(crate) fn len(&self) -> usize {
        self.positions.len()
    }

    /// Numbers of these gradients as numbers `[tasks]` of all, `rest` for those that are zero.
    pub(crate) fn spread(&self, values: &DVector<f64>, tasks: usize, rest: f64) -> DVector<f64> {
        let mut all = DVector::repeat(tasks, rest);
        for (&position, &value) in self.positions.iter().zip(values.iter()) {
            all[position] = value;
        }
        all
    }
}
