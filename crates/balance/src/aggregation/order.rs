//! The order in which a task's gradient meets the others': random, but a function of seed, step and names.

use crate::{Gram, Moment, PerTask, TaskFacts};

/// Draws orders of the present tasks.
#[derive(Default)]
pub(super) struct Orders {
    names: PerTask<()>,
}

impl Orders {
    pub(super) fn start(&mut self, tasks: &[TaskFacts]) {
        self.names.start(tasks, |_| ());
    }

    /// For each present task by position, the positions of the others in random order. The tasks are first sorted by name, so
    /// that naming them in another order changes nothing.
    pub(super) fn draw(&self, gram: &Gram, moment: Moment) -> Vec<Vec<usize>> {
        let names: Vec<&str> = self.names.names(gram.present()).collect();
        let mut sorted: Vec<(&str, usize)> = names.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let order = |(position, name): (usize, &&str)| {
            let others = sorted.iter().map(|&(_, other)| other);
            let mut others: Vec<usize> = others.filter(|&other| other != position).collect();
            moment
                .stream(&format!("balance/order/{name}"))
                .shuffle(&mut others);
            others
        };
        names.iter().enumerate().map(order).collect()
    }
}
