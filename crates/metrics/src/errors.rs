//! Squared errors and the spread of the target, per output: what mse, rmse, r2 and nmse are made of.

use polytask_config::State;

use crate::checked::Measure;
use crate::mean::mean_of_defined;
use crate::predictions::ValueRows;
use crate::sum::{Moments, Sum, list_state};
use crate::{Better, Fault};

/// What was seen of one output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    rows: f64,
    /// Σ (predicted − truth)².
    squared_errors: f64,
    /// Σ (truth − mean)²; exactly 0 for a constant target.
    squared_deviations: f64,
}

impl Output {
    /// Mean squared error.
    pub(crate) fn mean_squared_error(self) -> Option<f64> {
        (self.rows > 0.0).then(|| self.squared_errors / self.rows)
    }

    /// The squared error as a share of the target's own spread; undefined for a constant target.
    pub(crate) fn unexplained(self) -> Option<f64> {
        (self.squared_deviations > 0.0).then(|| self.squared_errors / self.squared_deviations)
    }
}

/// The mean over outputs of something made of their squared errors.
pub(crate) struct SquaredErrors<const HIGHER_IS_BETTER: bool> {
    score: fn(Output) -> Option<f64>,
    rows: u64,
    errors: Vec<Sum>,
    truths: Vec<Moments>,
}

impl<const HIGHER_IS_BETTER: bool> SquaredErrors<HIGHER_IS_BETTER> {
    pub(crate) fn new(score: fn(Output) -> Option<f64>) -> Self {
        Self {
            score,
            rows: 0,
            errors: Vec::new(),
            truths: Vec::new(),
        }
    }
}

impl<const HIGHER_IS_BETTER: bool> Measure for SquaredErrors<HIGHER_IS_BETTER> {
    const BETTER: Better = if HIGHER_IS_BETTER {
        Better::Higher
    } else {
        Better::Lower
    };

    fn values(&mut self, rows: ValueRows<'_>) -> Result<(), Fault> {
        self.errors.resize(rows.outputs, Sum::default());
        self.truths.resize(rows.outputs, Moments::default());
        for (predicted, truth) in rows.iter() {
            self.rows += 1;
            let numbers = predicted.iter().zip(truth);
            let outputs = self.errors.iter_mut().zip(&mut self.truths);
            for ((predicted, truth), (error, moments)) in numbers.zip(outputs) {
                error.add((predicted - truth).powi(2));
                moments.add(*truth);
            }
        }
        Ok(())
    }

    fn value(&self) -> Option<f64> {
        let outputs = self.errors.iter().zip(&self.truths);
        mean_of_defined(outputs.map(|(error, moments)| {
            (self.score)(Output {
                rows: self.rows as f64,
                squared_errors: error.value(),
                squared_deviations: moments.squared_deviations(),
            })
        }))
    }

    fn state(&mut self, state: &mut State) {
        state.count("rows", &mut self.rows);
        list_state("errors", &mut self.errors, state);
        list_state("truths", &mut self.truths, state);
    }
}
