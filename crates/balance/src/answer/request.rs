//! What can be asked and answered, as JSON has it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{GramError, RowsError};

/// What a method is asked: a step of a run whose tasks are called `task_0`, `task_1`, …; the first, unless there are earlier
/// ones.
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
    /// Inner products of the gradients `[tasks][tasks]`. Left out, they are those of `jacobian`.
    pub gram: Option<Vec<Vec<f64>>>,
    /// Inner products of the gradients of two batches `[tasks][tasks]`, for a method that learns from these.
    pub cross: Option<Vec<Vec<f64>>>,
    /// The losses `[tasks]`. Left out, they are 1; a weighting that needs them wants them.
    pub losses: Option<Vec<f64>>,
    /// The gradients `[tasks][parameters]`; given, the answer has a direction.
    pub jacobian: Option<Vec<Vec<f64>>>,
    /// The method's options.
    pub options: Map<String, Value>,
    /// The wrappers' options; left out, there is no wrapper and the scale is the method's own.
    pub wrap: Option<Map<String, Value>>,
    /// The seed of what is drawn at random.
    pub seed: u64,
    /// The step, from 0: what is drawn depends on it.
    pub step: u64,
    /// Steps of the same run before this one, in their order.
    pub earlier: Vec<Earlier>,
}

/// What a step before was taken with, as in [`Request`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Earlier {
    /// Inner products of the gradients `[tasks][tasks]`.
    pub gram: Option<Vec<Vec<f64>>>,
    /// Inner products of the gradients of two batches `[tasks][tasks]`.
    pub cross: Option<Vec<Vec<f64>>>,
    /// The losses `[tasks]`.
    pub losses: Option<Vec<f64>>,
    /// The gradients `[tasks][parameters]`.
    pub jacobian: Option<Vec<Vec<f64>>>,
}

impl Request {
    /// The steps of the run, this one last.
    pub(super) fn steps(&self) -> Vec<Self> {
        let mut last = self.clone();
        let earlier = std::mem::take(&mut last.earlier);
        let first = self.step.saturating_sub(earlier.len() as u64);
        let steps = earlier
            .into_iter()
            .zip(first..)
            .map(|(earlier, step)| Self {
                gram: earlier.gram,
                cross: earlier.cross,
                losses: earlier.losses,
                jacobian: earlier.jacobian,
                seed: self.seed,
                step,
                ..Self::default()
            });
        let mut steps: Vec<Self> = steps.collect();
        steps.push(last);
        steps
    }
}

/// What it answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    /// The weights `[tasks]`, unless the shared gradient is no weighted sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights: Option<Vec<f64>>,
    /// The heads' weights `[tasks]`, if they are others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heads: Option<Vec<f64>>,
    /// The shared gradient Jᵀα `[parameters]`, if the gradients were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Vec<f64>>,
    /// How far the answer is from what it should solve; 0 for a closed form.
    pub residual: f64,
    /// Something out of the ordinary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
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
