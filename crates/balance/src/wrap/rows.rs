//! Row normalization: the aggregator is shown divided gradients, and its weights are for those.

use super::Wrap;
use crate::{Gram, GramAggregator, Heads, Losses, Normalize, Scale, Weights};

/// g̃_t = s_t g_t, d = Σ α̃_t g̃_t: α_t = s_t α̃_t. A head's loss keeps its own scale: it is weighted, if at all, by α̃_t.
pub(super) struct Rows(pub(super) Normalize);

impl Wrap for Rows {
    fn before(&self, gram: &Gram, losses: &Losses) -> Gram {
        gram.scaled(&self.0.scales(gram, losses))
    }

    fn after(
        &mut self,
        grams: &[Gram],
        losses: &Losses,
        inner: &dyn GramAggregator,
        mut answers: Vec<Weights>,
    ) -> Vec<Weights> {
        for (gram, answer) in grams.iter().zip(&mut answers) {
            if inner.heads() == Heads::Weighted && answer.heads.is_none() {
                answer.heads = Some(answer.alpha.clone());
            }
            let scales = self.0.scales(gram, losses);
            for (weight, scale) in answer.alpha.iter_mut().zip(scales) {
                *weight *= scale;
            }
        }
        answers
    }

    fn scale(&self, _: Scale) -> Scale {
        // The gradients' own lengths are gone.
        Scale::Free
    }

    /// A norm must be seen, also where the method inside looks at nothing.
    fn always_sees(&self) -> bool {
        matches!(self.0, Normalize::L2 | Normalize::LossPlus)
    }
}
