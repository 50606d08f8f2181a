//! Prediction: rows of a file in, predictions out, chunk by chunk; given what is known of coupled labels.

use std::io;
use std::path::Path;

use polytask_data::{Batch, Kept, Oddities, TaskKind};
use polytask_model::{CoupledLabel, Known};

use crate::joint;
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
        let place = self.answers.get(row).copied().flatten()?;
        let answered = self.answered;
        Some(self.values.iter().map(move |values| {
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

/// What is known of coupled labels before they are predicted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// For all rows: the place of a label among the coupled ones, and its class.
    fixed: Vec<(usize, f32)>,
    /// Whether the input's own columns of labels are known, row by row.
    from_columns: bool,
}

impl Given {
    fn is_nothing(&self) -> bool {
        self.fixed.is_empty() && !self.from_columns
    }

    fn known(&self, loaded: &Loaded, batch: &Batch) -> Known {
        let labels = loaded.model.coupled().len();
        let mut known = joint::known(&loaded.model, batch);
        if !self.from_columns {
            known.mask.fill(0.0);
        }
        let rows = known.classes.chunks_mut(labels.max(1));
        for (classes, mask) in rows.zip(known.mask.chunks_mut(labels.max(1))) {
            for &(label, class) in &self.fixed {
                if let (Some(slot), Some(mask)) = (classes.get_mut(label), mask.get_mut(label)) {
                    (*slot, *mask) = (class, 1.0);
                }
            }
        }
        known
    }
}

impl Loaded {
    /// Labels known for all rows, as (`TASK` or `TASK/LABEL`, class), and whether the input's columns of labels are known.
    ///
    /// # Errors
    /// What is not coupled or no class, in words.
    pub fn given(&self, labels: &[(String, String)], from_columns: bool) -> Result<Given, String> {
        let coupled = self.model.coupled();
        if coupled.is_empty() && (from_columns || !labels.is_empty()) {
            return Err(
                "a known label tells this model nothing of the others: it has no joint head (`multitask.joint`)".to_owned(),
            );
        }
        let mut fixed: Vec<(usize, f32)> = Vec::with_capacity(labels.len());
        for (name, class) in labels {
            let found = coupled
                .iter()
                .enumerate()
                .find(|(_, label)| label.name == *name);
            let Some((place, label)) = found else {
                let names: Vec<&str> = coupled.iter().map(|label| label.name.as_str()).collect();
                return Err(format!(
                    "`{name}` is not coupled; coupled are: {}",
                    names.join(", ")
                ));
            };
            let found = (place, self.class_of(label, class)? as f32);
            // Every row has one class of each label.
            if fixed
                .iter()
                .any(|other| other.0 == place && *other != found)
            {
                return Err(format!(
                    "`{name}` is given as two classes, one of them `{class}`"
                ));
            }
            fixed.push(found);
        }
        Ok(Given {
            fixed,
            from_columns,
        })
    }

    fn class_of(&self, label: &CoupledLabel, class: &str) -> Result<usize, String> {
        const FLAGS: [&[&str]; 2] = [&["0", "no", "false"], &["1", "yes", "true"]];
        let task = self.tasks.get(label.task);
        let (found, classes) = match task.map(|task| (&task.kind, &task.fit.classes)) {
            Some((TaskKind::Multilabel { .. }, _)) => (
                FLAGS.iter().position(|words| words.contains(&class)),
                "0, 1".to_owned(),
            ),
            Some((_, classes)) => (
                classes.iter().position(|own| own == class),
                classes.join(", "),
            ),
            None => (None, String::new()),
        };
        found.ok_or_else(|| format!("`{}` has no class `{class}`; it has {classes}", label.name))
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
            for rows in rows.chunks(self.batch_size()) {
                let batch = chunk.encoded.batch(rows);
                let known = (!given.is_nothing()).then(|| given.known(self, &batch));
                let predicted = predictor.predict(&batch, known.as_ref());
                for (all, own) in values.iter_mut().zip(predicted) {
                    all.extend(own);
                }
            }
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
                answers: &answers,
                answered: rows.len(),
            })?;
            predicted.rows += answers.len() as u64;
            predicted.oddities.add(&chunk.oddities);
        }
        Ok(predicted)
    }
}
