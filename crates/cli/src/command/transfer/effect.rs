//! What an interval of bits says, and when nothing may be said.

use polytask_information::Measure;

/// Seeds below which nothing is said of the spread between them.
pub(super) const SEEDS: usize = 3;

/// What an interval says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Helped,
    Hurt,
    Unclear,
    /// Neither model is sure to know anything of the label: one is not better than the other at that.
    Ignorant,
    /// The interval is over rows, not over what another seed would give.
    FewSeeds,
}

impl Effect {
    /// Of `transferred` bits over `seeds`; `neither_knows` as in [`super::report::TaskTransfer`].
    pub(super) fn of(transferred: &Measure, seeds: usize, neither_knows: bool) -> Self {
        match transferred.interval {
            _ if neither_knows => Self::Ignorant,
            _ if seeds < SEEDS => Self::FewSeeds,
            Some([low, _]) if low > 0.0 => Self::Helped,
            Some([_, high]) if high < 0.0 => Self::Hurt,
            _ => Self::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    use polytask_information::Unit;

    use super::*;

    #[test]
    fn an_interval_that_holds_0_says_nothing() {
        let with = |interval| Measure::of(0.1, Unit::Bits, "", 9).with_interval(interval);
        let of = |interval| Effect::of(&with(interval), 3, false);
        assert_eq!(of([0.01, 0.2]), Effect::Helped);
        assert_eq!(of([-0.2, -0.01]), Effect::Hurt);
        assert_eq!(of([-0.01, 0.2]), Effect::Unclear);
    }

    #[test]
    fn few_seeds_and_models_that_know_nothing_prove_nothing() {
        let bits = Measure::of(0.1, Unit::Bits, "", 9).with_interval([0.01, 0.2]);
        assert_eq!(Effect::of(&bits, 2, false), Effect::FewSeeds);
        assert_eq!(Effect::of(&bits, 3, true), Effect::Ignorant);
        assert_eq!(Effect::of(&bits, 1, true), Effect::Ignorant);
    }
}
