//! A two-dimensional convolution over pictures `[rows, channels, height, width]`.
//!
//! A side of n becomes ⌊(n + padding - kernel) / stride⌋ + 1.

use std::ops::ControlFlow;

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions, PadMode};
use burn::tensor::s;

use super::Step;
use crate::features::{FeatureShape, Features};
use crate::initial::{Initial, Scale};
use crate::stacked::{Chain, Contribution, Pull, Rows, Take};

/// How a square kernel moves over a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    /// Zeros before and after each side.
    pub(crate) padding: [usize; 2],
}

impl Window {
    /// The side that it makes of a side, if the kernel fits.
    pub(crate) fn side(self, side: usize) -> Option<usize> {
        let padded = side + self.padding[0] + self.padding[1];
        let room = padded.checked_sub(self.kernel)?;
        Some(room / self.stride + 1)
    }
}

impl Window {
    fn options(self) -> ConvOptions<2> {
        let [before, after] = self.padding;
        ConvOptions::new_with_padding(
            [self.stride, self.stride],
            [(before, after), (before, after)],
            [1, 1],
            1,
        )
    }
}

/// A convolution with a square kernel.
#[derive(Module, Debug)]
pub(crate) struct Conv {
    /// `[outputs, inputs, kernel, kernel]`.
    pub weight: Param<Tensor<4>>,
    /// `[outputs]`.
    pub bias: Option<Param<Tensor<1>>>,
    #[module(skip)]
    window: Window,
}

impl Conv {
    pub(crate) fn new(
        initial: &Initial<'_>,
        name: &str,
        [inputs, outputs]: [usize; 2],
        window: Window,
        scale: Scale,
        bias: bool,
    ) -> Self {
        let patch = window.kernel * window.kernel;
        let deviation = scale.deviation(inputs * patch, outputs * patch);
        let shape = [outputs, inputs, window.kernel, window.kernel];
        Self {
            weight: initial.normal(&format!("{name}.weight"), shape, deviation),
            bias: bias.then(|| initial.constant([outputs], 0.0)),
            window,
        }
    }

    fn apply(&self, map: Tensor<4>) -> Tensor<4> {
        let bias = self.bias.as_ref().map(Param::val);
        conv2d(map, self.weight.val(), bias, self.window.options())
    }
}

impl Step for Conv {
    fn forward(&self, features: Features) -> Features {
        features.change(|vector| vector, |map| self.apply(map))
    }

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        let Features::Map { map, beside } = features else {
            // The builder puts convolutions on pictures alone.
            return (features, Box::new(Chain::default()));
        };
        let weight = self.weight.val().inner();
        let bias = self.bias.as_ref().map(|bias| bias.val().inner());
        let convolved = conv2d(map.clone(), weight.clone(), bias, self.window.options());
        let pull = ConvPull {
            ids: (self.weight.id, self.bias.as_ref().map(|bias| bias.id)),
            window: self.window,
            weight,
            inputs: map,
        };
        let convolved = Features::Map {
            map: convolved,
            beside,
        };
        (convolved, Box::new(pull))
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        let [outputs, ..]: [usize; 4] = self.weight.lazy_shape().dims();
        match shape {
            FeatureShape::Map {
                map: [_, height, width],
                beside,
            } => FeatureShape::Map {
                // The builder has refused a kernel that does not fit.
                map: [
                    outputs,
                    self.window.side(height).unwrap_or(0),
                    self.window.side(width).unwrap_or(0),
                ],
                beside,
            },
            vector @ FeatureShape::Vector(_) => vector,
        }
    }

    fn describe(&self) -> String {
        let [outputs, inputs, kernel, _]: [usize; 4] = self.weight.lazy_shape().dims();
        let stride = self.window.stride;
        format!("conv {inputs} -> {outputs}, kernel {kernel}, stride {stride}")
    }
}

/// A recorded convolution.
struct ConvPull {
    ids: (ParamId, Option<ParamId>),
    window: Window,
    /// `[outputs, inputs, kernel, kernel]`.
    weight: Tensor<4>,
    /// `[rows, inputs, height, width]`.
    inputs: Tensor<4>,
}

impl ConvPull {
    /// The numbers under each element of the kernel: `[kernel * kernel * inputs, rows * places]`.
    fn patches(&self, [height, width]: [usize; 2]) -> Tensor<2> {
        let Window {
            kernel,
            stride,
            padding: [before, after],
        } = self.window;
        let [rows, channels, ..] = self.inputs.dims();
        let sides = [(before, after), (before, after)];
        // [inputs, rows, height, width]: rows and places then lie side by side.
        let mut padded = self.inputs.clone().swap_dims(0, 1);
        if before + after > 0 {
            padded = padded.pad(sides, PadMode::Constant(0.0));
        }
        let mut under = Vec::with_capacity(kernel * kernel);
        for down in 0..kernel {
            for right in 0..kernel {
                let [bottom, edge] = [
                    down + (height - 1) * stride + 1,
                    right + (width - 1) * stride + 1,
                ];
                let step = stride as isize;
                let window = padded
                    .clone()
                    .slice(s![.., .., down..bottom;step, right..edge;step]);
                under.push(window.reshape([channels, rows * height * width]));
            }
        }
        Tensor::cat(under, 0)
    }

    /// The gradients of the kernel `[tasks, outputs * inputs * kernel * kernel]`.
    fn kernels(&self, cotangents: &Tensor<4>, tasks: usize) -> Tensor<2> {
        let [outputs, inputs, kernel, _] = self.weight.dims();
        let [stacked, _, height, width] = cotangents.dims();
        let rows = stacked / tasks.max(1);
        let places = height * width;
        // [tasks * outputs, rows * places]
        let cotangents = cotangents
            .clone()
            .reshape([tasks, rows, outputs, places])
            .swap_dims(1, 2)
            .reshape([tasks * outputs, rows * places]);
        cotangents
            .matmul(self.patches([height, width]).transpose())
            .reshape([tasks, outputs, kernel * kernel, inputs])
            .swap_dims(2, 3)
            .reshape([tasks, outputs * inputs * kernel * kernel])
    }

    /// The gradients of the bias `[tasks, outputs]`.
    fn biases(cotangents: &Tensor<4>, tasks: usize) -> Tensor<2> {
        let [stacked, outputs, height, width] = cotangents.dims();
        let rows = stacked / tasks.max(1);
        cotangents
            .clone()
            .reshape([tasks, rows, outputs, height * width])
            .sum_dim(3)
            .sum_dim(1)
            .reshape([tasks, outputs])
    }

    /// The cotangents of the inputs: the transposed convolution, cut to the picture.
    fn below(&self, cotangents: Tensor<4>) -> Tensor<4> {
        let Window {
            kernel,
            stride,
            padding: [before, after],
        } = self.window;
        let [_, _, height, width] = self.inputs.dims();
        let back = |padding: usize, out: [usize; 2]| {
            let options = ConvTransposeOptions::new([stride; 2], [padding; 2], out, [1, 1], 1);
            conv_transpose2d(cotangents.clone(), self.weight.clone(), None, options)
        };
        // What the last window leaves over at the far edge.
        let over = |side: usize| (side + before + after - kernel) % stride;
        if before == after {
            return back(before, [over(height), over(width)]);
        }
        let out = [over(height), over(width)].map(|over| over.saturating_sub(after));
        back(0, out)
            .narrow(2, before, height)
            .narrow(3, before, width)
    }
}

impl Pull for ConvPull {
    fn learns(&self) -> bool {
        true
    }

    fn pull(
        &self,
        cotangents: Features,
        tasks: usize,
        goes_on: bool,
        take: &mut Take<'_>,
    ) -> ControlFlow<(), Option<Features>> {
        let Features::Map { map, beside } = cotangents else {
            return ControlFlow::Continue(None);
        };
        let mut rows = vec![Rows {
            parameter: self.ids.0,
            shape: self.weight.dims().to_vec(),
            rows: self.kernels(&map, tasks),
        }];
        if let Some(parameter) = self.ids.1 {
            rows.push(Rows {
                parameter,
                shape: vec![self.weight.dims()[0]],
                rows: Self::biases(&map, tasks),
            });
        }
        take(Contribution::Rows(rows))?;
        ControlFlow::Continue(goes_on.then(|| Features::Map {
            map: self.below(map),
            beside,
        }))
    }
}
