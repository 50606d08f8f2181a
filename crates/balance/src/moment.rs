//! When a step is taken: all that randomness may depend on.

use polytask_random::{Seed, Stream};

/// The seed of the run and the number of the step. Every draw is a function of these two and of a name, so that no method
/// stores a generator and a run that resumes draws the same numbers.
///
/// ```
/// use polytask_balance::{Moment, Seed};
///
/// let moment = Moment { seed: Seed(42), step: 7 };
/// assert_eq!(moment.stream("demo").word(), Seed(42).stream("demo", 7).word());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The seed of the run.
    pub seed: Seed,
    /// The step, from 0.
    pub step: u64,
}

impl Default for Moment {
    fn default() -> Self {
        Self {
            seed: Seed(0),
            step: 0,
        }
    }
}

impl Moment {
    /// The stream of this name at this step.
    #[must_use]
    pub fn stream(&self, name: &str) -> Stream {
        self.seed.stream(name, self.step)
    }
}
