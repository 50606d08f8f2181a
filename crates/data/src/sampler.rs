//! The order of rows: a pure function of (seed, epoch), so that a position is two numbers and resuming is arithmetic.

use polytask_random::Seed;

/// Cuts the rows of an epoch into batches.
#[derive(Clone, Debug)]
pub struct Sampler {
    rows: Vec<u32>,
    batch_size: usize,
    seed: Seed,
    is_shuffled: bool,
    drops_last: bool,
}

impl Sampler {
    /// Batches of `batch_size` (at least 1) of `rows`.
    #[must_use]
    pub fn new(
        rows: Vec<u32>,
        batch_size: usize,
        seed: Seed,
        is_shuffled: bool,
        drops_last: bool,
    ) -> Self {
        Self {
            rows,
            batch_size: batch_size.max(1),
            seed,
            is_shuffled,
            drops_last,
        }
    }

    /// Every row once, in the order of this epoch.
    ///
    /// ```
    /// use polytask_data::Sampler;
    /// use polytask_random::Seed;
    ///
    /// let sampler = Sampler::new((0..100).collect(), 32, Seed(7), true, false);
    /// assert_eq!(sampler.order(3), sampler.order(3));
    /// assert_ne!(sampler.order(3), sampler.order(4));
    /// ```
    #[must_use]
    pub fn order(&self, epoch: u64) -> Vec<u32> {
        let mut order = self.rows.clone();
        if self.is_shuffled {
            self.seed.stream("data/shuffle", epoch).shuffle(&mut order);
        }
        order
    }

    /// How many batches an epoch has.
    #[must_use]
    pub fn batches_per_epoch(&self) -> usize {
        if self.drops_last {
            self.rows.len() / self.batch_size
        } else {
            self.rows.len().div_ceil(self.batch_size)
        }
    }

    /// The batches of an epoch; `skip(n)` is the position after n of them.
    pub fn batches(&self, epoch: u64) -> impl Iterator<Item = Vec<u32>> + Send + 'static {
        let order = self.order(epoch);
        let size = self.batch_size;
        (0..self.batches_per_epoch()).map(move |batch| {
            order
                .iter()
                .skip(batch * size)
                .take(size)
                .copied()
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler(drops_last: bool) -> Sampler {
        Sampler::new((10..113).collect(), 10, Seed(5), true, drops_last)
    }

    #[test]
    fn every_row_comes_once_an_epoch() {
        let mut rows: Vec<u32> = sampler(false).batches(2).flatten().collect();
        assert_eq!(sampler(false).batches_per_epoch(), 11);
        rows.sort_unstable();
        assert_eq!(rows, (10..113).collect::<Vec<_>>());
    }

    #[test]
    fn drop_last_leaves_out_what_is_not_a_full_batch() {
        assert!(sampler(true).batches(0).all(|batch| batch.len() == 10));
        assert_eq!(sampler(true).batches(0).count(), 10);
    }

    #[test]
    fn skipping_is_the_same_as_having_been_there() {
        let all: Vec<_> = sampler(false).batches(4).collect();
        for position in 0..=all.len() {
            assert_eq!(
                sampler(false).batches(4).skip(position).collect::<Vec<_>>(),
                all[position..]
            );
        }
    }

    #[test]
    fn other_seeds_and_epochs_give_other_orders() {
        let other = Sampler::new((10..113).collect(), 10, Seed(6), true, false);
        assert_ne!(sampler(false).order(0), other.order(0));
        assert_ne!(sampler(false).order(0), sampler(false).order(1));
    }
}
