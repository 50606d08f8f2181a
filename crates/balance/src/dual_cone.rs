//! Projections onto the dual cone: the directions in which no loss rises.

use nalgebra::{DMatrix, DVector};

use crate::Gram;
use crate::solve::{Solved, Solver, nonnegative};

/// G divided by its trace, with a ridge; `None` if G is zero.
pub(crate) fn ridged(gram: &Gram, ridge: f64) -> Option<DMatrix<f64>> {
    let trace = gram.matrix().trace();
    if trace <= 0.0 {
        return None;
    }
    let mut matrix = gram.matrix() / trace;
    for task in 0..matrix.nrows() {
        matrix[(task, task)] += ridge;
    }
    Some(matrix)
}

/// argmin vᵀGv over v ≥ `least`.
pub(crate) fn raised(matrix: &DMatrix<f64>, least: &DVector<f64>) -> Solved {
    let mut solved = nonnegative(matrix, &(matrix * least));
    solved.point += least;
    solved
}

/// Σ_i argmin vᵀGv over v ≥ e_i / T.
pub(crate) fn unconflicted(matrix: &DMatrix<f64>) -> Solved {
    let tasks = matrix.nrows();
    let share = 1.0 / tasks.max(1) as f64;
    let solver = Solver::new(matrix);
    let mut total = Solved {
        point: DVector::repeat(tasks, share),
        residual: 0.0,
    };
    for column in matrix.column_iter() {
        let solved = solver.solve(&column.clone_owned());
        total.point.axpy(share, &solved.point, 1.0);
        total.residual = total.residual.max(solved.residual);
    }
    total
}
