//! Heads: from a representation to the predictions of one task.
//!
//! A head is an optional tower of dense blocks, a mixing of the representation's numbers into scores, and an offset:
//! a bias, or for an ordinal task its ordered thresholds θ₁ < θ₂ < …, which make of one score s the cumulative logits
//! θⱼ - s of P(y ≤ j) (McCullagh 1980). The thresholds are stored as θ₁ and the inverse softplus of their distances,
//! so that no step of an optimizer can put them out of order.

mod mixing;

use burn::module::{Module, Param};
use burn::tensor::{Tensor, activation};
use polytask_config::{Choice, Fields};

pub(crate) use mixing::{Block, Dense, Mixing, PerOutput, PerTask};

use crate::dense::{AT_LEAST_ONE, DenseBlock};
use crate::error::ShapeError;
use crate::features::{FeatureShape, Features};
use crate::initial::{Initial, data, replace};
use crate::layer::{self, Layer};
use crate::loss::Outputs;
use crate::stack::{Origin, Stack};

/// How the last map of a head starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadStart {
    /// Weights zero, bias the best constant: the first loss is the entropy (the variance) of the labels.
    Prior,
    /// Weights normal with variance 1 / inputs, bias zero.
    Random,
}

impl Choice for HeadStart {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "prior",
            Self::Prior,
            "weights zero and bias the best constant: the first loss is the entropy of the labels",
        ),
        (
            "random",
            Self::Random,
            "weights normal with variance 1 / inputs, bias zero",
        ),
    ];
}

/// What the config says about heads.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadOptions {
    /// Widths of the tower below the last map, in every head.
    pub hidden: Vec<usize>,
    pub block: DenseBlock,
    pub start: HeadStart,
}

impl Default for HeadOptions {
    fn default() -> Self {
        Self {
            hidden: Vec::new(),
            block: DenseBlock::default(),
            start: HeadStart::Prior,
        }
    }
}

impl HeadOptions {
    pub(crate) fn options(fields: &mut Fields<'_>) -> Self {
        let hidden = fields
            .integers("hidden", "widths of the hidden layers of each task's head")
            .each(AT_LEAST_ONE)
            .or(Vec::new());
        Self {
            block: DenseBlock::options(fields, &hidden),
            hidden,
            start: fields
                .choice("init", "how the last layer of each head starts")
                .or(HeadStart::Prior),
        }
    }

    /// The tower of one head over `width` numbers, and how many it makes of them.
    pub(crate) fn tower(
        &self,
        initial: &Initial<'_>,
        task: &str,
        width: usize,
    ) -> Result<(Vec<Layer>, usize), Vec<ShapeError>> {
        let path = format!("heads.{task}.tower");
        let mut stack = Stack::new(*initial, &path, FeatureShape::Vector(width));
        for (index, hidden) in self.hidden.iter().enumerate() {
            let origin = Origin::new(
                format!("heads.hidden[{index}]"),
                format!("head of `{task}`, hidden layer {index}"),
            );
            self.block.build(&mut stack, &origin, *hidden);
        }
        let (layers, shape) = stack.finish()?;
        Ok((layers, shape.width()))
    }
}

/// One task's head.
#[derive(Module, Debug)]
pub(crate) struct Head {
    pub(crate) tower: Vec<Layer>,
    pub(crate) mixing: Mixing,
    pub(crate) offset: Offset,
    /// C of what it reads of other tasks, `[numbers read, scores]`; none if it reads nothing.
    pub(crate) cascade: Option<Param<Tensor<2>>>,
}

impl Head {
    /// `[rows, width of the representation]`, and what it reads of other tasks, to the predictions
    /// `[rows, outputs of the task's loss]`.
    #[must_use]
    pub(crate) fn forward(&self, representation: Tensor<2>, told: Option<Tensor<2>>) -> Tensor<2> {
        let features = layer::forward(&self.tower, Features::Vector(representation)).into_vector();
        let scores = self.mixing.apply(features);
        self.offset.apply(match (told, &self.cascade) {
            (Some(told), Some(cascade)) => scores + told.matmul(cascade.val()),
            _ => scores,
        })
    }

    /// W of `predictions = offset(z W)`, `[width, scores]`, if the head is linear up to its offset.
    pub(crate) fn matrix(&self) -> Option<Tensor<2>> {
        if self.tower.is_empty() && self.cascade.is_none() {
            self.mixing.matrix()
        } else {
            None
        }
    }

    /// Columns of its predictions.
    pub(crate) fn width(&self) -> usize {
        let offset = self
            .offset
            .bias
            .as_ref()
            .or(self.offset.thresholds.as_ref());
        offset.map_or(0, |values| values.lazy_shape().num_elements())
    }
}

/// A bias or thresholds.
#[derive(Module, Debug)]
pub(crate) struct Offset {
    /// `[scores]`.
    pub(crate) bias: Option<Param<Tensor<1>>>,
    /// `[levels - 1]`: the first threshold, then the inverse softplus of each distance.
    pub(crate) thresholds: Option<Param<Tensor<1>>>,
}

/// The least distance of two thresholds: keeps every level's probability above zero in f32.
const APART: f64 = 1e-4;

impl Offset {
    /// `prior` holds the best constant scores, or the best thresholds in rising order.
    pub(crate) fn new(
        initial: &Initial<'_>,
        outputs: Outputs,
        prior: &[f64],
        start: HeadStart,
    ) -> Self {
        match outputs {
            Outputs::Scores(scores) => {
                let values = match start {
                    HeadStart::Prior => prior.to_vec(),
                    HeadStart::Random => vec![0.0; scores],
                };
                Self {
                    bias: Some(initial.given([scores], values)),
                    thresholds: None,
                }
            }
            Outputs::Ordered { thresholds } => Self {
                bias: None,
                thresholds: Some(initial.given([thresholds], stored_thresholds(prior))),
            },
        }
    }

    pub(crate) fn apply(&self, scores: Tensor<2>) -> Tensor<2> {
        if let Some(thresholds) = &self.thresholds {
            return rising(thresholds.val()).unsqueeze::<2>() - scores;
        }
        match &self.bias {
            Some(bias) => scores + bias.val().unsqueeze::<2>(),
            None => scores,
        }
    }

    /// Adds a constant `[scores]` to the scores: what a change of the representation's origin costs.
    pub(crate) fn add_to_scores(&mut self, shift: &[f64]) {
        if let Some(bias) = &mut self.bias {
            let shift = Tensor::from_data(data([shift.len()], shift.to_vec()), &bias.device());
            let moved = bias.val() + shift;
            replace(bias, moved);
        }
        if let (Some(thresholds), Some(shift)) = (&mut self.thresholds, shift.first()) {
            let count = thresholds.lazy_shape().num_elements();
            let mut first = vec![0.0; count];
            if let Some(first) = first.first_mut() {
                // θ - (s + shift) is (θ - shift) - s, and moving the first threshold moves them all.
                *first = -shift;
            }
            let first = Tensor::from_data(data([count], first), &thresholds.device());
            let moved = thresholds.val() + first;
            replace(thresholds, moved);
        }
    }
}

/// The thresholds in rising order from what is stored.
fn rising(stored: Tensor<1>) -> Tensor<1> {
    let count = stored.dims()[0];
    if count < 2 {
        return stored;
    }
    let first = stored.clone().narrow(0, 0, 1);
    let apart = activation::softplus(stored.narrow(0, 1, count - 1), 1.0) + APART;
    Tensor::cat(vec![first, apart], 0).cumsum(0)
}

/// What is stored for thresholds in rising order.
fn stored_thresholds(rising: &[f64]) -> Vec<f64> {
    let mut before = None;
    rising
        .iter()
        .map(|&threshold| match before.replace(threshold) {
            None => threshold,
            Some(previous) => inverse_softplus((threshold - previous - APART).max(APART)),
        })
        .collect()
}

/// x with ln(1 + exp(x)) = y, for y > 0.
fn inverse_softplus(y: f64) -> f64 {
    y + (-(-y).exp_m1()).ln()
}
