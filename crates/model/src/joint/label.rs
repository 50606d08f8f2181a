//! A coupled label: which task it is of, and how predictions and a law over its classes become each other.

use burn::tensor::Tensor;
use polytask_data::TaskKind;

use crate::loss::{TaskSpec, kind_name, log_law_of_levels, log_sum_exp};

/// One label that is coupled with others: classes by the tree, numbers by the covariance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoupledLabel {
    /// Its task's name, or `TASK/LABEL` for one of a multilabel task, `TASK/COLUMN` for one of several numbers.
    pub name: String,
    /// The task.
    pub task: usize,
    /// Which number of the task's label it is: not 0 only for a multilabel task, or a regression of several numbers.
    pub place: usize,
    /// How many classes it has; 0 of a number.
    pub classes: usize,
    form: Form,
}

/// What the head predicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A score per class.
    Scores,
    /// The logit of yes, in this column.
    Flag,
    /// Rising cumulative logits.
    Levels,
    /// The mean of a number, in this column.
    Mean,
}

impl CoupledLabel {
    /// Whether it is a number.
    #[must_use]
    pub fn is_number(&self) -> bool {
        self.form == Form::Mean
    }

    /// The numbers of the regression of this name.
    ///
    /// # Errors
    /// What keeps it out of a Gaussian law, in words.
    pub(super) fn numbers(name: &str, tasks: &[TaskSpec]) -> Result<Vec<Self>, String> {
        let found = tasks.iter().enumerate().find(|(_, task)| task.name == name);
        let (task, spec) = found.ok_or_else(|| format!("there is no task `{name}`"))?;
        let TaskKind::Regression { outputs } = spec.kind else {
            let kind = kind_name(&spec.kind);
            return Err(format!(
                "`{name}` is {kind}: classes are coupled by `edges`"
            ));
        };
        if !spec.loss().is_of_residuals() {
            return Err(format!(
                "the loss of `{name}` gives every row a variance of its own: one covariance for all rows has no place beside it"
            ));
        }
        let own = |place: usize| match spec.fit.classes.get(place) {
            Some(column) if outputs > 1 => format!("{name}/{column}"),
            _ => name.to_owned(),
        };
        let number = |place| Self {
            name: own(place),
            task,
            place,
            classes: 0,
            form: Form::Mean,
        };
        Ok((0..outputs).map(number).collect())
    }

    /// The label of this name.
    ///
    /// # Errors
    /// What keeps it out of a tree, in words.
    pub(super) fn find(name: &str, tasks: &[TaskSpec]) -> Result<Self, String> {
        let (task_name, label) = match name.split_once('/') {
            Some((task, label)) => (task, Some(label)),
            None => (name, None),
        };
        let (task, spec) = tasks
            .iter()
            .enumerate()
            .find(|(_, task)| task.name == task_name)
            .ok_or_else(|| format!("there is no task `{task_name}`"))?;
        let (form, place, classes) = match (&spec.kind, label) {
            (TaskKind::Binary, None) => (Form::Flag, 0, 2),
            (TaskKind::Multiclass { classes }, None) => (Form::Scores, 0, *classes),
            (TaskKind::Ordinal { levels }, None) => (Form::Levels, 0, *levels),
            (TaskKind::Multilabel { .. }, Some(label)) => {
                let place = labels(spec).position(|own| own == label);
                let place =
                    place.ok_or_else(|| format!("task `{task_name}` has no label `{label}`"))?;
                (Form::Flag, place, 2)
            }
            (TaskKind::Multilabel { .. }, None) => {
                let first = labels(spec).next().unwrap_or_default();
                return Err(format!(
                    "`{task_name}` has several labels: name one, such as `{task_name}/{first}`"
                ));
            }
            (TaskKind::Regression { .. }, _) => {
                return Err(format!(
                    "`{task_name}` is a regression: edges are between classes, and numbers are coupled by `numbers`"
                ));
            }
            (kind, Some(_)) => {
                return Err(format!(
                    "`{task_name}` is {}: it has one label, `{task_name}`",
                    kind_name(kind)
                ));
            }
        };
        if !spec.loss().is_law() {
            return Err(format!(
                "the loss of `{task_name}` is not the likelihood of its labels as they are, which is what a joint law is \
                 trained with"
            ));
        }
        Ok(Self {
            name: name.to_owned(),
            task,
            place,
            classes,
            form,
        })
    }

    /// Names of all labels of the tasks of these names: what a task has beside the coupled ones is a tree of its own.
    pub(super) fn of_tasks(names: &[String], tasks: &[TaskSpec]) -> Vec<String> {
        let is_meant = |task: &&TaskSpec| {
            matches!(task.kind, TaskKind::Multilabel { .. })
                && names
                    .iter()
                    .any(|name| name.split('/').next() == Some(task.name.as_str()))
        };
        tasks
            .iter()
            .filter(is_meant)
            .flat_map(|task| labels(task).map(|label| format!("{}/{label}", task.name)))
            .collect()
    }

    /// u `[rows, classes]`, ln of the head's own law up to a constant per row, from the predictions `[rows, width]`; of a
    /// number its mean, `[rows, 1]`.
    pub(super) fn potentials(&self, prediction: &Tensor<2>) -> Tensor<2> {
        match self.form {
            Form::Scores => prediction.clone(),
            Form::Mean => prediction.clone().narrow(1, self.place, 1),
            Form::Flag => {
                let yes = prediction.clone().narrow(1, self.place, 1);
                Tensor::cat(vec![yes.zeros_like(), yes], 1)
            }
            Form::Levels => log_law_of_levels(prediction.clone()),
        }
    }

    /// The predictions that say this law, ln p `[rows, classes]` up to a constant per row, or this mean, `[rows, 1]`.
    pub(super) fn prediction(&self, law: Tensor<2>) -> Tensor<2> {
        match self.form {
            Form::Scores | Form::Mean => law,
            Form::Flag => law.clone().narrow(1, 1, 1) - law.narrow(1, 0, 1),
            Form::Levels => {
                let below = |level| log_sum_exp(law.clone().narrow(1, 0, level));
                let above = |level| log_sum_exp(law.clone().narrow(1, level, self.classes - level));
                let logits = (1..self.classes).map(|level| below(level) - above(level));
                Tensor::cat(logits.collect(), 1)
            }
        }
    }
}

/// Names of a multilabel task's labels.
fn labels(task: &TaskSpec) -> impl Iterator<Item = &str> {
    task.fit.classes.iter().map(String::as_str)
}
