//! Cascades: heads that read what other heads predict.
//!
//! The head of a task t that comes after others adds Σ_s p_s(x) C_ts to its scores: it reads [z, p_s(x), …], with p_s the
//! probabilities of a class kind or the values of a regression as its loss sees them. No gradient goes back through p_s, so
//! that s is trained for itself alone, and t is trained and tested on predictions alike: there is no gap between the labels
//! of training and the predictions of use. C starts at zero, where t is on its own.
//!
//! Worth trying where `polytask info RUN` finds a missed signal (V1): what head s has found in x and head t has not.

use std::collections::BTreeMap;

use burn::tensor::{Tensor, activation};
use polytask_data::TaskKind;

use crate::error::ShapeError;
use crate::head::Head;
use crate::loss::{TaskSpec, log_law_of_levels};

/// A task that another one reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    task: usize,
    form: Form,
}

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// σ of each logit.
    Flags(usize),
    /// The softmax of so many logits.
    Classes(usize),
    /// The probabilities of so many levels.
    Levels(usize),
    /// The first so many predictions as they are.
    Values(usize),
}

impl Form {
    fn of(kind: &TaskKind) -> Self {
        match *kind {
            TaskKind::Binary => Self::Flags(1),
            TaskKind::Multilabel { labels } => Self::Flags(labels),
            TaskKind::Multiclass { classes } => Self::Classes(classes),
            TaskKind::Ordinal { levels } => Self::Levels(levels),
            // A loss that predicts a spread too has it after the values.
            TaskKind::Regression { outputs } => Self::Values(outputs),
        }
    }

    fn width(self) -> usize {
        match self {
            Self::Flags(width)
            | Self::Classes(width)
            | Self::Levels(width)
            | Self::Values(width) => width,
        }
    }

    fn read(self, prediction: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Flags(_) => activation::sigmoid(prediction),
            Self::Classes(_) => activation::softmax(prediction, 1),
            Self::Levels(_) => log_law_of_levels(prediction).exp(),
            Self::Values(width) => prediction.narrow(1, 0, width),
        }
    }
}

/// What each task reads, in task order.
///
/// # Errors
/// Tasks that are not there or read each other in a circle, at their keys.
pub(crate) fn reads(tasks: &[TaskSpec]) -> Result<Vec<Vec<Read>>, Vec<ShapeError>> {
    let problem = |task: &TaskSpec, message: String| ShapeError {
        key: format!("tasks.{}.after", task.name),
        layer: format!("head of `{}`", task.name),
        message,
    };
    let mut problems = Vec::new();
    let mut all = Vec::new();
    for task in tasks {
        let mut own = Vec::new();
        for name in &task.after {
            match tasks.iter().position(|other| other.name == *name) {
                Some(place) => own.extend(tasks.get(place).map(|read| Read {
                    task: place,
                    form: Form::of(&read.kind),
                })),
                None => problems.push(problem(task, format!("there is no task `{name}`"))),
            }
        }
        all.push(own);
    }
    let named: Vec<(&str, &[String])> = tasks
        .iter()
        .map(|task| (task.name.as_str(), task.after.as_slice()))
        .collect();
    if let Some((place, around)) = ring(&named) {
        let task = tasks.get(place);
        problems.extend(
            task.map(|task| problem(task, format!("a circle: {}", around.join(" after ")))),
        );
    }
    if problems.is_empty() {
        Ok(all)
    } else {
        Err(problems)
    }
}

/// How many numbers are read.
pub(crate) fn width(task: &TaskSpec, tasks: &[TaskSpec]) -> usize {
    let find = |name: &String| tasks.iter().find(|other| other.name == *name);
    let read = task.after.iter().filter_map(find);
    read.map(|other| Form::of(&other.kind).width()).sum()
}

/// The first task that comes after itself, and the names on the way round; each task comes with those it is after.
///
/// ```
/// let [a, b] = [["b".to_owned()], ["a".to_owned()]];
/// let tasks = [("a", a.as_slice()), ("b", b.as_slice()), ("c", b.as_slice())];
/// assert_eq!(polytask_model::ring(&tasks).unwrap(), (0, ["a", "b", "a"].map(str::to_owned).to_vec()));
/// assert_eq!(polytask_model::ring(&tasks[1..]), None);
/// ```
#[must_use]
pub fn ring(tasks: &[(&str, &[String])]) -> Option<(usize, Vec<String>)> {
    tasks.iter().enumerate().find_map(|(place, (name, _))| {
        // Each task that is reached, with the one that it is reached from.
        let mut reached: Vec<(&str, usize)> = vec![(name, 0)];
        let mut next = 0;
        while let Some(&(at, _)) = reached.get(next) {
            let after = tasks.iter().find(|(other, _)| *other == at);
            for other in after.into_iter().flat_map(|(_, after)| after.iter()) {
                if other == name {
                    let mut around = vec![other.clone()];
                    let mut back = next;
                    while let Some(&(at, before)) = reached.get(back) {
                        around.push(at.to_owned());
                        if back == 0 {
                            break;
                        }
                        back = before;
                    }
                    around.reverse();
                    return Some((place, around));
                }
                if reached.iter().all(|(known, _)| known != other) {
                    reached.push((other, next));
                }
            }
            next += 1;
        }
        None
    })
}

/// The prediction of one task from the representation, and of those it reads; `made` holds what has been predicted already.
pub(crate) fn predict(
    task: usize,
    heads: &[Head],
    reads: &[Vec<Read>],
    z: &Tensor<2>,
    made: &mut BTreeMap<usize, Tensor<2>>,
) -> Option<Tensor<2>> {
    if let Some(made) = made.get(&task) {
        return Some(made.clone());
    }
    let mut told = Vec::new();
    for read in reads.get(task)? {
        let prediction = predict(read.task, heads, reads, z, made)?;
        told.push(read.form.read(prediction.detach()));
    }
    let told = (!told.is_empty()).then(|| Tensor::cat(told, 1));
    let prediction = heads.get(task)?.forward(z.clone(), told);
    made.insert(task, prediction.clone());
    Some(prediction)
}
