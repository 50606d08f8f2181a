//! The parts of a task's label that vary in training: of the others there are no bits.

use std::borrow::Cow;

use polytask_information::usable::Baseline;

use super::observed::Observed;

/// The parts of a task's label that vary in training.
pub(super) struct Varying(Vec<usize>);

/// Their baselines, and which they are. A number that is always the same has no density to measure bits by, and nothing to tell.
pub(super) fn varying(baselines: &[Baseline]) -> (Vec<Baseline>, Varying) {
    let parts = baselines.iter().enumerate().filter(
        |(_, baseline)| !matches!(baseline, Baseline::Real { variance, .. } if *variance <= 0.0),
    );
    let (places, baselines) = parts.map(|(place, one)| (place, one.clone())).unzip();
    (baselines, Varying(places))
}

impl Varying {
    /// What was observed of them.
    pub(super) fn of<'a>(&self, observed: &'a Observed) -> Cow<'a, Observed> {
        if self.0.len() == observed.parts.len() {
            return Cow::Borrowed(observed);
        }
        let parts = self.0.iter().filter_map(|&place| observed.parts.get(place));
        Cow::Owned(Observed {
            parts: parts.cloned().collect(),
            rows: observed.rows.clone(),
            is_too_large: observed.is_too_large,
        })
    }
}
