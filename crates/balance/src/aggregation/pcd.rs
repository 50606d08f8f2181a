//! PCD: follows the primary task's gradient as closely as it can while every other task keeps a share of its own progress.
//!
//! With g̃_t = g_t/√(v_t + 10⁻⁸), v_t the average of ‖g_t‖² (decay `beta`, corrected for its start): d̃ = argmin ½‖d − g̃_1‖²
//! with g̃_j·d ≥ `tau`‖g̃_j‖² for the others; d is d̃ at the length of g_1. If the constraints contradict each other it is g_1,
//! with a note. The dual is a quadratic over multipliers μ ≥ 0: min ½μᵀG̃μ + (G̃_1 − τ diag G̃)·μ, α ∝ (1, μ) in terms of g̃.
//!
//! Source: Not All Objectives Are Born Equal: Priority-Constrained Descent, TMLR 2026, as in TorchJD. The authors enumerate sets of
//! constraints; a dual active set finds the same. `primary` names the task that comes first, else it is the first one. A batch
//! without it takes the mean. A relative ridge of 10⁻¹⁰ keeps dependent gradients from having no multipliers.

#![expect(
    clippy::indexing_slicing,
    reason = "positions run over the present tasks, of which every vector and matrix here has one entry each"
)]

use nalgebra::{DMatrix, DVector};
use polytask_config::State;

use super::{GramAggregator, GramAggregatorEntry, GramFacts, Scale, mean_of};
use crate::contract::gram::{Golden, Promise, Promised, Property};
use crate::solve::{Solved, nonnegative};
use crate::{Gram, Losses, Moment, Note, PerTask, TaskFacts, Weights};

pub(crate) const ENTRY: GramAggregatorEntry = GramAggregatorEntry {
    name: "pcd",
    summary: "the primary task's gradient, as long as every other task keeps a share of its own",
    source: "Priority-Constrained Descent, TMLR 2026, arXiv 2606.29521",
    new: |options| {
        Box::new(Pcd {
            primary: options
                .text(
                    "primary",
                    "the task that comes first, by name; empty: the first one",
                )
                .or(""),
            share: options
                .number(
                    "tau",
                    "share of its own progress that each other task keeps",
                )
                .within(0.0..=1.0)
                .or(0.02),
            decay: options
                .number("beta", "how much of the average squared norms a step keeps")
                .at_least(0.0)
                .below(1.0)
                .or(0.999),
            position: 0,
            tasks: PerTask::default(),
        })
    },
    facts: GramFacts {
        promises: &[
            Promised::always(Promise::Certified),
            Promised::always(Promise::LengthOfFirst),
        ],
        exempt: &[(
            Property::Permutation,
            "without `primary` the first task comes first, whichever it is",
        )],
        golden: &[
            Golden {
                options: "tau = 0.0",
                gram: &[&[1.0, 0.5], &[0.5, 4.0]],
                alpha: &[1.0, 0.0],
                source: "definition: no conflict",
                ..Golden::PLAIN
            },
            Golden {
                options: "tau = 0.0",
                gram: &[&[2.0, -1.0], &[-1.0, 1.0]],
                // g_1 = (1, −1), g_2 = (0, 1): d = (1, 0) · √2.
                alpha: &[std::f64::consts::SQRT_2, std::f64::consts::SQRT_2],
                tolerance: 1e-7,
                source: "by hand",
                ..Golden::PLAIN
            },
        ],
        trial: "primary = \"task_1\", tau = 0.1, beta = 0.9",
    },
};

/// Added to the average of the squared norms.
const SMALLEST: f64 = 1e-8;
/// Added to the diagonal of 1, so that multipliers exist when gradients depend on each other.
const RIDGE: f64 = 1e-10;
/// Multipliers that miss a constraint by more than this share say that there is no solution.
const INFEASIBLE: f64 = 1e-6;

struct Pcd {
    primary: String,
    share: f64,
    decay: f64,
    position: usize,
    tasks: PerTask<Average>,
}

/// The average squared norm of one task's gradient.
#[derive(Default)]
struct Average {
    squares: f64,
    steps: u64,
}

impl GramAggregator for Pcd {
    fn start(&mut self, tasks: &[TaskFacts]) {
        let named = tasks.iter().position(|task| task.name == self.primary);
        self.position = named.unwrap_or(0);
        self.tasks.start(tasks, |_| Average::default());
    }

    fn named(&self) -> Vec<&str> {
        // None named is the first.
        let name = self.primary.as_str();
        Some(name)
            .filter(|name| !name.is_empty())
            .into_iter()
            .collect()
    }

    fn scale(&self) -> Scale {
        Scale::Mean
    }

    fn weights(&mut self, gram: &Gram, _: &Losses, _: Moment) -> Weights {
        let squares: Vec<f64> = gram.matrix().diagonal().iter().copied().collect();
        let decay = self.decay;
        self.tasks.update(gram.present(), &squares, |task, square| {
            task.squares = decay * task.squares + (1.0 - decay) * square;
            task.steps += 1;
        });
        let Ok(primary) = gram.present().binary_search(&self.position) else {
            return Weights::of(mean_of(gram.tasks())).noting(Some(Note::NoPrimary));
        };
        let averages = self.tasks.present(gram.present()).zip(&squares);
        let scales: Vec<f64> = averages
            .map(|(task, &square)| {
                let average = task.map_or(square, |task| {
                    task.squares / (1.0 - decay.powf(task.steps as f64))
                });
                1.0 / (average + SMALLEST).sqrt()
            })
            .collect();
        self.constrained(gram, &scales, primary)
    }

    fn state(&mut self, state: &mut State) {
        self.tasks.state(state, |task, state| {
            state.number("squares", &mut task.squares);
            state.count("steps", &mut task.steps);
        });
    }
}

impl Pcd {
    fn constrained(&self, gram: &Gram, scales: &[f64], primary: usize) -> Weights {
        let tasks = gram.tasks();
        let scaled = gram.scaled(scales);
        let matrix = scaled.matrix();
        let alone = |note| {
            let mut alpha = vec![0.0; tasks];
            if let Some(weight) = alpha.get_mut(primary) {
                *weight = 1.0;
            }
            Weights::of(alpha).noting(note)
        };
        let others: Vec<usize> = (0..tasks)
            .filter(|&task| task != primary && matrix[(task, task)] > 0.0)
            .collect();
        if matrix[(primary, primary)] == 0.0 || others.is_empty() {
            return alone(None);
        }
        let part: DMatrix<f64> = matrix.select_rows(&others).select_columns(&others);
        let linear = DVector::from_iterator(
            others.len(),
            others
                .iter()
                .map(|&task| matrix[(task, primary)] - self.share * matrix[(task, task)]),
        );
        let mut ridged = part.clone();
        for index in 0..ridged.nrows() {
            ridged[(index, index)] *= 1.0 + RIDGE;
        }
        let solved = nonnegative(&ridged, &linear);
        // How far each constraint is missed, as a share of the norms in it.
        let slack = part * &solved.point + &linear;
        let norm = |task: usize| matrix[(task, task)].sqrt();
        let missed = others.iter().zip(slack.iter()).map(|(&task, slack)| {
            -slack / (norm(task) * (norm(primary) + self.share * norm(task)))
        });
        if missed.fold(0.0, f64::max) > INFEASIBLE {
            return alone(Some(Note::Infeasible));
        }
        let mut point = DVector::zeros(tasks);
        point[primary] = 1.0;
        for (&task, &value) in others.iter().zip(solved.point.iter()) {
            point[task] = value;
        }
        let norm_reached = scaled.shared_norm(point.as_slice());
        let magnitude: f64 = point
            .iter()
            .enumerate()
            .map(|(task, w)| w * norm(task))
            .sum();
        if norm_reached <= 1e-7 * magnitude {
            return Weights::of(vec![0.0; tasks]).noting(Some(Note::Vanishes));
        }
        let length = gram.at(primary, primary).sqrt() / norm_reached;
        let scales = DVector::from_column_slice(scales);
        Solved {
            point: point.component_mul(&scales) * length,
            residual: solved.residual,
        }
        .weights()
    }
}
