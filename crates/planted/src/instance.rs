//! One data set of a family: its rows, its truth, and a config that trains on it.

use std::fmt::Write as _;

use polytask_data::{DataErrors, Part, Reading, Source, Table, Values};
use polytask_random::Seed;

/// A data set whose truth is known.
#[derive(Debug)]
pub struct Instance {
    /// Its name: letters, digits and hyphens.
    pub name: String,
    /// Where its rows come from.
    pub source: Box<dyn Source>,
    /// The same as a config says it: the value of `data.source`.
    pub written: String,
    /// The truth.
    pub truth: serde_json::Value,
    /// The tasks and their types, in the order of the columns.
    pub tasks: Vec<(String, &'static str)>,
    /// The rest of a config that trains on it: encoder, sharing, `[train]`.
    pub model: String,
}

/// `count` tasks `y_0` … of one type.
pub(crate) fn tasks(count: usize, kind: &'static str) -> Vec<(String, &'static str)> {
    (0..count).map(|task| (format!("y_{task}"), kind)).collect()
}

impl Instance {
    /// Its rows.
    ///
    /// # Errors
    /// More of them than fit.
    pub fn table(&self) -> Result<Table, DataErrors> {
        // Generators have a seed of their own.
        self.source.load(&Reading::new(Seed(0)))
    }

    /// A config that makes the rows itself.
    #[must_use]
    pub fn config(&self, seed: u64) -> String {
        self.of_source(seed, &format!("source = {}", self.written))
    }

    /// A config that reads the rows from a file written by [`csv`].
    #[must_use]
    pub fn config_of_file(&self, seed: u64, file: &str) -> String {
        self.of_source(
            seed,
            &format!("source = \"{file}\"\nsplit = {{ type = \"column\" }}"),
        )
    }

    fn of_source(&self, seed: u64, source: &str) -> String {
        let mut text = format!(
            "version = 1\nname = \"{}\"\nseed = {seed}\n\n[data]\n{source}\n\n[inputs.x]\n\n{}\n[tasks]\n",
            self.name, self.model
        );
        for (task, kind) in &self.tasks {
            text.push_str(&format!("{task}.type = \"{kind}\"\n"));
        }
        text
    }
}

/// A table as CSV with a column `split`; a missing cell is empty, and every number comes back to the last bit.
#[must_use]
pub fn csv(table: &Table) -> String {
    let names = table.columns().iter().map(|column| column.name.as_str());
    let mut text = names.chain(["split"]).collect::<Vec<_>>().join(",");
    text.push('\n');
    for row in 0..table.rows() {
        for column in table.columns() {
            // Writing to a string cannot fail.
            let _ = match &column.values {
                Values::F32(values) => match values.get(row).filter(|value| !value.is_nan()) {
                    Some(value) => write!(text, "{value}"),
                    None => Ok(()),
                },
                Values::F64(values) => match values.get(row).filter(|value| !value.is_nan()) {
                    Some(value) => write!(text, "{value}"),
                    None => Ok(()),
                },
                Values::Text(words) => write!(text, "{}", words.get(row).unwrap_or("")),
            };
            text.push(',');
        }
        text.push_str(match table.split().and_then(|parts| parts.get(row)) {
            Some(Part::Val) => "val",
            Some(Part::Test) => "test",
            Some(Part::Train) | None => "train",
        });
        text.push('\n');
    }
    text
}
