//! A two-dimensional convolution over pictures `[rows, channels, height, width]`.
//!
//! A side of n becomes ⌊(n + padding - kernel) / stride⌋ + 1.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;

use super::Step;
use crate::features::{FeatureShape, Features};
use crate::initial::{Initial, Scale};

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
        let Window {
            stride,
            padding: [before, after],
            ..
        } = self.window;
        let options = ConvOptions::new_with_padding(
            [stride, stride],
            [(before, after), (before, after)],
            [1, 1],
            1,
        );
        conv2d(
            map,
            self.weight.val(),
            self.bias.as_ref().map(Param::val),
            options,
        )
    }
}

impl Step for Conv {
    fn forward(&self, features: Features) -> Features {
        features.change(|vector| vector, |map| self.apply(map))
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
