//! A variational bottleneck: z = mu(x) + sigma(x) * e with e standard normal in training, z = mu(x) otherwise.
//!
//! mu and ln sigma^2 are linear in the features; ln sigma^2 is held in [-10, 4]. The rate of a row is
//! KL(N(mu, sigma^2) || N(m, v)) = 1/2 sum_i ((mu_i - m_i)^2/v_i + sigma_i^2/v_i - 1 - ln(sigma_i^2/v_i)), nats (Alemi et al. 2017,
//! eq. 17): m = 0 and v = 1 for the standard prior, parameters for a learnt one, which starts there and which only the rate reaches.
//! The rate is kept apart for as many equal blocks of z as have a price of their own. The draws come from the device's own generator,
//! which the step seeds: what is resumed draws what it would have drawn.

use std::ops::ControlFlow;

use burn::module::{Module, Param};
use burn::tensor::{Distribution, Tensor};

use super::Step;
use super::activation::times;
use super::linear::Linear;
use crate::bottleneck::{BottleneckOptions, RatePrior};
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
    /// m of a learnt prior, `[width]`.
    pub prior_mean: Option<Param<Tensor<1>>>,
    /// ln v of a learnt prior, `[width]`.
    pub prior_log_variance: Option<Param<Tensor<1>>>,
    /// What a nat of rate costs now.
    price: f64,
    /// How many times that each block pays.
    #[module(skip)]
    blocks: Vec<f64>,
}

/// The normal laws of some rows.
#[derive(Clone, Debug)]
pub(crate) struct Law {
    /// mu, `[rows, width]`.
    pub(crate) mean: Tensor<2>,
    /// ln sigma^2, held, `[rows, width]`.
    pub(crate) log_variance: Tensor<2>,
}

impl Law {
    /// mu + sigma e.
    pub(crate) fn draw(&self, noise: Tensor<2>) -> Tensor<2> {
        self.mean.clone() + (self.log_variance.clone() / 2.0).exp() * noise
    }

    /// The draw of training, the mean otherwise.
    fn read(&self) -> Tensor<2> {
        // As with dropout: a device with autodiff is one that trains.
        if self.mean.device().is_autodiff() {
            self.draw(noise(&self.mean))
        } else {
            self.mean.clone()
        }
    }
}

impl Bottleneck {
    /// Named `NAME.mean` and `NAME.log_variance`.
    pub(crate) fn new(
        initial: &Initial<'_>,
        name: &str,
        width: usize,
        options: &BottleneckOptions,
    ) -> Self {
        let mean = format!("{name}.mean");
        let is_learnt = options.prior == RatePrior::Learned;
        let prior = || is_learnt.then(|| initial.constant([width], 0.0));
        Self {
            mean: Linear::new(initial, &mean, [width, width], Scale::Linear, true),
            log_variance: Linear {
                weight: initial.constant([width, width], 0.0),
                bias: Some(initial.constant([width], START)),
            },
            prior_mean: prior(),
            prior_log_variance: prior(),
            price: 0.0,
            blocks: match options.blocks.as_slice() {
                [] => vec![1.0],
                blocks => blocks.to_vec(),
            },
        }
    }

    pub(crate) fn price(&self) -> f64 {
        self.price
    }

    pub(crate) fn set_price(&mut self, price: f64) {
        self.price = price;
    }

    /// How many times the price each block pays.
    pub(crate) fn blocks(&self) -> &[f64] {
        &self.blocks
    }

    /// The laws of rows with these features, `[rows, width]`.
    pub(crate) fn law(&self, x: Tensor<2>) -> Law {
        Law {
            log_variance: held(self.log_variance.apply(x.clone())),
            mean: self.mean.apply(x),
        }
    }

    /// What is read of a law, and its rates, of one pass.
    pub(crate) fn pass(&self, x: Tensor<2>) -> (Tensor<2>, Law) {
        let law = self.law(x);
        (law.read(), law)
    }

    /// Nats of each row and block, `[rows, blocks]`.
    pub(crate) fn rates(&self, law: &Law) -> Tensor<2> {
        let (mut mean, mut log_variance) = (law.mean.clone(), law.log_variance.clone());
        if let (Some(m), Some(log_v)) = (&self.prior_mean, &self.prior_log_variance) {
            let log_v = log_v.val().clamp(LOG_VARIANCE.0, LOG_VARIANCE.1);
            let log_v = log_v.unsqueeze::<2>();
            // Against the standard normal, in the prior's own scale.
            mean = (mean - m.val().unsqueeze::<2>()) / (log_v.clone() / 2.0).exp();
            log_variance = log_variance - log_v;
        }
        blocks_of(kl(mean, log_variance), self.blocks.len())
    }
}

fn held(log_variance: Tensor<2>) -> Tensor<2> {
    log_variance.clamp(LOG_VARIANCE.0, LOG_VARIANCE.1)
}

/// KL(N(mean, e^log_variance) || N(0, I)) of each number, `[rows, width]`.
fn kl(mean: Tensor<2>, log_variance: Tensor<2>) -> Tensor<2> {
    (mean.clone() * mean + log_variance.clone().exp() - log_variance - 1.0) * 0.5
}

/// `[rows, width]` summed over each of so many equal blocks.
fn blocks_of(terms: Tensor<2>, blocks: usize) -> Tensor<2> {
    let [rows, width] = terms.dims();
    let terms = terms.reshape([rows, blocks, width / blocks.max(1)]);
    terms.sum_dim(2).reshape([rows, blocks])
}

/// Standard normal draws, one a number.
fn noise(like: &Tensor<2>) -> Tensor<2> {
    like.random_like(Distribution::Normal(0.0, 1.0))
}

impl Step for Bottleneck {
    fn forward(&self, features: Features) -> Features {
        Features::Vector(self.pass(features.into_vector()).0)
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
        let prior = match self.prior_mean {
            Some(_) => ", learnt prior",
            None => "",
        };
        format!("bottleneck, {width} normal laws a row{prior}")
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
        let rates = blocks_of(kl(mean.clone(), variance.clone().log()), 1);
        let rates: Vec<f32> = rates.into_data().iter::<f32>().collect();
        assert!(
            (f64::from(rates[0]) - 1.096_573_590_3).abs() < 1e-6,
            "{rates:?}"
        );
        // The prior itself tells nothing.
        assert!(rates[1].abs() < 1e-7);
        // Number by number: 1/2 (.25 + .25 - 1 - ln .25) and 1/2 (1 + 2 - 1 - ln 2).
        let blocks = blocks_of(kl(mean, variance.log()), 2);
        let blocks: Vec<f32> = blocks.into_data().iter::<f32>().collect();
        let ln_2 = std::f32::consts::LN_2;
        for (found, wanted) in blocks.iter().zip([ln_2 - 0.25, 1.0 - ln_2 / 2.0, 0.0, 0.0]) {
            assert!((found - wanted).abs() < 1e-6, "{blocks:?}");
        }
    }

    #[test]
    fn a_law_that_is_the_learnt_prior_has_no_rate() {
        let device = Device::flex();
        let seed = polytask_random::Seed(1);
        let initial = Initial {
            seed,
            device: &device,
        };
        let options = BottleneckOptions {
            beta: 1.0,
            warmup: 0.0,
            rate_budget: None,
            pace: 0.01,
            prior: RatePrior::Learned,
            blocks: Vec::new(),
        };
        let mut bottleneck = Bottleneck::new(&initial, "b", 2, &options);
        let row = |values: [f32; 2]| Tensor::<2>::from_floats([values], &device);
        let law = Law {
            mean: row([0.5, -1.0]),
            log_variance: row([0.25, 2.0]).log(),
        };
        let rate = |bottleneck: &Bottleneck| bottleneck.rates(&law).into_scalar::<f32>();
        // It starts as the standard one.
        assert!((rate(&bottleneck) - 1.096_573_6).abs() < 1e-6);
        bottleneck.prior_mean = Some(Param::from_data([0.5_f32, -1.0], &device));
        let log_variance = [0.25_f32.ln(), 2.0_f32.ln()];
        bottleneck.prior_log_variance = Some(Param::from_data(log_variance, &device));
        assert!(rate(&bottleneck).abs() < 1e-6);
        // One number away from the mean of the prior by its deviation costs half a nat.
        bottleneck.prior_mean = Some(Param::from_data([0.0_f32, -1.0], &device));
        assert!((rate(&bottleneck) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn the_variance_is_held() {
        let device = Device::flex();
        let far = Tensor::<2>::from_floats([[-50.0, 50.0]], &device);
        let values: Vec<f32> = held(far).into_data().iter::<f32>().collect();
        assert_eq!(values, [-10.0, 4.0]);
    }
}
