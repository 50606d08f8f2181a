//! Shares of the tasks that add up to 1, of which a step moves those that are present.

use nalgebra::DVector;
use polytask_config::State;

use crate::{PerTask, TaskFacts};

/// λ in the simplex, 1/T each at first.
#[derive(Default)]
pub(super) struct Shares {
    tasks: PerTask<f64>,
}

impl Shares {
    pub(super) fn start(&mut self, tasks: &[TaskFacts]) {
        let share = 1.0 / tasks.len().max(1) as f64;
        self.tasks.start(tasks, |_| share);
    }

    /// Those of the present tasks, brought to the sum 1; equal ones if they are all 0. A task that was not there at the start
    /// has as much as there are others on average.
    pub(super) fn of(&self, present: &[usize]) -> DVector<f64> {
        let count = present.len().max(1) as f64;
        let mean = self.held(present) / count;
        let shares = self.tasks.present(present);
        let shares = shares.map(|share| share.copied().unwrap_or(mean));
        let shares = DVector::from_iterator(present.len(), shares);
        let sum = shares.sum();
        if sum > 0.0 {
            shares / sum
        } else {
            DVector::repeat(present.len(), 1.0 / count)
        }
    }

    /// The present tasks sorted by name, first as positions and then as they are: an iteration that amplifies rounding is to be
    /// done in this order, so that naming the tasks in another one changes nothing.
    pub(super) fn order(&self, present: &[usize]) -> (Vec<usize>, Vec<usize>) {
        let named = self.tasks.names(present).zip(present).zip(0..);
        let mut sorted: Vec<(&str, usize, usize)> = named
            .map(|((name, &task), position)| (name, task, position))
            .collect();
        sorted.sort_unstable();
        let each = sorted.into_iter();
        each.map(|(_, task, position)| (position, task)).unzip()
    }

    /// Replaces those of the present tasks, given with the sum 1, without taking from or giving to the others.
    pub(super) fn learn(&mut self, present: &[usize], shares: &DVector<f64>) {
        let held = self.held(present);
        let everything = self.tasks.all().count().max(1) as f64;
        // Tasks that hold nothing begin anew with what so many tasks hold at first.
        let held = if held > 0.0 {
            held
        } else {
            present.len() as f64 / everything
        };
        let shares = shares.iter().map(|share| held * share);
        let shares: Vec<f64> = shares.collect();
        self.tasks
            .update(present, &shares, |kept, share| *kept = share);
    }

    fn held(&self, present: &[usize]) -> f64 {
        self.tasks.present(present).flatten().sum()
    }

    pub(super) fn state(&mut self, state: &mut State) {
        self.tasks
            .state(state, |share, state| state.number("share", share));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Family;

    fn started() -> Shares {
        let mut shares = Shares::default();
        let facts = ["a", "b", "c", "d"].map(|name| TaskFacts {
            name: name.to_owned(),
            family: Family::Other,
            weight: 1.0,
            entropy: 0.0,
            variance: 0.0,
        });
        shares.start(&facts);
        shares
    }

    #[test]
    fn what_some_tasks_learn_neither_takes_from_the_others_nor_gives_to_them() {
        let mut shares = started();
        shares.learn(&[1, 2], &DVector::from_vec(vec![0.75, 0.25]));
        let all = shares.of(&[0, 1, 2, 3]);
        assert_eq!(all.as_slice(), [0.25, 0.375, 0.125, 0.25]);
        assert_eq!(shares.of(&[1, 2]).as_slice(), [0.75, 0.25]);
    }

    #[test]
    fn tasks_without_any_share_begin_anew() {
        let mut shares = started();
        shares.learn(&[0, 1, 2, 3], &DVector::from_vec(vec![0.0, 0.0, 0.5, 0.5]));
        assert_eq!(shares.of(&[0, 1]).as_slice(), [0.5, 0.5]);
        shares.learn(&[0, 1], &DVector::from_vec(vec![1.0, 0.0]));
        assert_eq!(shares.of(&[0, 1]).as_slice(), [1.0, 0.0]);
        assert!(shares.of(&[0, 2])[0] > 0.0);
    }
}
