//! Clip: a bound on the norm of the shared gradient.

use super::Wrap;
use crate::{Gram, GramAggregator, Losses, Scale, Weights};

/// ‖d‖² = αᵀGα, over all layers: if ‖d‖ is larger than this, α is brought to it. The heads keep what they had.
pub(super) struct Clip(pub(super) f64);

impl Wrap for Clip {
    fn after(
        &mut self,
        grams: &[Gram],
        _: &Losses,
        _: &dyn GramAggregator,
        mut answers: Vec<Weights>,
    ) -> Vec<Weights> {
        let layers = grams.iter().zip(&answers);
        let norms = layers.map(|(gram, answer)| gram.shared_norm(&answer.alpha));
        let norm = norms.fold(0.0_f64, f64::hypot);
        if norm > self.0 {
            for answer in &mut answers {
                answer.heads.get_or_insert_with(|| answer.alpha.clone());
                let factor = self.0 / norm;
                answer.alpha.iter_mut().for_each(|weight| *weight *= factor);
            }
        }
        answers
    }

    fn always_sees(&self) -> bool {
        true
    }

    fn scale(&self, _: Scale) -> Scale {
        Scale::Free
    }
}
