//! Class weights: how much a row of each class counts.

use burn::tensor::{Device, Tensor};
use polytask_config::{Entry, Fields, Range};

use super::TaskSpec;
use crate::error::LossError;
use crate::initial::data;

/// Weights of the classes in a loss.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ClassWeights {
    /// Every row counts 1.
    #[default]
    None,
    /// N / (K n_k) over the labels of training: every class counts the same in sum, and the mean row counts 1.
    Balanced,
    /// One number per class.
    Given(Vec<f64>),
}

static CLASS_WEIGHTS: &[Entry<ClassWeights>] = &[
    Entry {
        name: "none",
        summary: "every row counts 1",
        source: "",
        new: |_| ClassWeights::None,
        facts: (),
    },
    Entry {
        name: "balanced",
        summary: "rows / (classes * rows of the class), over the labels of training",
        source: "King and Zeng 2001, Logistic Regression in Rare Events Data",
        new: |_| ClassWeights::Balanced,
        facts: (),
    },
    Entry {
        name: "given",
        summary: "one number per class",
        source: "",
        new: |fields| {
            let weights = fields.numbers(
                "weights",
                "weight of each class, in the order of the classes",
            );
            ClassWeights::Given(weights.each(AT_LEAST_ZERO).required())
        },
        facts: (),
    },
];

/// Bounds of weights in a list.
pub(super) const AT_LEAST_ZERO: Range<f64> = Range {
    at_least: Some(0.0),
    above: None,
    at_most: None,
    below: None,
};

impl ClassWeights {
    pub(super) fn options(fields: &mut Fields<'_>) -> Self {
        fields
            .entry(
                "class_weights",
                "how much a row of each class counts",
                CLASS_WEIGHTS,
            )
            .or("none")
            .value
    }

    pub(super) fn check(&self, task: &TaskSpec, classes: usize) -> Result<(), LossError> {
        match self {
            Self::Given(weights) if weights.len() != classes => Err(LossError::Length {
                task: task.name.clone(),
                option: "class_weights",
                given: weights.len(),
                wanted: classes,
            }),
            _ => Ok(()),
        }
    }

    /// One weight per class, or none if all are 1.
    pub(super) fn of(&self, task: &TaskSpec, classes: usize) -> Option<Vec<f64>> {
        match self {
            Self::None => None,
            Self::Given(weights) => Some(weights.clone()),
            Self::Balanced => {
                let counts = task.counts(classes);
                let total: f64 = counts.iter().sum();
                // A class that training never saw has no weight to balance; 1 keeps its rows in a validation loss.
                let weight = |&count: &f64| {
                    if count > 0.0 {
                        total / (classes as f64 * count)
                    } else {
                        1.0
                    }
                };
                Some(counts.iter().map(weight).collect())
            }
        }
    }

    /// The same as a tensor `[1, classes]`.
    pub(super) fn tensor(
        &self,
        task: &TaskSpec,
        classes: usize,
        device: &Device,
    ) -> Option<Tensor<2>> {
        let weights = self.of(task, classes)?;
        Some(Tensor::from_data(data([1, weights.len()], weights), device))
    }
}
