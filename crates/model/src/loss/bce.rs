//! Binary cross-entropy: the negative log-likelihood of a yes or no, or of each of several.
//!
//! ℓ = Σ_l w_l y_l softplus(-x_l) + (1 - y_l) softplus(x_l), with p = σ(x), positive weights w and labels smoothed to
//! y (1 - ε) + ε/2. Several labels add up: they are independent given the input, so the sum is their likelihood.

use std::sync::Arc;

use burn::tensor::Tensor;
use polytask_config::{Entry, Fields, Range};
use polytask_data::TaskKind;

use super::probability::{logit, share_of_yes, sigmoid, softplus};
use super::{Loss, LossEntry, LossFacts, Outputs, TaskSpec};
use crate::error::LossError;
use crate::initial::data;

pub(super) const ENTRY: LossEntry = LossEntry {
    name: "bce",
    summary: "negative log-likelihood of yes or no, in nats; the sum over the labels of a multilabel task",
    source: "",
    new: |fields| Arc::new(Bce::options(fields)),
    facts: LossFacts {
        kinds: &["binary", "multilabel"],
        default_for: &["binary", "multilabel"],
    },
};

/// How much a yes counts against a no.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum PositiveWeight {
    /// As much.
    #[default]
    None,
    /// As many times as there are more noes than yeses in training.
    Balanced,
    /// One number, or one per label.
    Given(Vec<f64>),
}

/// Options of the binary cross-entropy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bce {
    pub pos_weight: PositiveWeight,
    /// ε in [0, 1).
    pub label_smoothing: f64,
}

impl Bce {
    fn options(fields: &mut Fields<'_>) -> Self {
        Self {
            pos_weight: PositiveWeight::options(fields),
            label_smoothing: fields
                .number(
                    "label_smoothing",
                    "share of the label that is spread over yes and no",
                )
                .at_least(0.0)
                .below(1.0)
                .or(0.0),
        }
    }
}

static POSITIVE_WEIGHTS: &[Entry<PositiveWeight>] = &[
    Entry {
        name: "none",
        summary: "a yes counts as much as a no",
        source: "",
        new: |_| PositiveWeight::None,
        facts: (),
    },
    Entry {
        name: "balanced",
        summary: "as many times as there are more noes than yeses in training",
        source: "King and Zeng 2001, Logistic Regression in Rare Events Data",
        new: |_| PositiveWeight::Balanced,
        facts: (),
    },
    Entry {
        name: "given",
        summary: "one number, or one per label",
        source: "",
        new: |fields| {
            let weights = fields.numbers("weights", "weight of a yes, for all labels or for each");
            PositiveWeight::Given(weights.each(ABOVE_ZERO).at_least_one().required())
        },
        facts: (),
    },
];

/// A weight of zero would make every yes invisible, and its best constant minus infinity.
const ABOVE_ZERO: Range<f64> = Range {
    at_least: None,
    above: Some(0.0),
    at_most: None,
    below: None,
};

impl PositiveWeight {
    fn options(fields: &mut Fields<'_>) -> Self {
        fields
            .entry(
                "pos_weight",
                "how much a yes counts against a no",
                POSITIVE_WEIGHTS,
            )
            .or("none")
            .value
    }

    /// One weight per label.
    fn of(&self, task: &TaskSpec) -> Option<Vec<f64>> {
        let labels = labels(&task.kind);
        match self {
            Self::None => None,
            Self::Given(weights) => match weights.as_slice() {
                [weight] => Some(vec![*weight; labels]),
                weights => Some(weights.to_vec()),
            },
            Self::Balanced => Some(
                task.noes_and_yeses()
                    .iter()
                    .map(|&[noes, yeses]| {
                        // Without a yes or without a no there is nothing to balance, and 0 would hide every row.
                        if noes > 0.0 && yeses > 0.0 {
                            noes / yeses
                        } else {
                            1.0
                        }
                    })
                    .collect(),
            ),
        }
    }
}

impl Loss for Bce {
    fn outputs(&self, kind: &TaskKind) -> Outputs {
        Outputs::Scores(labels(kind))
    }

    fn check(&self, task: &TaskSpec) -> Result<(), LossError> {
        match &self.pos_weight {
            PositiveWeight::Given(weights)
                if weights.len() != 1 && weights.len() != labels(&task.kind) =>
            {
                Err(LossError::Length {
                    task: task.name.clone(),
                    option: "pos_weight",
                    given: weights.len(),
                    wanted: labels(&task.kind),
                })
            }
            _ => Ok(()),
        }
    }

    fn prior(&self, task: &TaskSpec) -> Vec<f64> {
        let weights = self.pos_weight.of(task);
        let smooth = self.label_smoothing;
        let yes = |(label, counts): (usize, &[f64; 2])| {
            let share = share_of_yes(counts) * (1.0 - smooth) + smooth / 2.0;
            let weight = weights.as_ref().and_then(|weights| weights.get(label));
            // w p ln σ(x) + (1 - p) ln σ(-x) is largest at σ(x)/σ(-x) = w p/(1 - p).
            logit(share) + weight.copied().unwrap_or(1.0).ln()
        };
        task.noes_and_yeses().iter().enumerate().map(yes).collect()
    }

    fn per_row(&self, prediction: Tensor<2>, target: Tensor<2>, task: &TaskSpec) -> Tensor<1> {
        let [rows, labels] = prediction.dims();
        let smooth = self.label_smoothing;
        let yes = if smooth > 0.0 {
            target * (1.0 - smooth) + smooth / 2.0
        } else {
            target
        };
        let no = yes.clone().neg() + 1.0;
        let yes = match self.pos_weight.of(task) {
            Some(weights) => {
                yes * Tensor::from_data(data([1, labels], weights), &prediction.device())
            }
            None => yes,
        };
        let loss = yes * softplus(prediction.clone().neg()) + no * softplus(prediction);
        loss.sum_dim(1).reshape([rows])
    }

    fn is_law(&self) -> bool {
        *self == Self::default()
    }

    fn decode(&self, kind: &TaskKind, row: &[f64]) -> Vec<f64> {
        yes_or_no(kind, row)
    }
}

/// A binary task's logit to both probabilities, a multilabel task's logits to one each.
pub(super) fn yes_or_no(kind: &TaskKind, row: &[f64]) -> Vec<f64> {
    let probability = |&x: &f64| match kind {
        // σ(-x), not 1 - σ(x): a small probability keeps its digits.
        TaskKind::Binary => vec![sigmoid(-x), sigmoid(x)],
        _ => vec![sigmoid(x)],
    };
    row.iter().flat_map(probability).collect()
}

/// Logits of a binary or multilabel task.
pub(super) fn labels(kind: &TaskKind) -> usize {
    match kind {
        TaskKind::Multilabel { labels } => *labels,
        _ => 1,
    }
}
