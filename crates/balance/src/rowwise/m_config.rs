//! M-ConFIG: ConFIG of averaged gradients, of which a step renews only some; so that a step costs one backward pass.
//!
//! Of the tasks that a step visits: m_t ← β₁ m_t + (1 − β₁) g_t. With m̂_t = m_t/(1 − β₁^k_t), k_t the visits of t, and
//! ĝ = ConFIG(m̂) over all tasks that were visited so far, a step n makes of ĝ what a gradient would have been whose average
//! it is, u = (a_n − β₁ a_{n−1})/(1 − β₁) with a_n = (1 − β₁^n) ĝ, and with it the second moment of Adam:
//! s ← β₂ s + (1 − β₂) u², d = ĝ/(√(s/(1 − β₂^n)) + 10⁻⁸). The optimizer outside should be plain SGD: this is an Adam already.
//!
//! `tasks_per_step` tasks are visited: those of the present ones that were visited least, ties in an order drawn by seed and
//! names. (β₁, β₂) are `beta1`, `beta2`.
//!
//! Source: Liu et al. 2025, section 3.2, and the authors' code. Where we differ: there a step changes nothing until all tasks were
//! visited, and they are visited in turn; here those visited so far are enough, and a task without labels is passed over.
//! No `gain` brings it to another scale: like every Adam it moves an entry as far for small gradients as for large ones.

use polytask_config::State;

use super::trace::{Trace, traced};
use super::{RowAggregator, RowAggregatorEntry, RowFacts};
use crate::aggregation::equal_cosines;
use crate::contract::rows::{Golden, Promise, Promised};
use crate::{Losses, Moment, PerTask, Rows, Scale, SharedGradient, TaskFacts};

pub(crate) const ENTRY: RowAggregatorEntry = RowAggregatorEntry {
    name: "m_config",
    summary: "ConFIG of averaged gradients, one of them renewed a step; with plain SGD",
    source: "Liu, Chu, Thuerey 2025, ConFIG: Towards Conflict-free Training of Physics Informed Neural Networks, ICLR",
    new: |options| {
        Box::new(MConFig {
            beta1: options
                .number("beta1", "share of the averaged gradient that a visit keeps")
                .at_least(0.0)
                .below(1.0)
                .or(0.9),
            beta2: options
                .number("beta2", "share of the averaged square that a step keeps")
                .at_least(0.0)
                .below(1.0)
                .or(0.999),
            tasks_per_step: options
                .integer("tasks_per_step", "how many tasks' gradients a step renews")
                .at_least(1)
                .or(1),
            steps: 0,
            pseudo: Trace::default(),
            root: Trace::default(),
            tasks: PerTask::default(),
        })
    },
    facts: RowFacts {
        trial: "beta1 = 0.5, beta2 = 0.9, tasks_per_step = 3",
        promises: &[Promised::with(
            "tasks_per_step = 100",
            Promise::Scaling(0.0),
        )],
        golden: &[
            Golden {
                rows: &[&[3.0, -4.0]],
                direction: &[1.0, -1.0],
                tolerance: 1e-6,
                source: "definition: the first step of Adam",
                ..Golden::PLAIN
            },
            Golden {
                options: "tasks_per_step = 2",
                rows: &[&[3.0, 4.0], &[0.0, 2.0]],
                then: &[&[1.0, -1.0], &[2.0, 0.5]],
                steps: 3,
                direction: &[0.987_462_12, 0.392_196_66],
                tolerance: 1e-5,
                source: "the authors' code (conflictfree 0.1.8)",
                ..Golden::PLAIN
            },
        ],
        ..RowFacts::PLAIN
    },
};

const EPSILON: f64 = 1e-8;

struct MConFig {
    beta1: f64,
    beta2: f64,
    tasks_per_step: usize,
    /// n.
    steps: u64,
    /// a.
    pseudo: Trace,
    /// √s.
    root: Trace,
    tasks: PerTask<Visited>,
}

#[derive(Default)]
struct Visited {
    /// m.
    mean: Trace,
    /// k.
    visits: u64,
}

impl RowAggregator for MConFig {
    fn start(&mut self, tasks: &[TaskFacts]) {
        self.steps = 0;
        self.pseudo = Trace::default();
        self.root = Trace::default();
        self.tasks.start(tasks, |_| Visited::default());
    }

    fn visits(&self, present: &[usize], moment: Moment) -> Vec<usize> {
        let names = self.tasks.names(present);
        let each = present.iter().zip(names).zip(self.tasks.present(present));
        let mut waiting: Vec<(u64, u64, usize)> = each
            .map(|((&task, name), known)| {
                // The same draw at every step, so that a round is finished in the order in which it was begun.
                let draw = moment.seed.derive(&format!("balance/m_config/{name}"), 0);
                (known.map_or(0, |known| known.visits), draw, task)
            })
            .collect();
        waiting.sort_unstable();
        waiting.truncate(self.tasks_per_step);
        let mut tasks: Vec<usize> = waiting.into_iter().map(|(_, _, task)| task).collect();
        tasks.sort_unstable();
        tasks
    }

    fn scale(&self) -> Scale {
        Scale::Lost
    }

    fn combine(&mut self, rows: &Rows<'_>, _: &Losses, _: Moment) -> SharedGradient {
        let (beta1, beta2) = (self.beta1, self.beta2);
        if rows.tasks() == 0 {
            // Not even how many parameters there are is known.
            return SharedGradient::of(vec![Vec::new(); rows.blocks().len()]);
        }
        self.tasks.for_each(|task| {
            if !task.mean.is_empty() {
                task.mean.fit(rows);
            }
        });
        self.tasks.each(rows.present(), |position, task| {
            task.visits += 1;
            task.mean.follow(rows, position, |kept, value| {
                beta1 * kept + (1.0 - beta1) * value
            });
        });
        let visited: Vec<&Visited> = self.tasks.all().filter(|task| task.visits > 0).collect();
        let means: Vec<&Trace> = visited.iter().map(|task| &task.mean).collect();
        let averages = traced(rows, (0..means.len()).collect(), &means);
        let corrections: Vec<f64> = visited
            .iter()
            .map(|task| 1.0 / (1.0 - beta1.powf(task.visits as f64)))
            .collect();
        let gram = averages.gram().scaled(&corrections);
        let alpha = equal_cosines(&gram).unwrap_or_else(|| vec![1.0; gram.tasks()]);
        let alpha = alpha.iter().zip(&corrections).map(|(a, c)| a * c);
        let mut blocks = averages.weighted(&alpha.collect::<Vec<_>>());
        if visited.is_empty() {
            // Nothing to go by yet.
            blocks = rows
                .blocks()
                .iter()
                .map(|block| vec![0.0; block.entries()])
                .collect();
        }
        self.steps += 1;
        let steps = self.steps as f64;
        let (first, second) = (1.0 - beta1.powf(steps), 1.0 - beta2.powf(steps));
        self.pseudo.fit(rows);
        self.root.fit(rows);
        for (block, direction) in rows.blocks().iter().zip(&mut blocks) {
            let mut gradients = Vec::with_capacity(direction.len());
            self.pseudo.update(block.name, direction, |kept, value| {
                let now = first * value;
                gradients.push((now - beta1 * kept) / (1.0 - beta1));
                now
            });
            let mut gradients = gradients.into_iter();
            let mut moved = Vec::with_capacity(direction.len());
            self.root.update(block.name, direction, |root, value| {
                let gradient = gradients.next().unwrap_or(0.0);
                let square = beta2 * root * root + (1.0 - beta2) * gradient * gradient;
                moved.push(crate::rows::single(
                    value / ((square / second).sqrt() + EPSILON),
                ));
                square.sqrt()
            });
            *direction = moved;
        }
        SharedGradient::of(blocks).noting(self.tasks.unknown(rows.present()))
    }

    fn state(&mut self, state: &mut State) {
        state.count("steps", &mut self.steps);
        state.section("pseudo", |state| self.pseudo.state(state));
        state.section("root", |state| self.root.state(state));
        state.section("tasks", |state| {
            self.tasks.state(state, |task, state| {
                state.count("visits", &mut task.visits);
                task.mean.state(state);
            });
        });
    }
}
