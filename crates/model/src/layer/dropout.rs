//! Dropout: in training each number is zero with probability p and 1 / (1 - p) times itself otherwise.
//!
//! Source: Srivastava et al. 2014. The layer stands in the list even with p = 0, so that turning dropout on renames no
//! parameter and changes no first weight. The mask comes from the device's own generator, which the step seeds.

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};
use burn::tensor::{Distribution, Tensor};

use super::Step;
use super::activation::times;
use crate::features::{FeatureShape, Features};
use crate::stacked::{Pull, Through};

/// Dropout as a layer.
#[derive(Module, Debug)]
pub(crate) struct DropoutLayer {
    dropout: Dropout,
}

impl DropoutLayer {
    /// `probability` in [0, 1): the config's range.
    pub(crate) fn new(probability: f64) -> Self {
        Self {
            dropout: DropoutConfig::new(probability).init(),
        }
    }

    /// Whether it leaves everything as it is.
    pub(crate) fn is_off(&self) -> bool {
        self.dropout.prob == 0.0
    }
}

impl DropoutLayer {
    /// 0 or 1 / (1 - p) for each number: the draws that Burn's layer makes.
    fn mask<const D: usize>(&self, x: &Tensor<D>) -> Tensor<D> {
        let keep = 1.0 - self.dropout.prob;
        x.random_like(Distribution::Bernoulli(keep)) * (1.0 / keep)
    }
}

impl Step for DropoutLayer {
    fn forward(&self, features: Features) -> Features {
        features.change(|x| self.dropout.forward(x), |x| self.dropout.forward(x))
    }

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        if self.dropout.prob == 0.0 || !self.dropout.training.is_enabled() {
            return (features, Box::new(Through(|cotangents, _| cotangents)));
        }
        match features {
            Features::Vector(x) => {
                let mask = self.mask(&x);
                let y = x * mask.clone();
                let pull = move |cotangents: Features, tasks| match cotangents {
                    Features::Vector(d) => Features::Vector(times(d, &mask, tasks)),
                    map => map,
                };
                (Features::Vector(y), Box::new(Through(pull)))
            }
            Features::Map { map, beside } => {
                let mask = self.mask(&map);
                let map = map * mask.clone();
                let pull = move |cotangents: Features, tasks| {
                    cotangents.change(|vector| vector, |d| times(d, &mask, tasks))
                };
                (Features::Map { map, beside }, Box::new(Through(pull)))
            }
        }
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        shape
    }

    fn describe(&self) -> String {
        format!("dropout {}", self.dropout.prob)
    }
}
