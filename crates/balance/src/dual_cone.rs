//! Projections onto the dual cone: the directions in which no loss rises.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::{DMatrix, DVector};
use polytask_config::Fields;

use crate::Gram;
use crate::solve::{Solved, Solver, nonnegative};

/// Lists the option `ridge` of [`ridged`].
pub(crate) fn ridge(options: &mut Fields<'_>) -> f64 {
    options
        .number("ridge", "added to the diagonal, as a share of the trace")
        .above(0.0)
        .at_most(1.0)
        .or(1e-4)
}

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

/// From so many tasks on the problems are shared out among the processors: below, starting threads costs more.
const MANY: usize = 96;

/// Σ_i argmin vᵀGv over v ≥ e_i / T: T problems with one matrix, each by itself, so that neither their number of threads nor
/// their order changes a bit of the answer.
pub(crate) fn unconflicted(matrix: &DMatrix<f64>) -> Solved {
    let tasks = matrix.nrows();
    let share = 1.0 / tasks.max(1) as f64;
    let solver = Solver::new(matrix);
    let solve = |task: usize| solver.solve(&matrix.column(task).clone_owned());
    let threads = if tasks < MANY {
        1
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    };
    let all: Vec<usize> = (0..tasks).collect();
    let parts = all.chunks(tasks.div_ceil(threads).max(1));
    let solved: Vec<Solved> = if threads == 1 {
        all.iter().map(|&task| solve(task)).collect()
    } else {
        std::thread::scope(|scope| {
            let running: Vec<_> = parts
                .map(|part| {
                    scope.spawn(|| part.iter().map(|&task| solve(task)).collect::<Vec<_>>())
                })
                .collect();
            // A thread that panicked would leave its tasks out, which the sum below must not hide.
            let joined = running.into_iter().map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            joined.flatten().collect()
        })
    };
    let mut total = Solved {
        point: DVector::repeat(tasks, share),
        residual: 0.0,
    };
    for one in solved {
        total.point.axpy(share, &one.point, 1.0);
        total.residual = total.residual.max(one.residual);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;
    use polytask_random::Seed;

    #[test]
    fn the_conditions_of_optimality_hold_and_threads_change_nothing() {
        for tasks in [1, 2, 5, 40, MANY + 4] {
            let mut stream = Seed(2).stream("dual_cone", tasks as u64);
            let rows: Vec<Vec<f64>> = (0..tasks)
                .map(|_| (0..tasks + 3).map(|_| stream.normal()).collect())
                .collect();
            let gram = Gram::of_rows((0..tasks).collect(), &rows).unwrap();
            let matrix = ridged(&gram, 1e-4).unwrap();
            let solver = Solver::new(&matrix);
            let mut sum = DVector::repeat(tasks, 1.0 / tasks as f64);
            for task in 0..tasks {
                let extra = solver.solve(&matrix.column(task).clone_owned()).point;
                let mut point = extra.clone();
                point[task] += 1.0;
                let slack = &matrix * &point;
                let size = slack.amax();
                assert!(extra.min() >= -1e-9 && slack.min() >= -1e-9 * size);
                assert!(extra.component_mul(&slack).amax() < 1e-9 * size * extra.amax().max(1.0));
                sum.axpy(1.0 / tasks as f64, &extra, 1.0);
            }
            assert_eq!(unconflicted(&matrix).point, sum);
        }
    }
}
