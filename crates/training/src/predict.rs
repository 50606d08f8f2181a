//! Prediction: rows of a file in, predictions out, chunk by chunk.

use std::io;
use std::path::Path;

use polytask_data::Oddities;

use crate::load::{LoadError, Loaded};
use crate::plan::PlannedTask;

/// The predictions of some consecutive rows.
pub struct PredictedRows<'a> {
    /// The columns of the input that are kept: those that are no inputs and no targets.
    pub columns: &'a [String],
    /// Their text, one list per row.
    pub kept: &'a [Vec<String>],
    /// The tasks.
    pub tasks: &'a [PlannedTask],
    /// Per task, row-major: probabilities (class kinds), or values in the original unit (regression).
    pub values: &'a [Vec<f64>],
    /// How many rows.
    pub rows: usize,
}

/// What was predicted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Predicted {
    /// How many rows.
    pub rows: u64,
    /// What of them is not as it should be.
    pub oddities: Oddities,
}

impl Loaded {
    /// Predicts every row of `input`, handing chunks to `sink`.
    ///
    /// # Errors
    /// A file that does not have the input columns, or a sink that fails.
    pub fn predict(
        &self,
        input: &Path,
        sink: &mut dyn FnMut(&PredictedRows<'_>) -> io::Result<()>,
    ) -> Result<Predicted, LoadError> {
        let predictor = self.predictor();
        let mut predicted = Predicted::default();
        for chunk in self.preprocessing.open(input)? {
            let chunk = chunk?;
            let rows: Vec<u32> = (0..chunk.encoded.rows() as u32).collect();
            let mut values: Vec<Vec<f64>> = vec![Vec::new(); self.tasks.len()];
            for rows in rows.chunks(self.batch_size()) {
                let batch = chunk.encoded.batch(rows);
                for (all, own) in values.iter_mut().zip(predictor.predict(&batch)) {
                    all.extend(own);
                }
            }
            sink(&PredictedRows {
                columns: &chunk.columns,
                kept: &chunk.kept,
                tasks: &self.tasks,
                values: &values,
                rows: rows.len(),
            })?;
            predicted.rows += rows.len() as u64;
            predicted.oddities.add(&chunk.oddities);
        }
        Ok(predicted)
    }
}
