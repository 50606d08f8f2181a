//! A residual connection: x + f(x), for layers f that keep the shape (He et al. 2016).

use burn::module::Module;

use super::{Layer, Step};
use crate::features::{FeatureShape, Features};

/// x + f(x).
#[derive(Module, Debug)]
pub(crate) struct Residual {
    pub layers: Vec<Layer>,
}

impl Step for Residual {
    fn forward(&self, features: Features) -> Features {
        let changed = super::forward(&self.layers, features.clone());
        features.add(changed)
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        shape
    }

    fn describe(&self) -> String {
        let inner: Vec<String> = self
            .layers
            .iter()
            .map(|layer| layer.step().describe())
            .collect();
        format!("residual ({})", inner.join(", "))
    }
}
