//! JSON lines: one object per line, gzip'd or not.
//!
//! The columns are the keys of all objects, in order of first appearance; an object without a key has a missing value
//! there. Numbers keep their text, strings lose their escapes, `true` and `false` are words, lists and objects stay
//! JSON text.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::fmt;

use polytask_config::Fields;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::cells::{Cells, Want};
use super::file::{Bytes, FileRef};
use super::layout::{Form, Layout};
use super::lines::Lines;
use super::{CellRules, Reading, RowReader, Source};
use crate::error::{DataError, DataErrors};
use crate::quoted::shown;
use crate::table::Table;

/// The options of `{ type = "jsonl", … }`.
pub(super) fn options(fields: &mut Fields<'_>) -> Box<dyn Source> {
    let key = Some(fields.key_path("file"));
    let path = fields.path("file", "the file, gzip'd or not").required();
    Box::new(JsonLines {
        file: FileRef { path, key },
    })
}

/// A file of JSON lines.
#[derive(Clone, Debug)]
pub(crate) struct JsonLines {
    pub(crate) file: FileRef,
}

impl Source for JsonLines {
    fn open(&self, reading: &Reading) -> Result<Option<Box<dyn RowReader>>, DataErrors> {
        Ok(Some(Box::new(JsonRows::open(&self.file, reading)?)))
    }

    fn layout(&self) -> Layout {
        Layout(Form::JsonLines)
    }
}

/// Lines of standard input that are taken before the first is told of: their keys are its columns.
const LINES_AHEAD: usize = 1000;
/// So many bytes of them are enough.
const BYTES_AHEAD: usize = 4 << 20;

/// The objects of a file.
pub(crate) struct JsonRows {
    file: FileRef,
    lines: Lines<Bytes>,
    columns: Vec<String>,
    index_of: HashMap<String, usize>,
    /// What is wrong with the first line that is no object: told here only if no line has a key.
    broken: Option<DataError>,
    /// The line that is being read, and its number.
    raw: Vec<u8>,
    line: u64,
    /// Standard input is read once: the lines that were taken to learn its keys, numbered.
    ahead: VecDeque<(u64, Vec<u8>)>,
    /// Keys that may not come up only after those lines.
    expected: Vec<String>,
    rules: CellRules,
    rows: u64,
    /// Rows that are still to come; 0 if that is not known.
    left: usize,
    is_done: bool,
}

impl JsonRows {
    pub(crate) fn open(file: &FileRef, reading: &Reading) -> Result<Self, DataErrors> {
        let start = || -> Result<Lines<Bytes>, DataError> {
            let bytes = file.open(&reading.limits)?;
            Ok(Lines::new(bytes, file.shown(), reading.limits.clone()))
        };
        let mut rows = Self {
            lines: start()?,
            file: file.clone(),
            columns: Vec::new(),
            index_of: HashMap::new(),
            broken: None,
            raw: Vec::new(),
            line: 0,
            ahead: VecDeque::new(),
            expected: Vec::new(),
            rules: reading.cells.clone(),
            rows: 0,
            left: 0,
            is_done: false,
        };
        if file.is_standard_input() {
            rows.expected.clone_from(&reading.expected);
            rows.look_ahead()?;
        } else {
            // Keys may appear late (a label that few rows have), so the whole file is looked through first.
            while rows.next_line()? {
                rows.learn()?;
                rows.left += 1;
            }
        }
        if rows.lines.line == 0 {
            return Err(file.empty().into());
        }
        if rows.columns.is_empty() {
            let problem = "there is no object with a key";
            let told = rows.broken.take();
            return Err(told.unwrap_or_else(|| file.malformed(None, problem)).into());
        }
        if !file.is_standard_input() {
            rows.lines = start()?;
        }
        Ok(rows)
    }

    /// Takes the first lines of standard input and learns their keys.
    fn look_ahead(&mut self) -> Result<(), DataError> {
        let mut lines = VecDeque::new();
        let mut bytes = 0;
        while lines.len() < LINES_AHEAD && bytes < BYTES_AHEAD && self.next_line()? {
            self.learn()?;
            bytes += self.raw.len();
            lines.push_back((self.line, std::mem::take(&mut self.raw)));
        }
        self.ahead = lines;
        Ok(())
    }

    /// Reads the next line that is not blank.
    fn next_line(&mut self) -> Result<bool, DataError> {
        if let Some((line, raw)) = self.ahead.pop_front() {
            (self.line, self.raw) = (line, raw);
            return Ok(true);
        }
        loop {
            self.raw.clear();
            if !self.lines.append(&mut self.raw)? {
                return Ok(false);
            }
            self.line = self.lines.line;
            if !self.raw.trim_ascii().is_empty() {
                return Ok(true);
            }
        }
    }

    /// Takes up new keys of the current line. What is wrong with the line is said when its cells are read.
    fn learn(&mut self) -> Result<(), DataError> {
        let raw = std::mem::take(&mut self.raw);
        match serde_json::from_slice::<Object<'_>>(&raw) {
            Ok(object) => {
                for (key, _) in &object.0 {
                    self.add(key)?;
                }
            }
            Err(error) if self.broken.is_none() => {
                self.broken = Some(no_object(&self.file, self.line, &error));
            }
            Err(_) => {}
        }
        self.raw = raw;
        Ok(())
    }

    fn add(&mut self, key: &str) -> Result<(), DataError> {
        if self.index_of.contains_key(key) {
            return Ok(());
        }
        let limit = self.lines.limits.columns;
        if self.columns.len() >= limit {
            let found = self.columns.len() as u64 + 1;
            return Err(self.file.too_large(
                Some(self.line),
                "the number of keys",
                (found, limit, "columns"),
            ));
        }
        self.index_of.insert(key.to_owned(), self.columns.len());
        self.columns.push(key.to_owned());
        Ok(())
    }

    /// The cells of the current line, one for each column; `None` where the object has no such key.
    fn cells<'a>(&self, object: &'a Object<'_>) -> Result<Vec<Option<Cow<'a, str>>>, DataError> {
        let line = Some(self.line);
        let mut cells = vec![None; self.columns.len()];
        let mut is_set = vec![false; self.columns.len()];
        for (key, value) in &object.0 {
            let Some(&index) = self.index_of.get(key.as_ref()) else {
                // A late key on standard input.
                if self.expected.iter().any(|name| name == key) {
                    return Err(DataError::Format {
                        file: self.file.shown(),
                        line,
                        problem: format!("the key `{}` comes up too late", shown(key)),
                        help: Some(format!(
                            "what standard input holds is told by its first {LINES_AHEAD} rows: write null where a value is \
                             missing, or name a file"
                        )),
                    });
                }
                continue;
            };
            if let Some(is_set) = is_set.get_mut(index)
                && std::mem::replace(is_set, true)
            {
                let problem = format!("the object has the key `{}` twice", shown(key));
                return Err(self.file.malformed(line, problem));
            }
            let cell = text(value).map_err(|error| no_object(&self.file, self.line, &error))?;
            let limit = self.lines.limits.field_bytes;
            if let Some(size) = cell
                .as_ref()
                .map(|cell| cell.len())
                .filter(|&size| size > limit)
            {
                return Err(self.file.too_large(
                    line,
                    format!("the value of `{}` in bytes", shown(key)),
                    (size as u64, limit, "field_bytes"),
                ));
            }
            if let Some(slot) = cells.get_mut(index) {
                *slot = cell;
            }
        }
        Ok(cells)
    }
}

impl RowReader for JsonRows {
    fn name(&self) -> String {
        self.file.shown()
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn chunk(&mut self, wants: &[Want], most: usize) -> Result<Option<Table>, DataErrors> {
        let name = self.file.shown();
        let mut rows = Cells::new(name, &self.columns, wants, self.rules.clone()).after(self.rows);
        rows.reserve(self.left.min(most));
        while rows.rows() < most && !self.is_done {
            match self.next_line() {
                Ok(true) => {}
                Ok(false) => {
                    self.is_done = true;
                    break;
                }
                Err(error) => {
                    self.is_done = true;
                    rows.fail(error);
                    break;
                }
            }
            match serde_json::from_slice::<Object<'_>>(&self.raw) {
                Ok(object) => match self.cells(&object) {
                    Ok(cells) => {
                        let bytes = cells
                            .iter()
                            .map(|cell| cell.as_ref().map(|cell| cell.as_bytes()));
                        rows.push(self.line, bytes);
                        // Only a string is unescaped, into a text of its own.
                        let is_string = |cell: &Option<_>| matches!(cell, Some(Cow::Owned(_)));
                        rows.mark_bare(cells.iter().map(|cell| !is_string(cell)));
                    }
                    Err(error) => rows.fail(error),
                },
                Err(error) => rows.fail(no_object(&self.file, self.line, &error)),
            }
        }
        self.rows += rows.rows() as u64;
        self.left = self.left.saturating_sub(rows.rows());
        let table = rows.finish()?;
        Ok((table.rows() > 0).then_some(table))
    }
}

fn no_object(file: &FileRef, line: u64, error: &serde_json::Error) -> DataError {
    // serde_json counts lines within the text that it is given, which is one line.
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    file.malformed(
        Some(line),
        format!("column {}: {message}", error.column().max(1)),
    )
}

/// The text of a value; `None` for null. An error if a string's escapes are no characters.
fn text(value: &RawValue) -> Result<Option<Cow<'_, str>>, serde_json::Error> {
    Ok(match value.get() {
        "null" => None,
        quoted if quoted.starts_with('"') => Some(Cow::Owned(serde_json::from_str(quoted)?)),
        bare => Some(Cow::Borrowed(bare)),
    })
}

/// An object's members in the order of the text, values unread.
struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one JSON object per line")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    members.push((key, value));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A key, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests;
