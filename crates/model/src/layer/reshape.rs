//! From a map to a vector: read out number by number, or averaged over the picture.

use burn::module::Module;
use burn::tensor::Tensor;

use super::Step;
use crate::features::{FeatureShape, Features, join};
use crate::stacked::{Pull, Through};

/// `[channels, height, width]` to `[channels * height * width]`; the columns beside the map are appended.
#[derive(Module, Debug)]
pub(crate) struct Flatten {}

impl Step for Flatten {
    fn forward(&self, features: Features) -> Features {
        Features::Vector(features.into_vector())
    }

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        let Features::Map { map, .. } = &features else {
            return (features, Box::new(Through(|cotangents, _| cotangents)));
        };
        let [_, channels, height, width] = map.dims();
        let pull = move |cotangents: Features, _| {
            let (values, beside) = split(cotangents.into_vector(), channels * height * width);
            let rows = values.dims()[0];
            let map = values.reshape([rows, channels, height, width]);
            Features::Map { map, beside }
        };
        let vector = Features::Vector(features.into_vector());
        (vector, Box::new(Through(pull)))
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

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        let Features::Map { map, .. } = &features else {
            return (features, Box::new(Through(|cotangents, _| cotangents)));
        };
        let [_, channels, height, width] = map.dims();
        let pull = move |cotangents: Features, _| {
            let (means, beside) = split(cotangents.into_vector(), channels);
            let rows = means.dims()[0];
            let share = means / (height * width) as f64;
            let map = share.reshape([rows, channels, 1, 1]);
            let map = map.expand([rows, channels, height, width]);
            Features::Map { map, beside }
        };
        (self.forward(features), Box::new(Through(pull)))
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

/// The first `width` columns, and the others if there are any: what [`join`] put together.
fn split(values: Tensor<2>, width: usize) -> (Tensor<2>, Option<Tensor<2>>) {
    let [_, columns] = values.dims();
    let beside = (columns > width).then(|| values.clone().narrow(1, width, columns - width));
    (values.narrow(1, 0, width), beside)
}
