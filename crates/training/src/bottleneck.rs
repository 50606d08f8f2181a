//! The price of a bottleneck's rate over a run: it rises to beta, or moves to where the rate meets its budget.
//!
//! Under a budget R0 the price is the multiplier of min L subject to R <= R0, moved after each step by exponentiated gradient ascent:
//! beta <- beta exp(pace (R - R0)/R0), the miss cut at +-1. It stays above 0, so that it moves by shares at any scale of the losses.

use polytask_config::State;
use polytask_model::BottleneckOptions;

/// Bounds of a price that moves.
const PRICES: (f64, f64) = (1e-9, 1e3);

/// The price at work.
#[derive(Clone, Debug, PartialEq)]
pub struct RatePrice {
    options: BottleneckOptions,
    /// Nats of the weighted loss for a nat of rate.
    price: f64,
}

impl RatePrice {
    pub(crate) fn new(options: BottleneckOptions) -> Self {
        let price = match options.rate_budget {
            Some(_) => options.beta,
            None => 0.0,
        };
        Self { options, price }
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> f64 {
        self.price
    }

    /// The price of the step under way, from 0.
    pub(crate) fn begin(&mut self, step: u64, steps_per_epoch: u64) {
        if self.options.rate_budget.is_none() {
            let warmup = self.options.warmup * steps_per_epoch as f64;
            let way = (step as f64 / warmup).min(1.0);
            // Without a warm-up 0/0 has no way to go.
            self.price = self.options.beta * if warmup > 0.0 { way } else { 1.0 };
        }
    }

    /// Hears the rate of the step, nats a row.
    pub(crate) fn observe(&mut self, rate: f64) {
        if let Some(budget) = self.options.rate_budget
            && rate.is_finite()
        {
            let miss = ((rate - budget) / budget).clamp(-1.0, 1.0);
            let price = self.price * (self.options.pace * miss).exp();
            self.price = price.clamp(PRICES.0, PRICES.1);
        }
    }

    pub(crate) fn state(&mut self, state: &mut State) {
        state.number("price", &mut self.price);
    }
}

#[cfg(test)]
mod tests {
    use polytask_model::RatePrior;

    use super::*;

    fn options(rate_budget: Option<f64>) -> BottleneckOptions {
        BottleneckOptions {
            beta: 0.01,
            warmup: 2.0,
            rate_budget,
            pace: 0.1,
            prior: RatePrior::Standard,
            blocks: Vec::new(),
        }
    }

    #[test]
    fn the_price_rises_linearly() {
        let mut price = RatePrice::new(options(None));
        let mut at = |step| {
            price.begin(step, 10);
            price.now()
        };
        assert_eq!([at(0), at(5), at(20), at(99)], [0.0, 0.0025, 0.01, 0.01]);
        let mut at_once = RatePrice::new(BottleneckOptions {
            warmup: 0.0,
            ..options(None)
        });
        at_once.begin(0, 10);
        assert_eq!(at_once.now(), 0.01);
    }

    #[test]
    fn a_budget_moves_the_price_until_the_rate_meets_it() {
        // A rate that answers to its price: R = 1/price. The budget of 4 is met at a quarter.
        let mut price = RatePrice::new(options(Some(4.0)));
        for _ in 0..2000 {
            let rate = 1.0 / price.now();
            price.observe(rate);
        }
        assert!((price.now() - 0.25).abs() < 1e-6, "{}", price.now());
    }
}
