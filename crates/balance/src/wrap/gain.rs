//! Gain: one scale for the weights of all methods, so that a learning rate carries over from one to another.

use polytask_config::Choice;

use super::Wrap;
use crate::{Gram, GramAggregator, Losses, Scale, Weights};

/// What scale the weights are brought to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gain {
    /// Equal gradients give their sum, as equal weights do.
    Sum,
    /// Equal gradients give their mean.
    Mean,
    /// Whatever the method's paper gives.
    Native,
}

impl Choice for Gain {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "sum",
            Self::Sum,
            "equal gradients give their sum, as equal weights do",
        ),
        ("mean", Self::Mean, "equal gradients give their mean"),
        ("native", Self::Native, "whatever the method's paper gives"),
    ];
}

impl Gain {
    /// A method whose scale is known is multiplied by a constant. One whose weights depend on the gradients' sizes has them
    /// brought to the sum that is wanted, if they add up to something above 0.
    pub(super) fn apply(self, inner: Scale, answer: &mut Weights) {
        let tasks = answer.alpha.len() as f64;
        let wanted = match self {
            Self::Sum => tasks,
            Self::Mean => 1.0,
            Self::Native => return,
        };
        let found = match inner {
            Scale::Sum => tasks,
            Scale::Mean => 1.0,
            Scale::Means(factor) => factor,
            Scale::Free => answer.alpha.iter().sum(),
            Scale::Lost => return,
        };
        let factor = wanted / found;
        if found > 0.0 && factor.is_finite() {
            answer.alpha.iter_mut().for_each(|weight| *weight *= factor);
        }
    }

    /// What the scale of a method is then.
    pub(super) fn scale_of(self, inner: Scale) -> Scale {
        match self {
            _ if inner == Scale::Lost => inner,
            Self::Sum => Scale::Sum,
            Self::Mean => Scale::Mean,
            Self::Native => inner,
        }
    }
}

impl Wrap for Gain {
    fn after(
        &mut self,
        _: &[Gram],
        _: &Losses,
        inner: &dyn GramAggregator,
        mut answers: Vec<Weights>,
    ) -> Vec<Weights> {
        let scale = inner.scale();
        answers
            .iter_mut()
            .for_each(|answer| self.apply(scale, answer));
        answers
    }

    fn scale(&self, inner: Scale) -> Scale {
        self.scale_of(inner)
    }
}
