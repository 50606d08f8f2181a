//! Dense blocks: linear, normalization, activation, dropout; the body of an MLP, the top of a CNN, a head's tower.

use polytask_config::{Choice, Fields, Range};

use crate::features::FeatureShape;
use crate::layer::ActivationKind;
use crate::stack::{Origin, Stack};

/// Bounds of widths, kernels and other counts in a list.
pub(crate) const AT_LEAST_ONE: Range<usize> = Range {
    at_least: Some(1),
    above: None,
    at_most: None,
    below: None,
};

/// Normalization of vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorNorm {
    None,
    Layer,
    Batch,
}

impl Choice for VectorNorm {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("none", Self::None, "no normalization"),
        (
            "layer",
            Self::Layer,
            "over the numbers of each row (Ba et al. 2016)",
        ),
        (
            "batch",
            Self::Batch,
            "over the rows of the batch (Ioffe and Szegedy 2015)",
        ),
    ];
}

/// What a dense block is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DenseBlock {
    pub activation: ActivationKind,
    pub norm: VectorNorm,
    /// In [0, 1).
    pub dropout: f64,
    pub residual: bool,
    pub bias: bool,
}

impl Default for DenseBlock {
    fn default() -> Self {
        Self {
            activation: ActivationKind::Relu,
            norm: VectorNorm::None,
            dropout: 0.0,
            residual: false,
            bias: true,
        }
    }
}

impl DenseBlock {
    /// Lists the options of the blocks of these widths.
    pub(crate) fn options(fields: &mut Fields<'_>, widths: &[usize]) -> Self {
        let usual = Self::default();
        let block = Self {
            activation: fields
                .choice("activation", "what follows each linear layer")
                .or(usual.activation),
            norm: fields
                .choice("norm", "normalization between linear layer and activation")
                .or(usual.norm),
            dropout: fields
                .number("dropout", "share of the numbers set to zero in training")
                .at_least(0.0)
                .below(1.0)
                .or(usual.dropout),
            residual: fields
                .flag(
                    "residual",
                    "add a block's input to its output where the widths agree",
                )
                .or(usual.residual),
            bias: fields
                .flag("bias", "linear layers have a bias")
                .or(usual.bias),
        };
        if widths.is_empty() {
            for key in ["activation", "norm", "dropout", "residual", "bias"] {
                fields.unused(key, "with hidden = [], which leaves no hidden layer");
            }
        } else if block.norm == VectorNorm::Batch {
            let beside = "beside norm = \"batch\", which takes the mean away";
            fields.unused("bias", beside);
        }
        block
    }

    /// Adds the block to the stack.
    pub(crate) fn build(self, stack: &mut Stack<'_>, origin: &Origin, width: usize) {
        if self.residual && stack.shape() == FeatureShape::Vector(width) {
            stack.residual(|inner| self.straight(inner, origin, width));
        } else {
            self.straight(stack, origin, width);
        }
    }

    fn straight(self, stack: &mut Stack<'_>, origin: &Origin, width: usize) {
        // Batch normalization takes the mean away: a bias below it would have no effect and no gradient.
        let bias = self.bias && self.norm != VectorNorm::Batch;
        stack.linear(origin, width, self.activation.scale(), bias);
        match self.norm {
            VectorNorm::None => {}
            VectorNorm::Layer => stack.layer_norm(),
            VectorNorm::Batch => stack.batch_norm(),
        }
        stack.activation(self.activation);
        stack.dropout(self.dropout);
    }
}
