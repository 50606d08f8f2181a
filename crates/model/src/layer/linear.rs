//! A linear map: y = x W + b, with W `[inputs, outputs]`.

use std::ops::ControlFlow;

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;
use burn::tensor::module::linear;

use super::Step;
use crate::features::{FeatureShape, Features};
use crate::initial::{Initial, Scale};
use crate::stacked::{Contribution, Layout, Product, Pull, Take};

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

    /// [`apply`](Self::apply) without autodiff, recorded.
    pub(crate) fn record_vector(&self, x: Tensor<2>) -> (Tensor<2>, Box<dyn Pull>) {
        let weight = self.weight.val().inner();
        let bias = self.bias.as_ref().map(|bias| bias.val().inner());
        let y = linear(x.clone(), weight.clone(), bias);
        let pull = LinearPull {
            ids: (self.weight.id, self.bias.as_ref().map(|bias| bias.id)),
            layout: Layout::InputsFirst,
            // [outputs, inputs]
            back: weight.transpose(),
            inputs: x,
        };
        (y, Box::new(pull))
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

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        let (values, pull) = self.record_vector(features.into_vector());
        (Features::Vector(values), pull)
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

/// A recorded linear map.
pub(crate) struct LinearPull {
    pub(crate) ids: (ParamId, Option<ParamId>),
    pub(crate) layout: Layout,
    /// Wᵀ, `[outputs, inputs]`.
    pub(crate) back: Tensor<2>,
    /// `[rows, inputs]`.
    pub(crate) inputs: Tensor<2>,
}

impl Pull for LinearPull {
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
        let cotangents = cotangents.into_vector();
        let [rows, _] = self.inputs.dims();
        let [outputs, _] = self.back.dims();
        take(Contribution::Product(Product {
            weight: self.ids.0,
            layout: self.layout,
            bias: self.ids.1,
            inputs: self.inputs.clone(),
            cotangents: cotangents.clone().reshape([tasks, rows, outputs]),
        }))?;
        let below = goes_on.then(|| Features::Vector(cotangents.matmul(self.back.clone())));
        ControlFlow::Continue(below)
    }
}
