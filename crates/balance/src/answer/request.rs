//! What can be asked and answered, as JSON has it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Family, GramError, RowsError, TaskFacts};

/// Numbers `[tasks]`, `null` for a task that is absent.
pub type Numbers = Vec<Option<f64>>;

/// Rows `[tasks]`, `null` for a task that is absent; so are the numbers of absent tasks in the others' rows, or ignored.
pub type Table = Vec<Option<Numbers>>;

/// What a method is asked: steps of a run whose tasks are called `task_0`, `task_1`, …. Either `steps`, of which each is
/// answered, or one step here, after those that are `earlier`.
///
/// ```
/// use polytask_balance::Request;
///
/// let request: Request = serde_json::from_str(r#"{ "jacobian": [[1.0, 0.0], [0.0, 2.0]], "seed": 3 }"#).unwrap();
/// assert_eq!(request.seed, 3);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// As in [`Step`].
    pub gram: Option<Table>,
    /// As in [`Step`].
    pub cross: Option<Table>,
    /// As in [`Step`].
    pub losses: Option<Numbers>,
    /// As in [`Step`].
    pub jacobian: Option<Table>,
    /// The steps of a run from its start, in their order: each is answered.
    pub steps: Vec<Step>,
    /// Steps of the same run before the one that is given beside, in their order.
    pub earlier: Vec<Step>,
    /// The method's options.
    pub options: Map<String, Value>,
    /// The wrappers' options; left out, there is no wrapper and the scale is the method's own.
    pub wrap: Option<Map<String, Value>>,
    /// The tasks' own weights `[tasks]`, 1 each if left out: the preferences of `pbi`, `cosmos`, `tchebycheff` and `stch`.
    /// Given, they are multiplied into the weights as training does.
    pub task_weights: Option<Vec<f64>>,
    /// What kind of number each loss is `[tasks]`: `classification`, `squared_error` or `other`, as which they count if left
    /// out.
    pub families: Option<Vec<Family>>,
    /// Entropy of each task's labels in nats `[tasks]`; 0 if left out.
    pub entropies: Option<Vec<f64>>,
    /// Variance of each task's target `[tasks]`; 0 if left out.
    pub variances: Option<Vec<f64>>,
    /// The seed of what is drawn at random.
    pub seed: u64,
    /// The number of the step, from 0, or of the first of `steps`: what is drawn depends on it.
    pub step: u64,
}

/// What a step is taken with, and what came of it. A task with a `null` is absent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// Inner products of the gradients `[tasks][tasks]`. Left out, they are those of `jacobian`.
    pub gram: Option<Table>,
    /// Inner products of the gradients of two batches `[tasks][tasks]`, for a method that learns from these.
    pub cross: Option<Table>,
    /// The losses `[tasks]`. Left out, they are 1; a weighting wants them.
    pub losses: Option<Numbers>,
    /// The gradients `[tasks][parameters]`; given, the answer has a direction.
    pub jacobian: Option<Table>,
    /// The losses of the same batch after the step `[tasks]`, for a method that learns from these.
    pub losses_after: Option<Numbers>,
    /// How the validation loss after the step changes with each task's weight `[tasks]`, for a method that looks ahead.
    pub look_ahead: Option<Numbers>,
    /// Whether an epoch ends with this step.
    pub end_epoch: bool,
}

impl Request {
    /// The steps of the run, the number of the first, and where each stands.
    pub(super) fn run(&self) -> Result<(Vec<Step>, u64, Vec<String>), RequestError> {
        let own = Step {
            gram: self.gram.clone(),
            cross: self.cross.clone(),
            losses: self.losses.clone(),
            jacobian: self.jacobian.clone(),
            ..Step::default()
        };
        if self.steps.is_empty() {
            let count = self.earlier.len();
            let first = self.step.saturating_sub(count as u64);
            let places = (0..count).map(|step| format!("earlier[{step}]"));
            let places = places.chain([String::new()]).collect();
            let steps = self.earlier.iter().cloned().chain([own]).collect();
            return Ok((steps, first, places));
        }
        let others = [
            ("earlier", !self.earlier.is_empty()),
            ("gram", own.gram.is_some()),
            ("cross", own.cross.is_some()),
            ("losses", own.losses.is_some()),
            ("jacobian", own.jacobian.is_some()),
        ];
        if let Some((what, _)) = others.into_iter().find(|(_, is_given)| *is_given) {
            return Err(RequestError::Beside { what });
        }
        let places = (0..self.steps.len()).map(|step| format!("steps[{step}]"));
        Ok((self.steps.clone(), self.step, places.collect()))
    }

    /// What is known of so many tasks.
    pub(super) fn tasks(&self, count: usize) -> Result<Vec<TaskFacts>, RequestError> {
        let numbers = |what, numbers: &Option<Vec<f64>>, usual| match numbers {
            None => Ok(vec![usual; count]),
            Some(numbers) => long(what, numbers, count).map(<[f64]>::to_vec),
        };
        let weights = numbers("task_weights", &self.task_weights, 1.0)?;
        if let Some(task) = weights.iter().position(|weight| *weight < 0.0) {
            let what = "task_weights";
            return Err(RequestError::Negative { what, task });
        }
        let entropies = numbers("entropies", &self.entropies, 0.0)?;
        let variances = numbers("variances", &self.variances, 0.0)?;
        let families = match &self.families {
            None => vec![Family::Other; count],
            Some(families) => long("families", families, count)?.to_vec(),
        };
        let facts = weights
            .into_iter()
            .zip(families)
            .zip(entropies.into_iter().zip(variances))
            .enumerate();
        let task = |(index, ((weight, family), (entropy, variance)))| TaskFacts {
            name: format!("task_{index}"),
            family,
            weight,
            entropy,
            variance,
        };
        Ok(facts.map(task).collect())
    }
}

/// This list, which must have so many entries.
pub(super) fn long<'a, X>(
    what: &'static str,
    list: &'a [X],
    wanted: usize,
) -> Result<&'a [X], RequestError> {
    if list.len() == wanted {
        return Ok(list);
    }
    Err(RequestError::Length {
        what,
        found: list.len(),
        wanted,
    })
}

/// What it answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// The weights `[tasks]`, unless the shared gradient is no weighted sum; none of an absent task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Numbers>,
    /// The heads' weights `[tasks]`, if they are others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heads: Option<Numbers>,
    /// The shared gradient Jᵀα `[parameters]`, if the gradients were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Vec<f64>>,
    /// How far the answer is from what it should solve; 0 for a closed form.
    pub residual: f64,
    /// Something out of the ordinary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The answer to each of the request's `steps`, of which the last stands above.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Answer>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RequestError {
    /// No weighting or aggregator has this name.
    #[error("there is no weighting or aggregator '{name}'")]
    UnknownMethod {
        /// As asked for.
        name: String,
    },
    /// What was asked of is not there.
    #[error("the request has no {what}, which {method} needs")]
    Missing {
        /// The method.
        method: String,
        /// The key.
        what: &'static str,
    },
    /// Two lists are not of one length.
    #[error("{what} has {found} entries, wanted {wanted}")]
    Length {
        /// The key.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// A number of two present tasks is not there.
    #[error("{what}[{first}][{second}] is null, though its tasks are present")]
    Null {
        /// The key.
        what: &'static str,
        /// From 0.
        first: usize,
        /// From 0.
        second: usize,
    },
    /// A number that must not be negative.
    #[error("{what}[{task}] is negative")]
    Negative {
        /// The key.
        what: &'static str,
        /// From 0.
        task: usize,
    },
    /// A step beside a list of steps.
    #[error("{what} stands beside steps: put it into one of them")]
    Beside {
        /// The key.
        what: &'static str,
    },
    /// What the method does not look at.
    #[error("{method} does not look at {what}")]
    Unused {
        /// The method.
        method: String,
        /// The key.
        what: &'static str,
    },
    /// What is wrong with one of several steps.
    #[error("{place}: {error}")]
    Step {
        /// As `steps[2]`.
        place: String,
        /// What is wrong with it.
        error: Box<RequestError>,
    },
    /// The numbers are no Gram matrix.
    #[error(transparent)]
    Gram(#[from] GramError),
    /// No two vectors have such inner products.
    #[error(
        "gram[{first}][{second}] is larger than the lengths allow: no gradients have these inner products"
    )]
    Impossible {
        /// From 0.
        first: usize,
        /// From 0.
        second: usize,
    },
    /// The numbers are no gradients.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// Options that the method does not have, or out of their range.
    #[error("{0}")]
    Options(String),
}
