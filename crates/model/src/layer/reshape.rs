//! From a map to a vector: read out number by number, or averaged over the picture.

use burn::module::Module;

use super::Step;
use crate::features::{FeatureShape, Features, join};

/// `[channels, height, width]` to `[channels * height * width]`; the columns beside the map are appended.
#[derive(Module, Debug)]
pub(crate) struct Flatten {}

impl Step for Flatten {
    fn forward(&self, features: Features) -> Features {
        Features::Vector(features.into_vector())
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        FeatureShape::Vector(shape.width())
    }

    fn describe(&self) -> String {
        "flatten".to_owned()
    }
}

/// `[channels, height, width]` to the mean of each channel, `[channels]`; the columns beside the map are appended.
#[derive(Module, Debug)]
pub(crate) struct Average {}

impl Step for Average {
    fn forward(&self, features: Features) -> Features {
        match features {
            Features::Map { map, beside } => {
                let means = map.flatten::<3>(2, 3).mean_dim(2).flatten(1, 2);
                Features::Vector(join(means, beside))
            }
            vector @ Features::Vector(_) => vector,
        }
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        match shape {
            FeatureShape::Map {
                map: [channels, ..],
                beside,
            } => FeatureShape::Vector(channels + beside),
            vector @ FeatureShape::Vector(_) => vector,
        }
    }

    fn describe(&self) -> String {
        "average over the picture".to_owned()
    }
}
