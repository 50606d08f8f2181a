//! Other files with a fitted preprocessing: whole, with labels, for evaluation; chunk by chunk for prediction.

use std::path::Path;

use polytask_random::Seed;

use crate::encoded::Encoded;
use crate::error::DataErrors;
use crate::oddities::Oddities;
use crate::preprocessing::Preprocessing;
use crate::read::require;
use crate::source::{Given, Reading, RowReader, Want, as_wanted};
use crate::table::{Kept, Table};

/// Rows held at a time while predicting.
const CHUNK: usize = 4096;

/// Some rows of a file that is being predicted.
#[derive(Clone, Debug)]
pub struct Chunk {
    /// The inputs of those that can be predicted, and their labels if these were asked for.
    pub encoded: Encoded,
    /// For each row whether it can be predicted; a row without one of its features may not.
    pub answered: Vec<bool>,
    /// The columns that are neither inputs nor targets.
    pub columns: Vec<String>,
    /// The cells of all rows in them, one list per row.
    pub kept: Vec<Vec<Kept>>,
    /// What of the rows is not as it should be.
    pub oddities: Oddities,
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
        let source = self.layout.of(&input.into())?;
        let check = |file: &str, names: &[String]| {
            if with_labels {
                self.check_labelled(file, names)
            } else {
                require(file, names, self.inputs(), None)
            }
        };
        let reading = self.reading(with_labels);
        let rows = if let Some(mut reader) = source.open(&reading)? {
            check(&reader.name(), reader.columns())?;
            if self.image.is_none() {
                reader.leave_images();
            }
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

    /// Refuses what [`Self::load`] would refuse at the first look, as far as that can be known without reading all.
    ///
    /// # Errors
    /// A file that cannot be opened, or that lacks an input or all targets.
    pub fn check(&self, given: &Given) -> Result<(), DataErrors> {
        self.check_named(given)?;
        // What standard input says is heard once.
        if *given == Given::File("-".into()) {
            return Ok(());
        }
        let source = self.layout.of(given)?;
        match source.open(&self.reading(true))? {
            Some(reader) => self.check_labelled(&reader.name(), reader.columns()),
            None => Ok(()),
        }
    }

    /// Reads a file of the training source's layout with its labels, for evaluation, and says what is odd about it. A
    /// file may lack the targets of some tasks, not of all.
    ///
    /// # Errors
    /// As [`Self::open`], and labels that training never saw.
    pub fn load(&self, given: impl Into<Given>) -> Result<(Encoded, Oddities), DataErrors> {
        let given = given.into();
        self.check_named(&given)?;
        let source = self.layout.of(&given)?;
        let reading = self.reading(true);
        let mut table = if let Some(mut reader) = source.open(&reading)? {
            self.check_labelled(&reader.name(), reader.columns())?;
            if self.image.is_none() {
                reader.leave_images();
            }
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
        let dropped = flags.iter().filter(|flag| !**flag).count();
        if dropped > 0 {
            table.retain(&flags);
        }
        let odd = self.oddities(&table, dropped as u64);
        Ok(self.encode(table, true)?.with(odd, &self.tasks))
    }

    fn reading(&self, with_labels: bool) -> Reading {
        let targets = self.targets.iter();
        let targets: Vec<String> = targets.flat_map(|target| target.columns.clone()).collect();
        let labels = if with_labels {
            targets.clone()
        } else {
            Vec::new()
        };
        Reading {
            limits: self.limits.clone(),
            cells: self.cells.clone(),
            expected: self.inputs().map(str::to_owned).chain(labels).collect(),
            optional: targets,
            ..Reading::new(Seed(0))
        }
    }

    /// A chunk. A row that training would have left out stays in it, but has no prediction.
    fn chunk(&self, mut table: Table, with_labels: bool) -> Result<Chunk, DataErrors> {
        let answered = self.complete(&table, self.missing)?;
        let kept = table.take_kept();
        let rows = table.rows();
        let unanswered_rows = answered.iter().filter(|flag| !**flag).count() as u64;
        if unanswered_rows > 0 {
            table.retain(&answered);
        }
        let oddities = Oddities {
            unanswered_rows,
            ..self.oddities(&table, 0)
        };
        Ok(Chunk {
            encoded: self.encode(table, with_labels)?.encoded,
            oddities,
            answered,
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
