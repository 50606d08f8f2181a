//! Gradients of every kind that makes balancing hard, as Gram matrices.

use polytask_balance::Gram;
use polytask_random::{Seed, Stream};

/// Gradients of one kind.
pub struct Scene {
    pub name: &'static str,
    rows: fn(&mut Draws, usize) -> Vec<Vec<f64>>,
}

pub const SCENES: &[Scene] = &[
    // In 4 T dimensions, of which half of all pairs conflict.
    Scene {
        name: "random",
        rows: |draws, tasks| draws.rows(tasks, 4 * tasks),
    },
    // Around one direction, as of tasks that are alike.
    Scene {
        name: "agreeing",
        rows: |draws, tasks| {
            let mut rows = draws.rows(tasks, 4 * tasks);
            rows.iter_mut().flatten().for_each(|value| *value += 0.3);
            rows
        },
    },
    // In T/2 dimensions, so that some combination of them vanishes.
    Scene {
        name: "crowded",
        rows: |draws, tasks| draws.rows(tasks, tasks / 2),
    },
    // Their mean is zero: every convex combination conflicts, and the equal one vanishes.
    Scene {
        name: "centred",
        rows: |draws, tasks| {
            let mut rows = draws.rows(tasks, 4 * tasks);
            for column in 0..4 * tasks {
                let mean = rows.iter().map(|row| row[column]).sum::<f64>() / tasks as f64;
                rows.iter_mut().for_each(|row| row[column] -= mean);
            }
            rows
        },
    },
    // Every other one is the one before turned round, but for a tenth.
    Scene {
        name: "opposed",
        rows: |draws, tasks| {
            let mut rows = draws.rows(tasks, 4 * tasks);
            for second in (1..tasks).step_by(2) {
                let (before, after) = rows.split_at_mut(second);
                for (value, other) in after[0].iter_mut().zip(&before[second - 1]) {
                    *value = 0.1 * *value - other;
                }
            }
            rows
        },
    },
    // Independent, but some directions are a million times longer than others.
    Scene {
        name: "ill-conditioned",
        rows: |draws, tasks| {
            let mut rows = draws.rows(tasks, tasks + 1);
            for row in &mut rows {
                for (column, value) in row.iter_mut().enumerate() {
                    *value *= 10_f64.powf(-6.0 * column as f64 / tasks as f64);
                }
            }
            rows
        },
    },
    // Lengths from 10⁻⁶ to 10⁶.
    Scene {
        name: "uneven",
        rows: |draws, tasks| {
            let mut rows = draws.rows(tasks, 4 * tasks);
            for row in &mut rows {
                let length = 10_f64.powf(draws.0.between(-6.0, 6.0));
                row.iter_mut().for_each(|value| *value *= length);
            }
            rows
        },
    },
];

impl Scene {
    /// The Gram matrix of so many tasks, always the same.
    pub fn gram(&self, tasks: usize) -> Gram {
        let mut draws = Draws(Seed(1).stream(self.name, tasks as u64));
        let rows = (self.rows)(&mut draws, tasks);
        let gram = Gram::of_rows((0..tasks).collect(), &rows);
        gram.unwrap_or_else(|error| unreachable!("finite rows: {error}"))
    }
}

/// What rows are drawn from.
struct Draws(Stream);

impl Draws {
    /// Rows of normal numbers, each times a length from 0.3 to 3.
    fn rows(&mut self, tasks: usize, parameters: usize) -> Vec<Vec<f64>> {
        let row = |_| {
            let length = self.0.between(0.3, 3.0);
            (0..parameters).map(|_| length * self.0.normal()).collect()
        };
        (0..tasks).map(row).collect()
    }
}
