//! One pass of the trunk, and what a bottleneck at its end lets through.

use burn::tensor::Tensor;
use polytask_random::Seed;

use crate::features::Inputs;
use crate::initial::data;
use crate::layer::Law;
use crate::multitask::MultiTaskModel;

/// What a pass of the trunk gives.
#[derive(Clone, Debug)]
pub struct Pass {
    /// What all heads read, `[rows, width]`.
    pub representation: Tensor<2>,
    /// What a bottleneck lets through of each row and block, `[rows, blocks]`, nats: the sum of a row is an upper bound on what the
    /// representation tells of its inputs. None without a bottleneck.
    pub rates: Option<Tensor<2>>,
    law: Option<Law>,
}

impl MultiTaskModel {
    /// [`representation`](Self::representation), and what a bottleneck lets through on the way, of one pass.
    #[must_use]
    pub fn pass(&self, inputs: &Inputs) -> Pass {
        let (features, law) = self.encoder().pass(inputs);
        let bottleneck = self.encoder().bottleneck();
        Pass {
            representation: self.sharing.wiring().represent(features),
            rates: bottleneck.zip(law.as_ref()).map(|(of, law)| of.rates(law)),
            law,
        }
    }

    /// What the heads would read of a pass whose bottleneck drew: mu + sigma e, with e standard normal from a stream of each row's
    /// number, so that it is the same draw whatever the batch and the device. None without a bottleneck.
    #[must_use]
    pub fn drawn(&self, pass: &Pass, rows: &[u32]) -> Option<Tensor<2>> {
        let law = pass.law.as_ref()?;
        let [count, width] = law.mean.dims();
        let mut noise = Vec::with_capacity(count * width);
        for &row in rows {
            let mut stream = Seed(0).stream("bottleneck", u64::from(row));
            noise.extend((0..width).map(|_| stream.normal()));
        }
        let noise = data([count, width], noise);
        let noise = Tensor::<2>::from_data(noise, &law.mean.device());
        Some(self.sharing.wiring().represent(law.draw(noise)))
    }

    /// How many times the [price](Self::rate_price) a nat of each block costs; none without a bottleneck.
    #[must_use]
    pub fn rate_blocks(&self) -> Option<&[f64]> {
        Some(self.encoder().bottleneck()?.blocks())
    }

    /// What a nat of [rate](Pass::rates) costs now, in nats of the loss; none without a bottleneck.
    #[must_use]
    pub fn rate_price(&self) -> Option<f64> {
        Some(self.encoder().bottleneck()?.price())
    }

    /// The same model at another price of its rate.
    #[must_use]
    pub fn with_rate_price(mut self, price: f64) -> Self {
        let encoder = self.sharing.wiring_mut().encoder_mut();
        if let Some(bottleneck) = encoder.bottleneck_mut() {
            bottleneck.set_price(price);
        }
        self
    }
}
