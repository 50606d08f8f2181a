//! Heads: what the tasks' own parameters are trained with.

use super::Wrap;
use crate::{Gram, GramAggregator, Heads, Losses, Weights};

/// What is asked for; `None` is what the method's paper does. Afterwards [`Weights::heads`] is given, unless the heads are to
/// have the weights of the shared gradient.
pub(super) struct TrainHeads(pub(super) Option<Heads>);

impl Wrap for TrainHeads {
    fn after(
        &mut self,
        _: &[Gram],
        _: &Losses,
        inner: &dyn GramAggregator,
        mut answers: Vec<Weights>,
    ) -> Vec<Weights> {
        for answer in &mut answers {
            answer.heads = asked(self.0, inner.heads(), answer);
        }
        answers
    }
}

/// What the heads are to have, given what is asked for, what the method does and what it answered.
pub(super) fn asked(asked: Option<Heads>, own: Heads, answer: &mut Weights) -> Option<Vec<f64>> {
    let heads = answer.heads.take();
    let unit = || Some(vec![1.0; answer.alpha.len()]);
    match (asked, own) {
        (Some(Heads::Unit), _) => unit(),
        (Some(Heads::Weighted), _) => None,
        (None, Heads::Unit) => heads.or_else(unit),
        (None, Heads::Weighted) => heads,
    }
}
