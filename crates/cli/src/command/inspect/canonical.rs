//! `inspect RUN --canonical`: the one of all models with these predictions whose numbers can be read, and a checkpoint of it.

use std::path::Path;

use polytask_store::Checkpoint;
use polytask_training::canonical::{Canonical, checkpoint_of};
use polytask_training::load::Loaded;
use serde_json::{Value, json};

use crate::exit::{Exit, Failure};
use crate::number::count;
use crate::table::{Side, Table};
use crate::terminal::safe;

/// Codes or directions that the table shows at most: the others are in the JSON.
const SHOWN: usize = 12;

/// How far predictions may be apart, relative to the largest of a task.
const NEAR: f64 = 1e-5;

/// What is told of a canonical form.
pub(super) struct Told {
    canonical: Canonical,
    form: &'static str,
    tasks: Vec<String>,
    /// `[tasks][codes]`.
    map: Vec<Vec<f64>>,
}

/// The canonical form of a model on the data that it was trained on.
///
/// # Errors
/// A sharing without such a form, or data that is gone or has changed.
pub(super) fn of(loaded: &Loaded) -> Result<Told, Failure> {
    let without = || {
        Failure::usage("this model's sharing has no canonical form")
            .hint("`sharing` must be \"latent\" or \"codes\"")
    };
    let form = loaded.model.canonical_form().ok_or_else(without)?;
    let prepared = loaded.prepare()?;
    let canonical = loaded.canonical(&prepared)?.ok_or_else(without)?;
    Ok(Told {
        form,
        tasks: canonical.model.tasks().to_vec(),
        map: canonical.model.task_map().unwrap_or_default(),
        canonical,
    })
}

impl Told {
    /// Writes the checkpoint with the canonical model in place of its own.
    ///
    /// # Errors
    /// Predictions that rounding has moved, or a disk that fails.
    pub(super) fn write(&self, path: &Path, checkpoint: &Checkpoint) -> Result<(), Failure> {
        if self.canonical.apart > NEAR {
            return Err(Failure::new(
                Exit::Checkpoint,
                format!(
                    "in single precision the canonical form moves predictions by {:.1e} of the largest, more than {NEAR:.0e}: nothing \
                     was written",
                    self.canonical.apart
                ),
            ));
        }
        polytask_store::write(path, &checkpoint_of(checkpoint, &self.canonical.model))?;
        Ok(())
    }

    /// Σ_t |weight| of each code or direction.
    fn usage(&self) -> Vec<f64> {
        let codes = self.map.first().map_or(0, Vec::len);
        let mut usage = vec![0.0; codes];
        for row in &self.map {
            for (usage, weight) in usage.iter_mut().zip(row) {
                *usage += weight.abs();
            }
        }
        usage
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "form": self.form, "rows": self.canonical.rows, "largest_difference": self.canonical.apart, "tasks": self.tasks,
            "map": self.map, "usage": self.usage(),
        })
    }

    pub(super) fn text(&self, color: bool) -> String {
        let usage = self.usage();
        let shown = usage.len().min(SHOWN);
        let names: Vec<String> = (1..=shown).map(|code| code.to_string()).collect();
        let heads = names.iter().map(|name| (name.as_str(), Side::Right));
        let mut table = Table::new([("task", Side::Left)].into_iter().chain(heads));
        let mut row = |name: &str, values: &[f64]| {
            let cell = |value: &f64| match *value {
                0.0 => "0".to_owned(),
                value => format!("{value:.3}"),
            };
            let cells = values.iter().take(shown).map(cell);
            table.row([name.to_owned()].into_iter().chain(cells));
        };
        for (task, values) in self.tasks.iter().zip(&self.map) {
            row(task, values);
        }
        row("(usage)", &usage);
        let mut text = safe(&format!("canonical: {}\n\n", self.form));
        text.push_str(&table.text(color));
        if shown < usage.len() {
            text.push_str(&format!(
                "and {} more, which --json has\n",
                usage.len() - shown
            ));
        }
        text.push_str(&format!(
            "\npredictions of {} training rows stay within {:.1e} of the largest\n",
            count(self.canonical.rows as u64),
            self.canonical.apart
        ));
        text
    }
}
