//! Dropout: in training each number is zero with probability p and 1 / (1 - p) times itself otherwise.
//!
//! Source: Srivastava et al. 2014. The layer stands in the list even with p = 0, so that turning dropout on renames no
//! parameter and changes no first weight. The mask comes from the device's own generator, which the step seeds.

use burn::module::Module;
use burn::nn::{Dropout, DropoutConfig};

use super::Step;
use crate::features::{FeatureShape, Features};

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

impl Step for DropoutLayer {
    fn forward(&self, features: Features) -> Features {
        features.change(|x| self.dropout.forward(x), |x| self.dropout.forward(x))
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        shape
    }

    fn describe(&self) -> String {
        format!("dropout {}", self.dropout.prob)
    }
}
