//! Prediction: rows of a file in, predictions out, chunk by chunk; given what is known of coupled labels.

mod given;

use std::io;
use std::path::Path;

use polytask_data::{Kept, Oddities};
use polytask_model::{CoupledLabel, Known};

pub use given::Given;

use crate::load::{LoadError, Loaded};
use crate::plan::PlannedTask;

/// The predictions of some consecutive rows.
pub struct PredictedRows<'a> {
    /// The columns of the input that are kept: those that are no inputs and no targets.
    pub columns: &'a [String],
    /// Their cells, one list per row.
    pub kept: &'a [Vec<Kept>],
    /// The tasks.
    pub tasks: &'a [PlannedTask],
    /// Per task, row-major: probabilities (class kinds), or values in the original unit (regression).
    values: &'a [Vec<f64>],
    /// Per task, row-major like its values: standard deviations of numbers that a joint head couples, given what is known; none of
    /// any other task.
    deviations: &'a [Vec<f64>],
    /// For each row where its answer stands among them; a row that lacks a feature may have none.
    answers: &'a [Option<usize>],
    /// How many rows have one.
    answered: usize,
}

impl<'a> PredictedRows<'a> {
    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.answers.len()
    }

    /// What is predicted for a row, one slice per task; none if one of its features is missing.
    #[must_use]
    pub fn answer(&self, row: usize) -> Option<impl Iterator<Item = &'a [f64]>> {
        self.of_row(self.values, row)
    }

    /// Standard deviations of what is predicted for a row, one slice per task, empty but for numbers that a joint head couples.
    #[must_use]
    pub fn deviations(&self, row: usize) -> Option<impl Iterator<Item = &'a [f64]>> {
        self.of_row(self.deviations, row)
    }

    /// How many standard deviations a row of each task has.
    pub fn deviating(&self) -> impl Iterator<Item = usize> {
        let answered = self.answered.max(1);
        self.deviations.iter().map(move |own| own.len() / answered)
    }

    fn of_row(
        &self,
        values: &'a [Vec<f64>],
        row: usize,
    ) -> Option<impl Iterator<Item = &'a [f64]> + use<'a>> {
        let place = self.answers.get(row).copied().flatten()?;
        let answered = self.answered;
        Some(values.iter().map(move |values| {
            let width = values.len().checked_div(answered).unwrap_or(0);
            values
                .get(place * width..(place + 1) * width)
                .unwrap_or_default()
        }))
    }
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
    /// Adds those of some rows, each task's own, in the unit of the file.
    fn add_deviations(&self, known: &Known, tasks: &mut [Vec<f64>]) {
        let coupled = self.model.coupled().iter();
        let numbers: Vec<&CoupledLabel> = coupled.filter(|label| label.is_number()).collect();
        let deviations = self.model.deviations(known);
        for row in deviations.chunks(numbers.len().max(1)) {
            for (label, deviation) in numbers.iter().zip(row) {
                let own = self.tasks.get(label.task);
                let unit = own.and_then(|task| task.fit.std.get(label.place));
                if let Some(all) = tasks.get_mut(label.task) {
                    all.push(deviation * unit.copied().unwrap_or(1.0));
                }
            }
        }
    }

    /// Predicts every row of `input`, handing chunks to `sink`.
    ///
    /// # Errors
    /// A file that does not have the input columns, or a sink that fails.
    pub fn predict(
        &self,
        input: &Path,
        given: &Given,
        sink: &mut dyn FnMut(&PredictedRows<'_>) -> io::Result<()>,
    ) -> Result<Predicted, LoadError> {
        let predictor = self.predictor();
        let mut predicted = Predicted::default();
        let chunks = if given.from_columns {
            self.preprocessing.open_labelled(input)?
        } else {
            self.preprocessing.open(input)?
        };
        for chunk in chunks {
            let chunk = chunk?;
            let rows: Vec<u32> = (0..chunk.encoded.rows() as u32).collect();
            let mut values: Vec<Vec<f64>> = vec![Vec::new(); self.tasks.len()];
            let mut deviations = values.clone();
            for rows in rows.chunks(self.batch_size()) {
                let batch = chunk.encoded.batch(rows);
                let known = given.known(self, &batch);
                let is_given = !given.is_nothing();
                let predicted = predictor.predict(&batch, is_given.then_some(&known));
                for (all, own) in values.iter_mut().zip(predicted) {
                    all.extend(own);
                }
                self.add_deviations(&known, &mut deviations);
            }
            given.restore(self, (&chunk.encoded, &rows), &mut values);
            let mut answered = 0..;
            let answers: Vec<Option<usize>> = chunk
                .answered
                .iter()
                .map(|is_answered| is_answered.then(|| answered.next()).flatten())
                .collect();
            sink(&PredictedRows {
                columns: &chunk.columns,
                kept: &chunk.kept,
                tasks: &self.tasks,
                values: &values,
                deviations: &deviations,
                answers: &answers,
                answered: rows.len(),
            })?;
            predicted.rows += answers.len() as u64;
            predicted.oddities.add(&chunk.oddities);
        }
        Ok(predicted)
    }
}
