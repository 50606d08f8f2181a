//! A residual connection: x + f(x), for layers f that keep the shape (He et al. 2016).

use std::ops::ControlFlow;

use burn::module::Module;

use super::{Layer, Step};
use crate::features::{FeatureShape, Features};
use crate::stacked::{Chain, Pull, Take};

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

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        let (changed, inner) = super::record(&self.layers, features.clone());
        (features.add(changed), Box::new(ResidualPull(inner)))
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

/// A recorded residual connection: d + fᵀ(d).
struct ResidualPull(Chain);

impl Pull for ResidualPull {
    fn learns(&self) -> bool {
        self.0.learns()
    }

    fn pull(
        &self,
        cotangents: Features,
        tasks: usize,
        goes_on: bool,
        take: &mut Take<'_>,
    ) -> ControlFlow<(), Option<Features>> {
        let changed = self.0.pull(cotangents.clone(), tasks, goes_on, take)?;
        // What stands beside a map goes round the layers inside, once: `add` keeps the first one's.
        ControlFlow::Continue(changed.map(|changed| cotangents.add(changed)))
    }
}
