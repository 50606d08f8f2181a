//! Elementwise activations, none of which has parameters.

use burn::module::Module;
use burn::tensor::{Tensor, activation};
use polytask_config::Choice;

use super::Step;
use crate::features::{FeatureShape, Features};
use crate::initial::Scale;

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

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        shape
    }

    fn describe(&self) -> String {
        self.kind.name().to_owned()
    }
}
