//! What each gradient is divided by before a method sees it.

use polytask_config::Choice;

use crate::{Gram, Losses};

/// What each gradient is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Normalize {
    /// Nothing.
    None,
    /// Its norm.
    L2,
    /// Its loss.
    Loss,
    /// Its loss times its norm.
    LossPlus,
}

impl Choice for Normalize {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("none", Self::None, "nothing"),
        ("l2", Self::L2, "its norm"),
        ("loss", Self::Loss, "its loss"),
        ("loss+", Self::LossPlus, "its loss times its norm"),
    ];
}

/// A loss counts as at least this where something is divided by it.
pub(crate) const SMALLEST_LOSS: f64 = 1e-8;

impl Normalize {
    /// What each present task's gradient is multiplied by. A gradient of zero stays one.
    #[must_use]
    pub fn scales(self, gram: &Gram, losses: &Losses) -> Vec<f64> {
        self.factors(gram.norms().as_slice(), losses)
    }

    /// The same of gradients of these norms.
    pub(crate) fn factors(self, norms: &[f64], losses: &Losses) -> Vec<f64> {
        let norm = norms
            .iter()
            .map(|&norm| if norm > 0.0 { norm } else { 1.0 });
        let loss = losses.positive(SMALLEST_LOSS);
        match self {
            Self::None => vec![1.0; norms.len()],
            Self::L2 => norm.map(f64::recip).collect(),
            Self::Loss => loss.into_iter().map(f64::recip).collect(),
            Self::LossPlus => norm
                .zip(loss)
                .map(|(norm, loss)| 1.0 / norm / loss)
                .collect(),
        }
    }
}
