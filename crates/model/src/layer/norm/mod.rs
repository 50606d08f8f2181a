//! Normalizations: y = scale (x - mean) / √(variance + ε) + shift; they differ in what the moments are taken over.
//!
//! - batch (Ioffe and Szegedy 2015): each channel over the rows of the batch; in evaluation, running moments of
//!   training. The running variance is the unbiased one, as in PyTorch, the batch is divided by the biased one.
//! - layer (Ba et al. 2016): each row over its numbers.
//! - group (Wu and He 2018): each row over each group of channels. Unlike batch normalization it does not care how
//!   many rows a batch has or which task they belong to.

mod pull;

use burn::module::{Flag, Module, Param};
use burn::tensor::Tensor;
use burn::tensor::module::{batch_norm, batch_norm_train, layer_norm};

use super::{Running, Step};
use crate::features::{FeatureShape, Features};
use crate::initial::Initial;
use crate::stacked::{Chain, Pull};
use pull::{Normalized, Over, normalize};

const EPSILON: f64 = 1e-5;
/// How far one batch moves the running moments.
const MOMENTUM: f64 = 0.1;

/// Batch normalization of vectors `[rows, channels]` or maps `[rows, channels, height, width]`.
#[derive(Module, Debug)]
pub(crate) struct BatchNorm {
    pub scale: Param<Tensor<1>>,
    pub shift: Param<Tensor<1>>,
    pub running_mean: Running,
    pub running_variance: Running,
    /// Off in evaluation and in a frozen model.
    training: Param<Flag>,
}

impl BatchNorm {
    pub(crate) fn new(initial: &Initial<'_>, channels: usize) -> Self {
        Self {
            scale: initial.constant([channels], 1.0),
            shift: initial.constant([channels], 0.0),
            running_mean: Running::new(Tensor::zeros([channels], initial.device)),
            running_variance: Running::new(Tensor::ones([channels], initial.device)),
            training: Param::from_bool(true),
        }
    }

    fn apply<const D: usize>(&self, x: Tensor<D>) -> Tensor<D> {
        let [scale, shift] = [self.scale.val(), self.shift.val()];
        if !(self.training.is_enabled() && x.is_autodiff()) {
            let [mean, variance] = [self.running_mean.value(), self.running_variance.value()];
            return batch_norm(x, scale, shift, mean, variance, EPSILON);
        }
        let [rows, channels] = [x.dims()[0], x.dims()[1]];
        let count = (x.shape().num_elements() / channels.max(1)) as f64;
        if rows == 0 {
            return x;
        }
        let seen = batch_norm_train(x, scale, shift, EPSILON);
        self.moved(count, seen.mean, seen.variance);
        seen.output
    }

    /// Moves the running moments towards those of `count` numbers.
    fn moved(&self, count: f64, mean: Tensor<1>, variance: Tensor<1>) {
        let unbiased = count / (count - 1.0).max(1.0);
        self.running_mean.update(mean, MOMENTUM);
        self.running_variance.update(variance * unbiased, MOMENTUM);
    }

    fn record_one<const D: usize>(&self, x: Tensor<D>) -> (Tensor<D>, Box<dyn Pull>) {
        let [rows, channels] = [x.dims()[0], x.dims()[1]];
        if rows == 0 || !self.training.is_enabled() {
            return (self.apply(x), Box::new(Chain::default()));
        }
        let places = x.shape().num_elements() / (rows * channels).max(1);
        let sets = [channels, places];
        let Normalized {
            y,
            pull,
            mean,
            variance,
        } = normalize(
            x,
            Over::RowsAndPlaces,
            sets,
            sets,
            [&self.scale, &self.shift],
        );
        let flat = |moment: Tensor<4>| Tensor::from_inner(moment.reshape([channels]));
        self.moved((rows * places) as f64, flat(mean), flat(variance));
        (y, Box::new(pull))
    }
}

impl Step for BatchNorm {
    fn forward(&self, features: Features) -> Features {
        features.change(|x| self.apply(x), |x| self.apply(x))
    }

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        match features {
            Features::Vector(x) => {
                let (y, pull) = self.record_one(x);
                (Features::Vector(y), pull)
            }
            Features::Map { map, beside } => {
                let (map, pull) = self.record_one(map);
                (Features::Map { map, beside }, pull)
            }
        }
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        shape
    }

    fn describe(&self) -> String {
        let [channels] = self.scale.lazy_shape().dims();
        format!("batch norm {channels}")
    }
}

/// Layer normalization of vectors `[rows, width]`.
#[derive(Module, Debug)]
pub(crate) struct LayerNorm {
    pub scale: Param<Tensor<1>>,
    pub shift: Param<Tensor<1>>,
}

impl LayerNorm {
    pub(crate) fn new(initial: &Initial<'_>, width: usize) -> Self {
        Self {
            scale: initial.constant([width], 1.0),
            shift: initial.constant([width], 0.0),
        }
    }
}

impl Step for LayerNorm {
    fn forward(&self, features: Features) -> Features {
        let [scale, shift] = [self.scale.val(), self.shift.val()];
        features.change(|x| layer_norm(x, scale, Some(shift), EPSILON), |map| map)
    }

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        let Features::Vector(x) = features else {
            return (features, Box::new(Chain::default()));
        };
        let width = x.dims()[1];
        let seen = normalize(
            x,
            Over::Places,
            [1, width],
            [width, 1],
            [&self.scale, &self.shift],
        );
        (Features::Vector(seen.y), Box::new(seen.pull))
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        shape
    }

    fn describe(&self) -> String {
        let [width] = self.scale.lazy_shape().dims();
        format!("layer norm {width}")
    }
}

/// Group normalization of maps `[rows, channels, height, width]`.
#[derive(Module, Debug)]
pub(crate) struct GroupNorm {
    pub scale: Param<Tensor<1>>,
    pub shift: Param<Tensor<1>>,
    groups: usize,
}

impl GroupNorm {
    /// At most eight groups, of equal size.
    pub(crate) fn new(initial: &Initial<'_>, channels: usize) -> Self {
        let groups = (1..=8)
            .rev()
            .find(|groups| channels.is_multiple_of(*groups));
        Self {
            scale: initial.constant([channels], 1.0),
            shift: initial.constant([channels], 0.0),
            groups: groups.unwrap_or(1),
        }
    }

    fn apply(&self, map: Tensor<4>) -> Tensor<4> {
        let dims @ [rows, channels, height, width] = map.dims();
        let grouped = map.reshape([rows, self.groups, channels / self.groups * height * width]);
        let centred = grouped.clone() - grouped.mean_dim(2);
        let variance = centred.clone().square().mean_dim(2);
        let normal = (centred / (variance + EPSILON).sqrt()).reshape(dims);
        let per_channel = |values: Tensor<1>| values.reshape([1, channels, 1, 1]);
        normal * per_channel(self.scale.val()) + per_channel(self.shift.val())
    }
}

impl Step for GroupNorm {
    fn forward(&self, features: Features) -> Features {
        features.change(|vector| vector, |map| self.apply(map))
    }

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        let Features::Map { map, beside } = features else {
            return (features, Box::new(Chain::default()));
        };
        let [_, channels, height, width] = map.dims();
        let sets = [self.groups, channels / self.groups * height * width];
        let parameters = [channels, height * width];
        let [scale, shift] = [&self.scale, &self.shift];
        let seen = normalize(map, Over::Places, sets, parameters, [scale, shift]);
        let map = seen.y;
        (Features::Map { map, beside }, Box::new(seen.pull))
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        shape
    }

    fn describe(&self) -> String {
        let [channels] = self.scale.lazy_shape().dims();
        format!("group norm {channels}, {} groups", self.groups)
    }
}
