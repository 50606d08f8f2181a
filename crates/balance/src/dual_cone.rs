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
/// So many problems say near which set the solutions of all may be.
const VOTERS: usize = 8;
/// From so many tasks on they are asked: below, the few systems are cheaper than the vote.
const VOTE: usize = 32;

/// Σ_i argmin vᵀGv over v ≥ e_i / T: T problems with one matrix. Some are solved by themselves; what is raised in most of
/// these is then taken as raised in all, so that the systems that are left are of the tasks in which a problem differs. Neither
/// the number of threads nor their order changes a bit of the answer.
pub(crate) fn unconflicted(matrix: &DMatrix<f64>) -> Solved {
    let tasks = matrix.nrows();
    let share = 1.0 / tasks.max(1) as f64;
    let linear = |task: usize| matrix.column(task).clone_owned();
    let mut solver = Solver::new(matrix);
    if tasks >= VOTE {
        let voters: Vec<usize> = (0..tasks).step_by(tasks / VOTERS).collect();
        let votes = each_of(&voters, tasks, |task, room| {
            solver.above(&linear(task), room)
        });
        let voted = |other| votes.iter().filter(|vote| vote[other]).count() * 2 > votes.len();
        solver = solver.near((0..tasks).map(voted).collect());
    }
    let all: Vec<usize> = (0..tasks).collect();
    let solved = each_of(&all, tasks, |task, room| solver.solve(&linear(task), room));
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

/// The answers for these tasks, in their order, from one thread or from all that there are.
fn each_of<X: Send>(
    chosen: &[usize],
    tasks: usize,
    solve: impl Fn(usize, &mut Vec<f64>) -> X + Sync,
) -> Vec<X> {
    let in_turn = |part: &[usize]| {
        let mut room = Vec::new();
        let solved = part.iter().map(|&task| solve(task, &mut room));
        solved.collect::<Vec<X>>()
    };
    if tasks < MANY {
        return in_turn(chosen);
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = chosen.chunks(chosen.len().div_ceil(threads).max(1));
    std::thread::scope(|scope| {
        let running: Vec<_> = parts.map(|part| scope.spawn(|| in_turn(part))).collect();
        // A thread that panicked would leave its tasks out, which the sum must not hide.
        let joined = running.into_iter().map(|thread| {
            thread
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        joined.flatten().collect()
    })
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
                let linear = matrix.column(task).clone_owned();
                let extra = solver.solve(&linear, &mut Vec::new()).point;
                let mut point = extra.clone();
                point[task] += 1.0;
                let slack = &matrix * &point;
                let size = slack.amax();
                assert!(extra.min() >= -1e-9 && slack.min() >= -1e-9 * size);
                assert!(extra.component_mul(&slack).amax() < 1e-9 * size * extra.amax().max(1.0));
                sum.axpy(1.0 / tasks as f64, &extra, 1.0);
            }
            let found = unconflicted(&matrix);
            assert!((&found.point - sum).amax() < 1e-12);
            assert!(found.residual < 1e-12);
            let linear = |task: usize| matrix.column(task).clone_owned();
            let all: Vec<usize> = (0..tasks).collect();
            let one_by_one: Vec<DVector<f64>> = all
                .iter()
                .map(|&task| solver.solve(&linear(task), &mut Vec::new()).point)
                .collect();
            let shared_out = each_of(&all, MANY, |task, room| {
                solver.solve(&linear(task), room).point
            });
            assert_eq!(shared_out, one_by_one);
        }
    }
}
