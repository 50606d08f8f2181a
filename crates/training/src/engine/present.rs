//! Which tasks a step has labels of.

use polytask_data::Batch;

/// The tasks of a step and their labelled rows.
pub(crate) struct Present {
    /// Indices of the tasks with a label.
    pub(crate) tasks: Vec<usize>,
    /// Labelled rows of each.
    pub(crate) rows: Vec<usize>,
}

impl Present {
    pub(crate) fn of(batches: &[Batch], tasks: usize) -> Self {
        let labelled = |task: usize| -> usize {
            batches
                .iter()
                .filter_map(|batch| batch.targets.get(task))
                .map(|labels| labels.labelled)
                .sum()
        };
        let (tasks, rows) = (0..tasks)
            .map(|task| (task, labelled(task)))
            .filter(|&(_, rows)| rows > 0)
            .unzip();
        Self { tasks, rows }
    }
}
