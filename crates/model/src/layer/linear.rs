//! A linear map: y = x W + b, with W `[inputs, outputs]`.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::module::linear;

use super::Step;
use crate::features::{FeatureShape, Features};
use crate::initial::{Initial, Scale};

/// y = x W + b.
#[derive(Module, Debug)]
pub(crate) struct Linear {
    /// `[inputs, outputs]`.
    pub weight: Param<Tensor<2>>,
    /// `[outputs]`.
    pub bias: Option<Param<Tensor<1>>>,
}

impl Linear {
    pub(crate) fn new(
        initial: &Initial<'_>,
        name: &str,
        [inputs, outputs]: [usize; 2],
        scale: Scale,
        bias: bool,
    ) -> Self {
        let deviation = scale.deviation(inputs, outputs);
        Self {
            weight: initial.normal(&format!("{name}.weight"), [inputs, outputs], deviation),
            bias: bias.then(|| initial.constant([outputs], 0.0)),
        }
    }

    /// `[rows, inputs]` to `[rows, outputs]`.
    #[must_use]
    pub(crate) fn apply(&self, x: Tensor<2>) -> Tensor<2> {
        linear(x, self.weight.val(), self.bias.as_ref().map(Param::val))
    }

    /// `[inputs, outputs]`.
    #[must_use]
    pub(crate) fn dims(&self) -> [usize; 2] {
        self.weight.lazy_shape().dims()
    }
}

impl Step for Linear {
    fn forward(&self, features: Features) -> Features {
        Features::Vector(self.apply(features.into_vector()))
    }

    fn shape(&self, _: FeatureShape) -> FeatureShape {
        FeatureShape::Vector(self.dims()[1])
    }

    fn describe(&self) -> String {
        let [inputs, outputs] = self.dims();
        let bias = if self.bias.is_some() { "" } else { ", no bias" };
        format!("linear {inputs} -> {outputs}{bias}")
    }
}
