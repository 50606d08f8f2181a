//! What a row aggregator answers.

use crate::{Note, Rows, Weights};

/// The shared gradient itself, block by block, in the order of the rows' blocks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharedGradient {
    /// One array `[entries]` for each block of the rows.
    pub blocks: Vec<Vec<f32>>,
    /// The weight of each present task, if the shared gradient is the weighted sum of the rows.
    pub alpha: Option<Vec<f64>>,
    /// What the gradients of each present task in it, of this step and of those before, are multiplied by, all taken together: if every
    /// gradient were and had always been the same one, the shared gradient would be the sum of these times it. `None` where it is
    /// not linear in the gradients; a weighted sum needs none.
    pub mass: Option<Vec<f64>>,
    /// What each present task's loss is multiplied by for its own parameters, its head, if it is not what
    /// [`RowAggregator::heads`](crate::RowAggregator::heads) says.
    pub heads: Option<Vec<f64>>,
    /// How far the answer is from what it should solve; 0 for a closed form.
    pub residual: f64,
    /// What the log should say.
    pub note: Option<Note>,
}

impl SharedGradient {
    /// A direction that is no weighted sum of the rows.
    #[must_use]
    pub fn of(blocks: Vec<Vec<f32>>) -> Self {
        Self {
            blocks,
            ..Self::default()
        }
    }

    /// The sum of the rows with these weights.
    #[must_use]
    pub fn weighted(rows: &Rows<'_>, weights: Weights) -> Self {
        Self {
            blocks: rows.weighted(&weights.alpha),
            alpha: Some(weights.alpha),
            mass: None,
            heads: weights.heads,
            residual: weights.residual,
            note: weights.note,
        }
    }

    /// The same with a word for the log.
    #[must_use]
    pub fn noting(self, note: Option<Note>) -> Self {
        Self { note, ..self }
    }

    /// ‖d‖.
    #[must_use]
    pub fn norm(&self) -> f64 {
        let values = self.blocks.iter().flatten();
        let squares = values.map(|value| f64::from(*value) * f64::from(*value));
        squares.sum::<f64>().sqrt()
    }

    /// Multiplies it, and its weights.
    pub(crate) fn scale(&mut self, factor: f64) {
        for value in self.blocks.iter_mut().flatten() {
            *value = crate::rows::single(f64::from(*value) * factor);
        }
        let own = self.alpha.iter_mut().chain(&mut self.mass);
        own.flatten().for_each(|weight| *weight *= factor);
    }
}
