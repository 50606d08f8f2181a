//! Every layer of vectors and pictures, and its rewrite in f64.

use super::maps::{self, Map};
use super::reference::{self, Rows, Values};
use crate::ActivationKind;
use crate::layer::{Average, Layer, Pool, PoolKind, Window};
use crate::stack::{Origin, Stack};

/// An encoder of given layers.
#[derive(Debug)]
pub(super) struct Given(pub(super) fn(&mut Stack<'_>));

impl crate::encoder::Plan for Given {
    fn build(&self, stack: &mut Stack<'_>) {
        (self.0)(stack);
    }
}

/// Layers on a picture or on columns, and their formula: from the inputs to what the heads read.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// Channels, height and width; without a picture the columns are all there is.
    pub(super) image: Option<[usize; 3]>,
    pub(super) columns: usize,
    pub(super) layers: fn(&mut Stack<'_>),
    pub(super) formula: fn(&Values, Map, &Rows) -> Rows,
}

fn origin() -> Origin {
    Origin::new("encoder", "layer")
}

fn linear(stack: &mut Stack<'_>, width: usize) {
    stack.linear(&origin(), width, ActivationKind::Tanh.scale(), true);
}

fn conv(stack: &mut Stack<'_>, channels: usize, kernel: usize, stride: usize, padding: [usize; 2]) {
    let window = Window {
        kernel,
        stride,
        padding,
    };
    stack.conv(
        &origin(),
        channels,
        window,
        ActivationKind::Tanh.scale(),
        true,
    );
}

const L0: &str = "encoder.layers.0";
const L1: &str = "encoder.layers.1";

pub(super) fn vectors() -> Vec<Case> {
    let case = |name, layers, formula| Case {
        name,
        image: None,
        columns: 3,
        layers,
        formula,
    };
    vec![
        case(
            "linear",
            |stack| linear(stack, 4),
            |values, _, x| reference::linear(values, L0, x),
        ),
        case(
            "layer norm",
            |stack| {
                linear(stack, 4);
                stack.layer_norm();
            },
            |values, _, x| reference::layer_norm(values, L1, &reference::linear(values, L0, x)),
        ),
        case(
            "batch norm",
            |stack| {
                linear(stack, 4);
                stack.batch_norm();
            },
            |values, _, x| {
                let y = reference::linear(values, L0, x);
                let map = Map::new([4, 1, 1], y);
                maps::batch_norm(values, L1, map).rows
            },
        ),
        case(
            "residual",
            |stack| {
                linear(stack, 4);
                stack.residual(|inner| {
                    linear(inner, 4);
                    inner.activation(ActivationKind::Gelu);
                    linear(inner, 4);
                });
            },
            |values, _, x| {
                let x = reference::linear(values, L0, x);
                let y = reference::linear(values, "encoder.layers.1.layers.0", &x);
                let y = reference::each(&y, |x| super::cases::activation(ActivationKind::Gelu, x));
                let y = reference::linear(values, "encoder.layers.1.layers.2", &y);
                let add =
                    |(x, y): (&Vec<f64>, &Vec<f64>)| x.iter().zip(y).map(|(x, y)| x + y).collect();
                x.iter().zip(&y).map(add).collect()
            },
        ),
    ]
}

pub(super) fn pictures() -> Vec<Case> {
    let case = |name, layers, formula| Case {
        name,
        image: Some([2, 5, 4]),
        columns: 0,
        layers,
        formula,
    };
    vec![
        case(
            "conv",
            |stack| conv(stack, 3, 3, 1, [1, 1]),
            |values, map, _| maps::conv(values, L0, &map, 1, [1, 1]).rows,
        ),
        case(
            "conv of even kernel",
            |stack| conv(stack, 3, 2, 1, [0, 1]),
            |values, map, _| maps::conv(values, L0, &map, 1, [0, 1]).rows,
        ),
        case(
            "conv with steps",
            |stack| conv(stack, 3, 3, 2, [0, 0]),
            |values, map, _| maps::conv(values, L0, &map, 2, [0, 0]).rows,
        ),
        case(
            "conv of even kernel with steps",
            |stack| conv(stack, 2, 4, 2, [1, 2]),
            |values, map, _| maps::conv(values, L0, &map, 2, [1, 2]).rows,
        ),
        case(
            "two convs",
            |stack| {
                conv(stack, 3, 2, 1, [0, 1]);
                conv(stack, 2, 2, 1, [0, 1]);
            },
            |values, map, _| {
                let map = maps::conv(values, L0, &map, 1, [0, 1]);
                maps::conv(values, L1, &map, 1, [0, 1]).rows
            },
        ),
        case(
            "largest of each window",
            |stack| {
                conv(stack, 3, 3, 1, [1, 1]);
                stack.plain(Layer::Pool(Pool::new(PoolKind::Max, 2)));
            },
            |values, map, _| {
                let map = maps::conv(values, L0, &map, 1, [1, 1]);
                maps::pool(&map, 2, |window| {
                    window.iter().copied().fold(f64::MIN, f64::max)
                })
                .rows
            },
        ),
        case(
            "mean of each window",
            |stack| {
                conv(stack, 3, 3, 1, [1, 1]);
                stack.plain(Layer::Pool(Pool::new(PoolKind::Average, 2)));
            },
            |values, map, _| {
                let map = maps::conv(values, L0, &map, 1, [1, 1]);
                maps::pool(&map, 2, |window| {
                    window.iter().sum::<f64>() / window.len() as f64
                })
                .rows
            },
        ),
        case(
            "batch norm of pictures",
            |stack| {
                conv(stack, 3, 3, 1, [1, 1]);
                stack.batch_norm();
            },
            |values, map, _| {
                maps::batch_norm(values, L1, maps::conv(values, L0, &map, 1, [1, 1])).rows
            },
        ),
        case(
            // Twelve channels make six groups of two.
            "group norm",
            |stack| {
                conv(stack, 12, 1, 1, [0, 0]);
                stack.group_norm();
            },
            |values, map, _| {
                maps::group_norm(values, L1, maps::conv(values, L0, &map, 1, [0, 0]), 6).rows
            },
        ),
        Case {
            columns: 2,
            ..case(
                "flatten beside columns",
                |stack| conv(stack, 3, 3, 1, [1, 1]),
                |values, map, x| maps::beside(maps::conv(values, L0, &map, 1, [1, 1]).rows, x),
            )
        },
        Case {
            columns: 2,
            ..case(
                "average beside columns",
                |stack| {
                    conv(stack, 3, 3, 1, [1, 1]);
                    stack.plain(Layer::Average(Average {}));
                },
                |values, map, x| {
                    let map = maps::conv(values, L0, &map, 1, [1, 1]);
                    let mean = |channel: &[f64]| channel.iter().sum::<f64>() / 20.0;
                    let means = map
                        .rows
                        .iter()
                        .map(|row| row.chunks(20).map(mean).collect());
                    maps::beside(means.collect(), x)
                },
            )
        },
    ]
}
