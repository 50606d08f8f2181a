//! Other files with a fitted preprocessing: whole, with labels, for evaluation; chunk by chunk for prediction.

use std::path::Path;

use polytask_random::Seed;

use crate::encoded::Encoded;
use crate::error::{DataError, DataErrors};
use crate::nearest::nearest;
use crate::options::MissingPolicy;
use crate::preprocessing::Preprocessing;
use crate::source::{FileRef, Reading, RowReader, Source, Unknown, Want, as_wanted};
use crate::table::Table;
use crate::target::Target;

/// Rows held at a time while predicting.
const CHUNK: usize = 4096;

/// Some rows of a file that is being predicted.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// Their inputs, and their labels if these were asked for.
    pub encoded: Encoded,
    /// The columns that are neither inputs nor targets.
    pub columns: Vec<String>,
    /// Their cells, one list per row.
    pub kept: Vec<Vec<String>>,
}

/// The rows of a file, chunk by chunk.
pub struct RowStream {
    preprocessing: Preprocessing,
    rows: Rows,
    with_labels: bool,
}

enum Rows {
    Text {
        reader: Box<dyn RowReader>,
        wants: Vec<Want>,
    },
    Whole(Option<Table>),
}

impl Preprocessing {
    /// Opens a file of the training source's layout for prediction; `-` is standard input. Targets may be absent.
    ///
    /// # Errors
    /// A file that cannot be read, or that lacks an input column.
    pub fn open(&self, input: &Path) -> Result<RowStream, DataErrors> {
        self.stream(input, false)
    }

    /// As [`Self::open`], with the labels of the targets that are there; at least one must be.
    ///
    /// # Errors
    /// As [`Self::open`], and labels that training never saw.
    pub fn open_labelled(&self, input: &Path) -> Result<RowStream, DataErrors> {
        self.stream(input, true)
    }

    fn stream(&self, input: &Path, with_labels: bool) -> Result<RowStream, DataErrors> {
        let source = self.source(input)?;
        let check = |file: &str, names: &[String]| {
            if with_labels {
                self.check_labelled(file, names)
            } else {
                self.check(file, names, self.inputs())
            }
        };
        let reading = self.reading();
        let rows = if let Some(reader) = source.open(&reading)? {
            check(&reader.name(), reader.columns())?;
            let wants = reader
                .columns()
                .iter()
                .map(|name| self.want(name, with_labels, true))
                .collect();
            Rows::Text { reader, wants }
        } else {
            let mut table = source.load(&reading)?;
            check(table.file(), &table.names())?;
            as_wanted(&mut table, |name| self.want(name, with_labels, true))?;
            Rows::Whole(Some(table))
        };
        Ok(RowStream {
            preprocessing: self.clone(),
            rows,
            with_labels,
        })
    }

    /// Reads a file of the training source's layout with its labels, for evaluation. A file may lack the targets of
    /// some tasks, not of all.
    ///
    /// # Errors
    /// As [`Self::open`], and labels that training never saw.
    pub fn load(&self, input: &Path) -> Result<Encoded, DataErrors> {
        let source = self.source(input)?;
        let reading = self.reading();
        let mut table = if let Some(mut reader) = source.open(&reading)? {
            self.check_labelled(&reader.name(), reader.columns())?;
            let wants: Vec<Want> = reader
                .columns()
                .iter()
                .map(|name| self.want(name, true, false))
                .collect();
            reader.chunk(&wants, usize::MAX)?.unwrap_or_default()
        } else {
            let mut table = source.load(&reading)?;
            self.check_labelled(table.file(), &table.names())?;
            as_wanted(&mut table, |name| self.want(name, true, false))?;
            table
        };
        let flags = self.complete(&table, self.missing)?;
        if flags.iter().any(|flag| !flag) {
            table.retain(&flags);
        }
        self.encode(table, true).map(|coded| coded.encoded)
    }

    fn source(&self, input: &Path) -> Result<std::sync::Arc<dyn Source>, DataErrors> {
        let file = FileRef::new(input);
        let problem = "the ending does not say what kind of file this is".to_owned();
        let (name, help) = (file.shown(), Some(Unknown::HELP.to_owned()));
        self.layout.at(file).map_err(|Unknown| {
            DataError::Format {
                file: name,
                line: None,
                problem,
                help,
            }
            .into()
        })
    }

    fn reading(&self) -> Reading {
        Reading {
            limits: self.limits.clone(),
            cells: self.cells.clone(),
            expected: self.inputs().map(str::to_owned).collect(),
            ..Reading::new(Seed(0))
        }
    }

    fn inputs(&self) -> impl Iterator<Item = &str> {
        let numeric = self.numeric.iter().map(|fit| fit.name.as_str());
        numeric.chain(
            self.categorical
                .iter()
                .map(|vocabulary| vocabulary.name.as_str()),
        )
    }

    fn want(&self, name: &str, want_labels: bool, keeps: bool) -> Want {
        let mut want = Want {
            number: self.numeric.iter().any(|fit| fit.name == name),
            text: self
                .categorical
                .iter()
                .any(|vocabulary| vocabulary.name == name),
            ..Want::default()
        };
        let mut is_target = false;
        for (target, fit) in self.targets.iter().zip(&self.tasks) {
            if target.columns.iter().any(|column| column == name) {
                is_target = true;
                let is_text = Target::is_text(&fit.kind);
                want.text |= want_labels && is_text;
                want.exact |= want_labels && !is_text;
            }
        }
        want.raw = keeps && !is_target && !want.number && !want.text;
        want
    }

    fn check<'a>(
        &self,
        file: &str,
        names: &[String],
        wanted: impl Iterator<Item = &'a str>,
    ) -> Result<(), DataErrors> {
        let mut errors = DataErrors::default();
        for column in wanted.filter(|column| !names.iter().any(|name| name == column)) {
            errors.push(DataError::UnknownColumn {
                key: None,
                file: file.to_owned(),
                column: column.to_owned(),
                near: nearest(column, names),
                columns: names.to_vec(),
            });
        }
        errors.into_result(())
    }

    fn check_labelled(&self, file: &str, names: &[String]) -> Result<(), DataErrors> {
        self.check(file, names, self.inputs())?;
        let is_there = |target: &Target| target.columns.iter().all(|column| names.contains(column));
        if self.targets.iter().any(is_there) {
            return Ok(());
        }
        let targets = self
            .targets
            .iter()
            .flat_map(|target| &target.columns)
            .map(String::as_str);
        self.check(file, names, targets)
    }

    fn complete(&self, table: &Table, missing: MissingPolicy) -> Result<Vec<bool>, DataErrors> {
        let numeric: Vec<&str> = self.numeric.iter().map(|fit| fit.name.as_str()).collect();
        let categorical: Vec<&str> = self
            .categorical
            .iter()
            .map(|vocabulary| vocabulary.name.as_str())
            .collect();
        Self::complete_rows(table, (&numeric, &categorical), missing)
    }

    /// A chunk; every row is answered, so an incomplete one is an error unless it can be filled.
    fn chunk(&self, mut table: Table, with_labels: bool) -> Result<Chunk, DataErrors> {
        let missing = match self.missing {
            MissingPolicy::Impute => MissingPolicy::Impute,
            MissingPolicy::Error | MissingPolicy::DropRow => MissingPolicy::Error,
        };
        self.complete(&table, missing)?;
        let kept = table.take_kept();
        let rows = table.rows();
        Ok(Chunk {
            encoded: self.encode(table, with_labels)?.encoded,
            kept: (0..rows)
                .map(|row| {
                    kept.iter()
                        .map(|(_, cells)| cells.get(row).cloned().unwrap_or_default())
                        .collect()
                })
                .collect(),
            columns: kept.into_iter().map(|(name, _)| name).collect(),
        })
    }
}

impl Iterator for RowStream {
    type Item = Result<Chunk, DataErrors>;

    fn next(&mut self) -> Option<Self::Item> {
        let table = match &mut self.rows {
            Rows::Text { reader, wants } => reader.chunk(wants, CHUNK).transpose()?,
            Rows::Whole(table) => Ok(table.take()?),
        };
        let with_labels = self.with_labels;
        let chunk = table.and_then(|table| self.preprocessing.chunk(table, with_labels));
        if chunk.is_err() {
            // Nothing after an error can be trusted to be in order.
            self.rows = Rows::Whole(None);
        }
        Some(chunk)
    }
}
