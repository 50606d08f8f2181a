//! Named random streams: every draw is a pure function of (seed, stream name, index).
//!
//! Nothing here has a state that outlives a use, so a checkpoint saves no generator: a resumed run asks for the
//! stream of its step again and gets the same numbers. The generator is ChaCha8, whose stream is fixed by its
//! definition on every platform, keyed by BLAKE3 of the seed, the name and the index.
//!
//! ```
//! use polytask_random::Seed;
//!
//! let mut first = Seed(42).stream("data/shuffle", 3);
//! let mut again = Seed(42).stream("data/shuffle", 3);
//! assert_eq!(first.word(), again.word());
//! assert_ne!(Seed(42).stream("data/shuffle", 4).word(), Seed(42).stream("data/split", 3).word());
//! ```

mod split_mix;

pub use split_mix::SplitMix64;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// The one seed of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub u64);

impl Seed {
    /// The stream called `name`; `index` is what it is repeated over: an epoch, a step, a row.
    #[must_use]
    pub fn stream(self, name: &str, index: u64) -> Stream {
        let mut hasher = blake3::Hasher::new_derive_key("polytask 2026 random streams v1");
        hasher.update(&self.0.to_le_bytes());
        hasher.update(&index.to_le_bytes());
        hasher.update(name.as_bytes());
        Stream {
            generator: ChaCha8Rng::from_seed(*hasher.finalize().as_bytes()),
        }
    }

    /// A seed derived from this one, for a generator that takes a number (a backend's own).
    #[must_use]
    pub fn derive(self, name: &str, index: u64) -> u64 {
        self.stream(name, index).word()
    }
}

/// One stream of numbers.
#[derive(Clone, Debug)]
pub struct Stream {
    generator: ChaCha8Rng,
}

impl Stream {
    /// 64 uniform bits.
    pub fn word(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// Uniform on the open interval (0, 1), 53 bits.
    pub fn uniform(&mut self) -> f64 {
        // The half keeps zero out, so that a logarithm of it is finite.
        ((self.word() >> 11) as f64 + 0.5) * (-53.0f64).exp2()
    }

    /// Uniform on (low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Standard normal, by Box and Muller's cosine branch (two uniforms a draw).
    pub fn normal(&mut self) -> f64 {
        // libm, not the platform's own functions: the last bit must be the same everywhere.
        let radius = (-2.0 * libm::log(self.uniform())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }

    /// Uniform on `0..bound`, without bias (Lemire 2019); 0 if `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = bound as u64;
        if bound == 0 {
            return 0;
        }
        let threshold = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.word()) * u128::from(bound);
            if product as u64 >= threshold {
                return (product >> 64) as usize;
            }
        }
    }

    /// Every order with the same probability (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_never_changes() {
        // Golden: a change here would change every run of every user.
        let mut stream = Seed(1).stream("golden", 7);
        assert_eq!([stream.word(), stream.word()], GOLDEN);
    }

    const GOLDEN: [u64; 2] = [3_369_035_368_984_998_313, 5_885_808_124_959_258_417];

    #[test]
    fn draws_have_their_moments() {
        let mut stream = Seed(5).stream("moments", 0);
        let draws: Vec<f64> = (0..20_000).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let variance = draws.iter().map(|d| d * d).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((variance - 1.0).abs() < 0.05, "{variance}");
        let mut counts = [0u32; 7];
        for _ in 0..70_000 {
            counts[stream.below(7)] += 1;
        }
        assert!(
            counts.iter().all(|&c| (9_600..10_400).contains(&c)),
            "{counts:?}"
        );
    }

    #[test]
    fn a_shuffle_is_a_permutation() {
        let mut items: Vec<usize> = (0..100).collect();
        Seed(3).stream("shuffle", 0).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
