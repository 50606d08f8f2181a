//! Log-loss: every loss as its logarithm.

use super::Wrap;
use crate::normalize::SMALLEST_LOSS;
use crate::{Gram, GramAggregator, Heads, Losses, Scale, Weights};

/// ∇ ln(l + 10⁻⁸) = g/(l + 10⁻⁸): the aggregator is shown these, and both its weights and the heads' are for these.
pub(super) struct LogLoss;

/// 1/(l + 10⁻⁸).
pub(super) fn slopes(losses: &Losses) -> Vec<f64> {
    let above = losses.positive(0.0).into_iter();
    above.map(|loss| 1.0 / (loss + SMALLEST_LOSS)).collect()
}

impl Wrap for LogLoss {
    fn before(&self, gram: &Gram, losses: &Losses) -> Gram {
        gram.scaled(&slopes(losses))
    }

    fn after(
        &mut self,
        _: &[Gram],
        losses: &Losses,
        inner: &dyn GramAggregator,
        mut answers: Vec<Weights>,
    ) -> Vec<Weights> {
        let slopes = slopes(losses);
        let multiply = |weights: &mut Vec<f64>| {
            for (weight, slope) in weights.iter_mut().zip(&slopes) {
                *weight *= slope;
            }
        };
        for answer in &mut answers {
            if inner.heads() == Heads::Unit && answer.heads.is_none() {
                answer.heads = Some(vec![1.0; answer.alpha.len()]);
            }
            multiply(&mut answer.alpha);
            answer.heads.iter_mut().for_each(&multiply);
            answer.note = answer.note.take().or(losses.note());
        }
        answers
    }

    fn scale(&self, _: Scale) -> Scale {
        Scale::Free
    }
}
