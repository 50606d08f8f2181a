//! Convolutional network: blocks of convolution, normalization, pooling, activation, dropout, then dense layers.
//!
//! With largest-of-window pooling and an activation that keeps the order of numbers the activation stands after the
//! pooling: the result is the same, max(f(x)) = f(max(x)), for a quarter of the work.
//! Source: LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition.

use polytask_config::{Choice, Entry, Fields};

use super::Plan;
use crate::dense::{AT_LEAST_ONE, DenseBlock, VectorNorm};
use crate::features::FeatureShape;
use crate::layer::{ActivationKind, Average, Layer, Pool, PoolKind, Window};
use crate::stack::{Origin, Stack};

pub(super) const ENTRY: Entry<Box<dyn Plan>> = Entry {
    name: "cnn",
    summary: "convolutions and pooling on a picture, then dense layers; tabular columns join before the dense layers",
    source: "LeCun et al. 1998",
    new: |fields| Box::new(Cnn::options(fields)),
    facts: (),
};

/// Normalization of maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapNorm {
    None,
    Batch,
    Group,
}

impl Choice for MapNorm {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("none", Self::None, "no normalization"),
        (
            "batch",
            Self::Batch,
            "each channel over the batch (Ioffe and Szegedy 2015)",
        ),
        (
            "group",
            Self::Group,
            "each row over groups of channels (Wu and He 2018)",
        ),
    ];
}

/// What happens at the edge of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Padding {
    Same,
    Valid,
}

impl Choice for Padding {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "same",
            Self::Same,
            "zeros around the picture: with stride 1 it keeps its size",
        ),
        (
            "valid",
            Self::Valid,
            "none: the picture shrinks by the kernel",
        ),
    ];
}

/// How a picture becomes a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Collapse {
    Flatten,
    Average,
}

impl Choice for Collapse {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("flatten", Self::Flatten, "read out number by number"),
        ("average", Self::Average, "the mean of each channel"),
    ];
}

/// Blocks of convolutions, then dense blocks.
#[derive(Clone, Debug, PartialEq)]
pub struct Cnn {
    /// Channels of each block.
    pub channels: Vec<usize>,
    /// One for all blocks, or one per block; likewise `stride` and `pool_size`.
    pub kernel: Vec<usize>,
    pub stride: Vec<usize>,
    pub padding: Padding,
    pub pool: PoolKind,
    pub pool_size: Vec<usize>,
    pub norm: MapNorm,
    pub activation: ActivationKind,
    /// After each block of convolutions and after each dense layer.
    pub dropout: f64,
    pub collapse: Collapse,
    pub dense: Vec<usize>,
}

impl Default for Cnn {
    fn default() -> Self {
        Self {
            channels: vec![16, 32],
            kernel: vec![3],
            stride: vec![1],
            padding: Padding::Same,
            pool: PoolKind::Max,
            pool_size: vec![2],
            norm: MapNorm::None,
            activation: ActivationKind::Relu,
            dropout: 0.0,
            collapse: Collapse::Flatten,
            dense: vec![128],
        }
    }
}

impl Cnn {
    fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        let cnn = Self {
            channels: fields
                .integers("channels", "channels of each block of convolutions")
                .each(AT_LEAST_ONE)
                .or(usual.channels),
            kernel: fields
                .integers("kernel", "side of the kernel: one for all blocks or one per block")
                .each(AT_LEAST_ONE)
                .or(usual.kernel),
            stride: fields
                .integers("stride", "step of the kernel: one for all blocks or one per block")
                .each(AT_LEAST_ONE)
                .or(usual.stride),
            padding: fields
                .choice("padding", "what happens at the edge")
                .or(usual.padding),
            pool: fields
                .choice("pool", "what stands for a window after each block")
                .or(usual.pool),
            pool_size: fields
                .integers("pool_size", "side of the pooling window: one for all blocks or one per block")
                .each(AT_LEAST_ONE)
                .or(usual.pool_size),
            norm: fields
                .choice("norm", "normalization after each convolution")
                .or(usual.norm),
            activation: fields
                .choice("activation", "activation of every block and dense layer")
                .or(usual.activation),
            dropout: fields
                .number("dropout", "share of the numbers set to zero in training, after every block and dense layer")
                .at_least(0.0)
                .below(1.0)
                .or(usual.dropout),
            collapse: fields
                .choice("collapse", "how the last map becomes a vector")
                .or(usual.collapse),
            dense: fields
                .integers("dense", "widths of the dense layers on top")
                .each(AT_LEAST_ONE)
                .or(usual.dense),
        };
        for (key, values) in [
            ("kernel", &cnn.kernel),
            ("stride", &cnn.stride),
            ("pool_size", &cnn.pool_size),
        ] {
            let [given, blocks] = [values.len(), cnn.channels.len()];
            if given != 1 && given != blocks {
                let message = format!("{given} numbers for {blocks} blocks");
                let help = "give one number for all blocks, or as many as `channels` has";
                fields.problem(key, "P0501", message, Some(help.to_owned()));
            }
        }
        cnn.warn(fields);
        cnn
    }

    /// Of what no block has a use for.
    fn warn(&self, fields: &mut Fields<'_>) {
        if self.channels.is_empty() {
            for key in ["kernel", "stride", "padding", "pool", "pool_size", "norm"] {
                fields.unused(key, "with channels = [], which leaves no convolution");
            }
            if self.dense.is_empty() {
                for key in ["activation", "dropout"] {
                    fields.unused(key, "with channels = [] and dense = []");
                }
            }
            return;
        }
        if self.pool == PoolKind::None {
            fields.unused("pool_size", "with pool = \"none\"");
        }
        if self.kernel.iter().all(|side| *side == 1) {
            fields.unused("padding", "with kernels of one pixel");
        }
    }

    fn conv_block(&self, stack: &mut Stack<'_>, index: usize, channels: usize) {
        let origin = Origin::new(
            format!("encoder.channels[{index}]"),
            format!("conv block {index}"),
        );
        let kernel = of_block(&self.kernel, index);
        let padding = match self.padding {
            Padding::Same => [(kernel - 1) / 2, kernel / 2],
            Padding::Valid => [0, 0],
        };
        let window = Window {
            kernel,
            stride: of_block(&self.stride, index),
            padding,
        };
        // Batch normalization takes the mean away, and a bias with it.
        let bias = self.norm != MapNorm::Batch;
        stack.conv(&origin, channels, window, self.activation.scale(), bias);
        match self.norm {
            MapNorm::None => {}
            MapNorm::Batch => stack.batch_norm(),
            MapNorm::Group => stack.group_norm(),
        }
        if self.pool == PoolKind::Max && self.activation.keeps_order() {
            self.pool(stack, &origin, index);
            stack.activation(self.activation);
        } else {
            stack.activation(self.activation);
            self.pool(stack, &origin, index);
        }
        stack.dropout(self.dropout);
    }

    fn pool(&self, stack: &mut Stack<'_>, origin: &Origin, index: usize) {
        let size = of_block(&self.pool_size, index);
        if self.pool == PoolKind::None {
            return;
        }
        if let FeatureShape::Map {
            map: [_, height, width],
            ..
        } = stack.shape()
            && height.min(width) < size
        {
            let message =
                format!("a {size}x{size} pooling window does not fit a {height}x{width} map");
            stack.problem(origin, message);
            return;
        }
        stack.plain(Layer::Pool(Pool::new(self.pool, size)));
    }
}

impl Plan for Cnn {
    fn build(&self, stack: &mut Stack<'_>) {
        if matches!(stack.shape(), FeatureShape::Vector(_)) {
            let origin = Origin::new("encoder", "cnn");
            let message = "needs a picture, and the inputs are tabular columns (use `mlp`)";
            stack.problem(&origin, message.to_owned());
            return;
        }
        for (index, channels) in self.channels.iter().enumerate() {
            self.conv_block(stack, index, *channels);
        }
        match self.collapse {
            Collapse::Flatten => stack.flatten(),
            Collapse::Average => stack.plain(Layer::Average(Average {})),
        }
        let block = DenseBlock {
            activation: self.activation,
            norm: VectorNorm::None,
            dropout: self.dropout,
            residual: false,
            bias: true,
        };
        for (index, width) in self.dense.iter().enumerate() {
            let origin = Origin::new(
                format!("encoder.dense[{index}]"),
                format!("dense layer {index}"),
            );
            block.build(stack, &origin, *width);
        }
    }
}

/// The number of block `index` in a list that has one number for all blocks or one per block.
fn of_block(values: &[usize], index: usize) -> usize {
    values.get(index).or(values.first()).copied().unwrap_or(1)
}
