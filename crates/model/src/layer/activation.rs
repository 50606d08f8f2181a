//! Elementwise activations, none of which has parameters.

use burn::module::Module;
use burn::tensor::{Tensor, activation};
use polytask_config::Choice;

use super::Step;
use crate::features::{FeatureShape, Features};
use crate::initial::Scale;
use crate::stacked::{Pull, Through};

/// Which function is applied to every number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivationKind {
    Relu,
    LeakyRelu,
    Gelu,
    Silu,
    Elu,
    Tanh,
    Sigmoid,
    Identity,
}

impl Choice for ActivationKind {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("relu", Self::Relu, "max(x, 0)"),
        ("leaky_relu", Self::LeakyRelu, "max(x, 0.01 x)"),
        (
            "gelu",
            Self::Gelu,
            "x Φ(x), with the exact Φ (Hendrycks and Gimpel 2016)",
        ),
        (
            "silu",
            Self::Silu,
            "x σ(x), also called swish (Elfwing et al. 2018)",
        ),
        (
            "elu",
            Self::Elu,
            "x above 0, exp(x) - 1 below (Clevert et al. 2016)",
        ),
        ("tanh", Self::Tanh, "the hyperbolic tangent"),
        ("sigmoid", Self::Sigmoid, "1 / (1 + exp(-x))"),
        (
            "identity",
            Self::Identity,
            "x itself: the layers stay linear",
        ),
    ];
}

/// The slope of `leaky_relu` below zero.
const LEAK: f64 = 0.01;

impl ActivationKind {
    /// How large the weights below it start.
    pub(crate) fn scale(self) -> Scale {
        match self {
            Self::Relu | Self::LeakyRelu | Self::Gelu | Self::Silu | Self::Elu => Scale::Rectifier,
            Self::Tanh | Self::Sigmoid => Scale::Saturating,
            Self::Identity => Scale::Linear,
        }
    }

    /// Whether it keeps the order of numbers, so that the largest of a window may be taken before it.
    pub(crate) fn keeps_order(self) -> bool {
        !matches!(self, Self::Gelu | Self::Silu)
    }

    fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, kind, _)| *kind == self)
            .map_or("activation", |(name, ..)| name)
    }

    fn apply<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Relu => activation::relu(x),
            Self::LeakyRelu => activation::leaky_relu(x, LEAK),
            Self::Gelu => gelu(x),
            Self::Silu => activation::silu(x),
            Self::Elu => activation::elu(x, 1.0),
            Self::Tanh => activation::tanh(x),
            Self::Sigmoid => activation::sigmoid(x),
            Self::Identity => x,
        }
    }
}

impl ActivationKind {
    /// f(x) and f'(x), without autodiff; the slope is the tape's own, so that there is one formula a function.
    fn with_slope<const D: usize>(self, x: Tensor<D>) -> (Tensor<D>, Tensor<D>) {
        if self == Self::Relu {
            // The most used one, for which the tape is ten times the work.
            let slope = x.clone().greater_elem(0.0).float();
            return (activation::relu(x), slope);
        }
        let x = Tensor::from_inner(x).require_grad();
        let y = self.apply(x.clone());
        let value = y.clone().inner();
        let slope = x.grad(&y.sum().backward());
        let slope = slope.unwrap_or_else(|| value.zeros_like());
        (value, slope)
    }
}

/// `d`, whose rows are those of the batch once for each task, times `factor`, whose rows are those of the batch.
pub(super) fn times<const D: usize>(d: Tensor<D>, factor: &Tensor<D>, tasks: usize) -> Tensor<D> {
    let dims = d.dims();
    let [rows, numbers] = [factor.dims()[0], factor.shape().num_elements()];
    let numbers = numbers / rows.max(1);
    let product = d.reshape([tasks, rows * numbers]) * factor.clone().reshape([1, rows * numbers]);
    product.reshape(dims)
}

/// x Φ(x) from the error function. The backends' own `gelu` has the slope of an approximation on some of them: off by
/// 1e-3, so that one config would train differently on each.
fn gelu<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let twice_phi = (x.clone() / std::f64::consts::SQRT_2).erf() + 1.0;
    x * twice_phi / 2.0
}

/// An activation as a layer.
#[derive(Module, Debug)]
pub(crate) struct Activation {
    #[module(skip)]
    kind: ActivationKind,
}

impl Activation {
    pub(crate) fn new(kind: ActivationKind) -> Self {
        Self { kind }
    }
}

impl Step for Activation {
    fn forward(&self, features: Features) -> Features {
        features.change(|x| self.kind.apply(x), |x| self.kind.apply(x))
    }

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        if self.kind == ActivationKind::Identity {
            return (features, Box::new(Through(|cotangents, _| cotangents)));
        }
        match features {
            Features::Vector(x) => {
                let (y, slope) = self.kind.with_slope(x);
                let pull = move |cotangents: Features, tasks| match cotangents {
                    Features::Vector(d) => Features::Vector(times(d, &slope, tasks)),
                    map => map,
                };
                (Features::Vector(y), Box::new(Through(pull)))
            }
            Features::Map { map, beside } => {
                let (map, slope) = self.kind.with_slope(map);
                let pull = move |cotangents: Features, tasks| {
                    cotangents.change(|vector| vector, |d| times(d, &slope, tasks))
                };
                (Features::Map { map, beside }, Box::new(Through(pull)))
            }
        }
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        shape
    }

    fn describe(&self) -> String {
        self.kind.name().to_owned()
    }
}
