//! What a weighting remembers of each task, and the only way to it: through the tasks that are present.

use polytask_config::State;

use crate::{Losses, Note, Seen, TaskFacts, Weights};

/// One `T` for each task. Absent tasks are left alone because nothing here reaches them.
///
/// ```
/// use polytask_balance::{Family, Losses, PerTask, TaskFacts};
///
/// let tasks = ["digit", "letter"].map(|name| TaskFacts {
///     name: name.into(), family: Family::Classification, weight: 1.0, entropy: 2.3, variance: 0.0,
/// });
/// let mut last = PerTask::default();
/// last.start(&tasks, |_| 1.0);
///
/// // `letter` has no label in this batch, so what is remembered of it cannot move.
/// let losses = Losses { present: vec![0], values: vec![0.25], rows: vec![64] };
/// last.learn(&losses, |last, seen| *last = seen.loss);
///
/// let both = Losses { present: vec![0, 1], values: vec![0.2, 0.9], rows: vec![64, 64] };
/// assert_eq!(last.weights(&both, |last| 1.0 / last).alpha, [4.0, 1.0]);
/// ```
#[derive(Clone, Debug)]
pub struct PerTask<T> {
    tasks: Vec<(String, T)>,
}

impl<T> Default for PerTask<T> {
    fn default() -> Self {
        Self { tasks: Vec::new() }
    }
}

impl<T> PerTask<T> {
    /// Forgets everything and makes one anew for each task.
    pub fn start(&mut self, tasks: &[TaskFacts], mut make: impl FnMut(&TaskFacts) -> T) {
        self.tasks = tasks
            .iter()
            .map(|task| (task.name.clone(), make(task)))
            .collect();
    }

    /// Shows each present task's loss to what is remembered of it, unless the loss is [unusable](Seen::is_usable).
    pub fn learn(&mut self, losses: &Losses, mut learn: impl FnMut(&mut T, Seen)) {
        for seen in losses.seen().filter(Seen::is_usable) {
            if let Some((_, remembered)) = self.tasks.get_mut(seen.task) {
                learn(remembered, seen);
            }
        }
    }

    /// The weight of each present task, made of what is remembered of it, with a note about those that could not learn.
    #[must_use]
    pub fn weights(&self, losses: &Losses, mut weight: impl FnMut(&T) -> f64) -> Weights {
        let remembered = |task: &usize| self.tasks.get(*task);
        let alpha = losses
            .present
            .iter()
            .map(|task| remembered(task).map_or(1.0, |(_, remembered)| weight(remembered)));
        let alpha = alpha.collect();
        let note = self.unknown(&losses.present).or(losses.note());
        Weights {
            alpha,
            note,
            ..Weights::default()
        }
    }

    /// What is remembered of each present task, in their order; `None` for one that was not there at the start.
    pub fn present<'a>(&'a self, present: &'a [usize]) -> impl Iterator<Item = Option<&'a T>> {
        let remembered = |task: &usize| self.tasks.get(*task).map(|(_, remembered)| remembered);
        present.iter().map(remembered)
    }

    /// The same with each task's position among the present ones.
    pub fn learn_by_position(
        &mut self,
        losses: &Losses,
        mut learn: impl FnMut(usize, &mut T, Seen),
    ) {
        let seen = losses.seen().enumerate();
        for (position, seen) in seen.filter(|(_, seen)| seen.is_usable()) {
            if let Some((_, remembered)) = self.tasks.get_mut(seen.task) {
                learn(position, remembered, seen);
            }
        }
    }

    /// What is remembered of each present task, whatever its loss, with its position among them.
    pub fn each(&mut self, present: &[usize], mut see: impl FnMut(usize, &mut T)) {
        for (position, &task) in present.iter().enumerate() {
            if let Some((_, remembered)) = self.tasks.get_mut(task) {
                see(position, remembered);
            }
        }
    }

    /// A word about present tasks that were not there at the start, if there are any.
    #[must_use]
    pub fn unknown(&self, present: &[usize]) -> Option<Note> {
        let unknown = present.iter().copied();
        let unknown = unknown.filter(|task| self.tasks.get(*task).is_none());
        let tasks: Vec<usize> = unknown.collect();
        (!tasks.is_empty()).then_some(Note::UnknownTask { tasks })
    }

    /// Shows one number to what is remembered of each present task, whatever its loss.
    pub fn update(
        &mut self,
        present: &[usize],
        values: &[f64],
        mut learn: impl FnMut(&mut T, f64),
    ) {
        for (&task, &value) in present.iter().zip(values) {
            if let Some((_, remembered)) = self.tasks.get_mut(task) {
                learn(remembered, value);
            }
        }
    }

    /// The names of the present tasks, in their order; empty for one that was not there at the start.
    pub fn names<'a>(&'a self, present: &'a [usize]) -> impl Iterator<Item = &'a str> {
        let name = |task: &usize| self.tasks.get(*task).map_or("", |(name, _)| name.as_str());
        present.iter().map(name)
    }

    /// What is remembered of every task, present or not, in the order of the start.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.tasks.iter().map(|(_, remembered)| remembered)
    }

    /// Shows something to what is remembered of every task, present or not.
    pub fn for_each(&mut self, learn: impl FnMut(&mut T)) {
        let all = self.tasks.iter_mut().map(|(_, remembered)| remembered);
        all.for_each(learn);
    }

    /// Lists what is remembered, each task's under its own name.
    pub fn state(&mut self, state: &mut State, mut list: impl FnMut(&mut T, &mut State)) {
        for (name, remembered) in &mut self.tasks {
            state.section(name, |state| list(remembered, state));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Family;

    fn started() -> PerTask<f64> {
        let mut tasks = PerTask::default();
        let facts = ["first", "second"].map(|name| TaskFacts {
            name: name.to_owned(),
            family: Family::Other,
            weight: 1.0,
            entropy: 0.0,
            variance: 0.0,
        });
        tasks.start(&facts, |_| 0.5);
        tasks
    }

    fn losses(present: &[usize], values: &[f64]) -> Losses {
        Losses {
            present: present.to_vec(),
            values: values.to_vec(),
            rows: vec![1; values.len()],
        }
    }

    #[test]
    fn an_unusable_loss_teaches_nothing_and_is_noted() {
        let mut tasks = started();
        for broken in [f64::NAN, f64::INFINITY, -0.1, 1e200] {
            let losses = losses(&[0, 1], &[0.25, broken]);
            tasks.learn(&losses, |remembered, seen| *remembered = seen.loss);
            let weights = tasks.weights(&losses, |remembered| *remembered);
            assert_eq!(weights.alpha, [0.25, 0.5]);
            assert_eq!(weights.note, Some(Note::UnusableLoss { tasks: vec![1] }));
        }
    }

    #[test]
    fn a_task_that_was_not_there_at_the_start_weighs_one_and_is_noted() {
        let mut tasks = started();
        let losses = losses(&[1, 7], &[0.25, 0.25]);
        tasks.learn(&losses, |remembered, seen| *remembered = seen.loss);
        let weights = tasks.weights(&losses, |remembered| *remembered);
        assert_eq!(weights.alpha, [0.25, 1.0]);
        assert_eq!(weights.note, Some(Note::UnknownTask { tasks: vec![7] }));
    }

    #[test]
    fn starting_again_forgets() {
        let mut tasks = started();
        tasks.learn(&losses(&[0], &[9.0]), |remembered, seen| {
            *remembered = seen.loss
        });
        tasks.start(&[], |_| 0.0);
        assert!(tasks.tasks.is_empty());
    }
}
