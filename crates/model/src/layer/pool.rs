//! Pooling: the largest number or the mean of each square window of a picture, window by window.
//!
//! A window that would hang over the edge is dropped, so a side of n becomes ⌊n / size⌋.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::module::{
    avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_with_indices,
    max_pool2d_with_indices_backward,
};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use polytask_config::Choice;

use super::Step;
use crate::features::{FeatureShape, Features};
use crate::stacked::{Pull, Through};

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
            PoolKind::Max => max_pool2d(map, largest(window)),
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

/// Windows side by side.
fn largest(window: [usize; 2]) -> MaxPoolOptions<2> {
    MaxPoolOptions {
        kernel_size: window,
        stride: window,
        padding: [(0, 0); 2],
        dilation: [1, 1],
        ceil_mode: false,
    }
}

/// Pulls the cotangents of each task by themselves: `back` wants as many rows as the batch has.
fn each(cotangents: Features, tasks: usize, back: impl Fn(Tensor<4>) -> Tensor<4>) -> Features {
    cotangents.change(
        |vector| vector,
        |map| {
            if tasks == 1 {
                return back(map);
            }
            Tensor::cat(map.chunk(tasks, 0).into_iter().map(back).collect(), 0)
        },
    )
}

impl Step for Pool {
    fn forward(&self, features: Features) -> Features {
        features.change(|vector| vector, |map| self.apply(map))
    }

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        let window = [self.size, self.size];
        match (self.kind, features) {
            (PoolKind::Max, Features::Map { map, beside }) => {
                let (pooled, indices) = max_pool2d_with_indices(map.clone(), largest(window));
                let pull = move |cotangents: Features, tasks| {
                    each(cotangents, tasks, |d| {
                        max_pool2d_with_indices_backward(
                            map.clone(),
                            window,
                            window,
                            [0, 0],
                            [1, 1],
                            false,
                            d,
                            indices.clone(),
                        )
                    })
                };
                let pooled = Features::Map {
                    map: pooled,
                    beside,
                };
                (pooled, Box::new(Through(pull)))
            }
            (PoolKind::Average, Features::Map { map, beside }) => {
                let pooled = self.apply(map.clone());
                let pull = move |cotangents: Features, tasks| {
                    each(cotangents, tasks, |d| {
                        avg_pool2d_backward(map.clone(), d, window, window, [0, 0], true, false)
                    })
                };
                let pooled = Features::Map {
                    map: pooled,
                    beside,
                };
                (pooled, Box::new(Through(pull)))
            }
            (_, features) => (features, Box::new(Through(|cotangents, _| cotangents))),
        }
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
