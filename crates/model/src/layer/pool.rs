//! Pooling: the largest number or the mean of each square window of a picture, window by window.
//!
//! A window that would hang over the edge is dropped, so a side of n becomes ⌊n / size⌋.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use polytask_config::Choice;

use super::Step;
use crate::features::{FeatureShape, Features};

/// What stands for a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PoolKind {
    Max,
    Average,
    None,
}

impl Choice for PoolKind {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("max", Self::Max, "the largest number of each window"),
        ("avg", Self::Average, "the mean of each window"),
        ("none", Self::None, "no pooling"),
    ];
}

/// Pooling as a layer.
#[derive(Module, Debug)]
pub(crate) struct Pool {
    #[module(skip)]
    kind: PoolKind,
    size: usize,
}

impl Pool {
    pub(crate) fn new(kind: PoolKind, size: usize) -> Self {
        Self { kind, size }
    }

    fn apply(&self, map: Tensor<4>) -> Tensor<4> {
        let window = [self.size, self.size];
        match self.kind {
            PoolKind::Max => max_pool2d(
                map,
                MaxPoolOptions {
                    kernel_size: window,
                    stride: window,
                    padding: [(0, 0); 2],
                    dilation: [1, 1],
                    ceil_mode: false,
                },
            ),
            PoolKind::Average => avg_pool2d(
                map,
                AvgPoolOptions {
                    kernel_size: window,
                    stride: window,
                    padding: [(0, 0); 2],
                    count_include_pad: true,
                    ceil_mode: false,
                },
            ),
            PoolKind::None => map,
        }
    }
}

impl Step for Pool {
    fn forward(&self, features: Features) -> Features {
        features.change(|vector| vector, |map| self.apply(map))
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        match shape {
            FeatureShape::Map {
                map: [channels, height, width],
                beside,
            } if self.kind != PoolKind::None => FeatureShape::Map {
                map: [channels, height / self.size, width / self.size],
                beside,
            },
            other => other,
        }
    }

    fn describe(&self) -> String {
        let size = self.size;
        match self.kind {
            PoolKind::Max => format!("max pool {size}x{size}"),
            PoolKind::Average => format!("average pool {size}x{size}"),
            PoolKind::None => "no pool".to_owned(),
        }
    }
}
