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
            let unit = || Some(vec![1.0; answer.alpha.len()]);
            answer.heads = match (self.0, inner.heads()) {
                (Some(Heads::Unit), _) => unit(),
                (Some(Heads::Weighted), _) => None,
                (None, Heads::Unit) => answer.heads.take().or_else(unit),
                (None, Heads::Weighted) => answer.heads.take(),
            };
        }
        answers
    }
}
