//! A variational bottleneck: z = mu(x) + sigma(x) * e with e standard normal in training, z = mu(x) otherwise.
//!
//! mu and ln sigma^2 are linear in the features; ln sigma^2 is held in [-10, 4]. The rate of a row is
//! KL(N(mu, sigma^2) || N(0, I)) = 1/2 sum_i (mu_i^2 + sigma_i^2 - 1 - ln sigma_i^2), nats (Alemi et al. 2017, eq. 17 with a fixed
//! standard normal as the approximate marginal). The draws come from the device's own generator, which the step seeds: what is resumed
//! draws what it would have drawn.

use std::ops::ControlFlow;

use burn::module::Module;
use burn::tensor::{Distribution, Tensor};

use super::Step;
use super::activation::times;
use super::linear::Linear;
use crate::features::{FeatureShape, Features};
use crate::initial::{Initial, Scale};
use crate::stacked::{Pull, Take};

/// Bounds of ln sigma^2.
const LOG_VARIANCE: (f64, f64) = (-10.0, 4.0);
/// ln sigma^2 at the start: noise of an eighth of the prior's deviation, so that tasks are learnt before they are squeezed.
const START: f64 = -4.0;

/// A normal law a row.
#[derive(Module, Debug)]
pub(crate) struct Bottleneck {
    /// mu, `[width, width]`.
    pub mean: Linear,
    /// ln sigma^2, `[width, width]`.
    pub log_variance: Linear,
    /// What a nat of rate costs now.
    price: f64,
}

impl Bottleneck {
    /// Named `NAME.mean` and `NAME.log_variance`.
    pub(crate) fn new(initial: &Initial<'_>, name: &str, width: usize) -> Self {
        let mean = format!("{name}.mean");
        Self {
            mean: Linear::new(initial, &mean, [width, width], Scale::Linear, true),
            log_variance: Linear {
                weight: initial.constant([width, width], 0.0),
                bias: Some(initial.constant([width], START)),
            },
            price: 0.0,
        }
    }

    pub(crate) fn price(&self) -> f64 {
        self.price
    }

    pub(crate) fn set_price(&mut self, price: f64) {
        self.price = price;
    }

    /// Nats of each row, `[rows]`.
    pub(crate) fn rates(&self, x: Tensor<2>) -> Tensor<1> {
        let log_variance = held(self.log_variance.apply(x.clone()));
        kl(self.mean.apply(x), log_variance)
    }
}

fn held(log_variance: Tensor<2>) -> Tensor<2> {
    log_variance.clamp(LOG_VARIANCE.0, LOG_VARIANCE.1)
}

/// KL(N(mean, e^log_variance) || N(0, I)) of each row.
fn kl(mean: Tensor<2>, log_variance: Tensor<2>) -> Tensor<1> {
    let terms = mean.clone() * mean + log_variance.clone().exp() - log_variance - 1.0;
    terms.sum_dim(1).flatten::<1>(0, 1) * 0.5
}

/// Standard normal draws, one a number.
fn noise(like: &Tensor<2>) -> Tensor<2> {
    like.random_like(Distribution::Normal(0.0, 1.0))
}

impl Step for Bottleneck {
    fn forward(&self, features: Features) -> Features {
        let x = features.into_vector();
        let mean = self.mean.apply(x.clone());
        // As with dropout: a device with autodiff is one that trains.
        if !mean.device().is_autodiff() {
            return Features::Vector(mean);
        }
        let log_variance = held(self.log_variance.apply(x));
        let noise = noise(&mean);
        Features::Vector(mean + (log_variance / 2.0).exp() * noise)
    }

    fn record(&self, features: Features) -> (Features, Box<dyn Pull>) {
        let x = features.into_vector();
        let (mean, mean_pull) = self.mean.record_vector(x.clone());
        let (raw, log_variance_pull) = self.log_variance.record_vector(x);
        let log_variance = held(raw.clone());
        let noise = noise(&mean) * (log_variance.clone() / 2.0).exp();
        let is_inside = raw.equal(log_variance).float();
        let pull = BottleneckPull {
            mean: mean_pull,
            log_variance: log_variance_pull,
            slope: noise.clone() * is_inside / 2.0,
        };
        (Features::Vector(mean + noise), Box::new(pull))
    }

    fn shape(&self, shape: FeatureShape) -> FeatureShape {
        shape
    }

    fn describe(&self) -> String {
        let [width, _] = self.mean.dims();
        format!("bottleneck, {width} normal laws a row")
    }
}

/// A recorded bottleneck.
struct BottleneckPull {
    mean: Box<dyn Pull>,
    log_variance: Box<dyn Pull>,
    /// dz / d ln sigma^2, `[rows, width]`.
    slope: Tensor<2>,
}

impl Pull for BottleneckPull {
    fn learns(&self) -> bool {
        true
    }

    fn pull(
        &self,
        cotangents: Features,
        tasks: usize,
        goes_on: bool,
        take: &mut Take<'_>,
    ) -> ControlFlow<(), Option<Features>> {
        let d = cotangents.into_vector();
        let below = Features::Vector(times(d.clone(), &self.slope, tasks));
        // Parameters are listed from the last down.
        let one = self.log_variance.pull(below, tasks, goes_on, take)?;
        let other = self.mean.pull(Features::Vector(d), tasks, goes_on, take)?;
        ControlFlow::Continue(match (one, other) {
            (Some(one), Some(other)) => Some(one.add(other)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn the_rate_is_that_of_the_specification() {
        // mu (.5, -1), sigma^2 (.25, 2): 1.0965735903 nats.
        let device = Device::flex();
        let mean = Tensor::<2>::from_floats([[0.5, -1.0], [0.0, 0.0]], &device);
        let variance = Tensor::<2>::from_floats([[0.25, 2.0], [1.0, 1.0]], &device);
        let rates: Vec<f32> = kl(mean, variance.log()).into_data().iter::<f32>().collect();
        assert!(
            (f64::from(rates[0]) - 1.096_573_590_3).abs() < 1e-6,
            "{rates:?}"
        );
        // The prior itself tells nothing.
        assert!(rates[1].abs() < 1e-7);
    }

    #[test]
    fn the_variance_is_held() {
        let device = Device::flex();
        let far = Tensor::<2>::from_floats([[-50.0, 50.0]], &device);
        let values: Vec<f32> = held(far).into_data().iter::<f32>().collect();
        assert_eq!(values, [-10.0, 4.0]);
    }
}
