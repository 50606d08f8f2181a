//! The closed vocabulary of layers: whatever an encoder is, it is a list of these.
//!
//! Forward, shape and description are written once per layer, in its file; every encoder has them.

mod activation;
mod bottleneck;
mod conv;
mod dropout;
mod linear;
mod norm;
mod pool;
mod reshape;
mod residual;
mod running;

pub(crate) use activation::Activation;
pub use activation::ActivationKind;
pub(crate) use bottleneck::{Bottleneck, Law};
pub(crate) use conv::Conv;
pub(crate) use conv::Window;
pub(crate) use dropout::DropoutLayer;
pub(crate) use linear::{Linear, LinearPull};
pub(crate) use norm::{BatchNorm, GroupNorm, LayerNorm};
pub(crate) use pool::Pool;
pub use pool::PoolKind;
pub(crate) use reshape::{Average, Flatten};
pub(crate) use residual::Residual;
pub(crate) use running::Running;

use burn::module::Module;

use crate::features::{FeatureShape, Features};
use crate::stacked::{Chain, Pull};

/// One layer.
#[expect(clippy::large_enum_variant, reason = "a model has a handful of them")]
#[derive(Module, Debug)]
pub(crate) enum Layer {
    Linear(Linear),
    Conv(Conv),
    BatchNorm(BatchNorm),
    LayerNorm(LayerNorm),
    GroupNorm(GroupNorm),
    Activation(Activation),
    Pool(Pool),
    Dropout(DropoutLayer),
    Flatten(Flatten),
    Average(Average),
    Residual(Residual),
    Bottleneck(Bottleneck),
}

/// What a layer does and says of itself.
pub(crate) trait Step {
    fn forward(&self, features: Features) -> Features;
    /// [`forward`](Self::forward) as in training, on inputs without autodiff, and what pulls cotangents back through it.
    fn record(&self, features: Features) -> (Features, Box<dyn Pull>);
    /// The shape that it makes of this one. The builder has checked that it can.
    fn shape(&self, shape: FeatureShape) -> FeatureShape;
    /// One line: `conv 1 -> 16, kernel 3x3`.
    fn describe(&self) -> String;
}

impl Layer {
    pub(crate) fn step(&self) -> &dyn Step {
        match self {
            Self::Linear(layer) => layer,
            Self::Conv(layer) => layer,
            Self::BatchNorm(layer) => layer,
            Self::LayerNorm(layer) => layer,
            Self::GroupNorm(layer) => layer,
            Self::Activation(layer) => layer,
            Self::Pool(layer) => layer,
            Self::Dropout(layer) => layer,
            Self::Flatten(layer) => layer,
            Self::Average(layer) => layer,
            Self::Residual(layer) => layer,
            Self::Bottleneck(layer) => layer,
        }
    }
}

/// One layer after the other.
pub(crate) fn forward(layers: &[Layer], features: Features) -> Features {
    layers
        .iter()
        .fold(features, |features, layer| layer.step().forward(features))
}

/// The same, recorded.
pub(crate) fn record(layers: &[Layer], features: Features) -> (Features, Chain) {
    let mut chain = Chain::default();
    let mut features = features;
    for layer in layers {
        let (next, pull) = layer.step().record(features);
        features = next;
        chain.0.push(pull);
    }
    (features, chain)
}
