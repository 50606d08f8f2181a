//! Delimited text: CSV, TSV, gzip'd or not.

use polytask_config::Fields;
use serde::{Deserialize, Serialize};

use super::cells::{Cells, Want};
use super::file::{Bytes, FileRef};
use super::layout::{Form, Layout};
use super::records::{Dialect, Record, Records};
use super::{CellRules, Reading, RowReader, Source};
use crate::codes;
use crate::error::{DataError, DataErrors};
use crate::quoted::shown;
use crate::table::Table;

/// How a delimited file is written, apart from where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CsvLayout {
    /// `None`: a tab for `.tsv` and `.tab`, else a comma.
    pub(crate) delimiter: Option<u8>,
    /// `None`: quotes are ordinary characters.
    pub(crate) quote: Option<u8>,
    /// Whether the first record names the columns.
    pub(crate) header: bool,
    /// The names, where the file has none.
    pub(crate) names: Vec<String>,
    /// White space around cells does not count.
    pub(crate) trim: bool,
}

impl Default for CsvLayout {
    fn default() -> Self {
        Self {
            delimiter: None,
            quote: Some(b'"'),
            header: true,
            names: Vec::new(),
            trim: true,
        }
    }
}

/// The options of `{ type = "csv", … }`.
pub(super) fn options(fields: &mut Fields<'_>) -> Box<dyn Source> {
    let key = Some(fields.key_path("file"));
    let path = fields.path("file", "the file, gzip'd or not").required();
    Box::new(Csv {
        file: FileRef { path, key },
        layout: layout(fields),
    })
}

/// The options that say how a delimited file is written.
pub(super) fn layout(fields: &mut Fields<'_>) -> CsvLayout {
    let delimiter = fields
        .text(
            "delimiter",
            "what stands between cells; a comma, or a tab in .tsv files, by default",
        )
        .optional();
    let quote = fields
        .text(
            "quote",
            "what encloses a cell that holds delimiters; \"\" switches quoting off",
        )
        .or("\"");
    let header = fields
        .flag("header", "the first record names the columns")
        .or(true);
    let names = fields
        .texts("names", "the columns' names, for a file without header")
        .or(vec![]);
    let trim = fields
        .flag("trim", "white space around cells does not count")
        .or(true);
    if header && !names.is_empty() {
        let message = "`names` is for files without header".to_owned();
        let help = Some("add `header = false`, or leave `names` out".to_owned());
        fields.problem("names", codes::NO_EFFECT, message, help);
    }
    let delimiter = delimiter.and_then(|text| byte(fields, "delimiter", &text));
    let quote = if quote.is_empty() {
        None
    } else {
        byte(fields, "quote", &quote)
    };
    if quote.is_some() && quote == delimiter {
        let message = "delimiter and quote are the same character".to_owned();
        fields.problem("quote", codes::CONFLICT, message, None);
    }
    CsvLayout {
        delimiter,
        quote,
        header,
        names,
        trim,
    }
}

/// The one byte of `text`.
fn byte(fields: &mut Fields<'_>, key: &'static str, text: &str) -> Option<u8> {
    match text.as_bytes() {
        &[byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Some(byte),
        _ => {
            let message = format!("`{key}` is one ASCII character that ends no line");
            fields.problem(
                key,
                codes::BAD_VALUE,
                message,
                Some("a tab is \"\\t\"".to_owned()),
            );
            None
        }
    }
}

/// A delimited file.
#[derive(Clone, Debug)]
pub(crate) struct Csv {
    pub(crate) file: FileRef,
    pub(crate) layout: CsvLayout,
}

impl Source for Csv {
    fn open(&self, reading: &Reading) -> Result<Option<Box<dyn RowReader>>, DataErrors> {
        Ok(Some(Box::new(CsvRows::open(
            &self.file,
            &self.layout,
            reading,
        )?)))
    }

    fn layout(&self) -> Layout {
        Layout(Form::Csv(self.layout.clone()))
    }
}

/// The rows of a delimited file.
pub(crate) struct CsvRows {
    file: FileRef,
    records: Records<Bytes>,
    columns: Vec<String>,
    /// Of a file without header, the first record has been read already.
    first: Option<Record>,
    rules: CellRules,
    rows: u64,
    is_done: bool,
}

impl CsvRows {
    pub(crate) fn open(
        file: &FileRef,
        layout: &CsvLayout,
        reading: &Reading,
    ) -> Result<Self, DataErrors> {
        let dialect = Dialect {
            delimiter: layout.delimiter.unwrap_or_else(|| usual_delimiter(file)),
            quote: layout.quote,
            trim: layout.trim,
        };
        let bytes = file.open(&reading.limits)?;
        let mut records = Records::new(bytes, file.shown(), dialect, reading.limits.clone());
        let mut record = Record::default();
        if !records.read(&mut record)? {
            return Err(file.empty().into());
        }
        let (columns, first) = if layout.header {
            (header(&record, file)?, None)
        } else {
            let names = made_up(&record, &layout.names, &reading.optional, file)?;
            (names, Some(record))
        };
        Ok(Self {
            file: file.clone(),
            records,
            columns,
            first,
            rules: reading.cells.clone(),
            rows: 0,
            is_done: false,
        })
    }
}

impl RowReader for CsvRows {
    fn name(&self) -> String {
        self.file.shown()
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn chunk(&mut self, wants: &[Want], most: usize) -> Result<Option<Table>, DataErrors> {
        let name = self.file.shown();
        let mut cells = Cells::new(name, &self.columns, wants, self.rules.clone()).after(self.rows);
        let mut record = Record::default();
        let mut bytes = 0;
        while cells.rows() < most && !self.is_done {
            if cells.rows() == MEASURED && self.rows == 0 {
                let rows = self.expected_rows(bytes).min(most);
                cells.reserve(rows.saturating_sub(MEASURED));
            }
            if let Some(first) = self.first.take() {
                record = first;
            } else {
                match self.records.read(&mut record) {
                    Ok(true) => {}
                    Ok(false) => {
                        self.is_done = true;
                        break;
                    }
                    Err(error) => {
                        // Where the next record begins is not known any more.
                        self.is_done = true;
                        cells.fail(error);
                        break;
                    }
                }
            }
            bytes += record.size();
            if record.len() == self.columns.len() {
                cells.push(record.line, record.fields().map(Some));
            } else {
                cells.fail(ragged(&self.file, &record, self.columns.len()));
            }
        }
        if self.rows == 0 && cells.is_untouched() {
            return Err(self
                .file
                .malformed(None, "there is a header and no row")
                .into());
        }
        self.rows += cells.rows() as u64;
        let table = cells.finish()?;
        Ok((table.rows() > 0).then_some(table))
    }
}

/// Rows after which the size of the rest is estimated.
const MEASURED: usize = 1024;

impl CsvRows {
    /// The rows of the whole file, if all take as many bytes as the first [`MEASURED`] and a little less; 0 if the file
    /// does not tell, being a stream.
    fn expected_rows(&self, bytes: usize) -> usize {
        let Some(size) = self.file.expected_size() else {
            return 0;
        };
        let rows = size as f64 * MEASURED as f64 / bytes.max(1) as f64;
        (1.02 * rows) as usize
    }
}

fn usual_delimiter(file: &FileRef) -> u8 {
    let name = file.shown().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    if name.ends_with(".tsv") || name.ends_with(".tab") {
        b'\t'
    } else {
        b','
    }
}

fn ragged(file: &FileRef, record: &Record, columns: usize) -> DataError {
    file.malformed(
        Some(record.line),
        format!(
            "the record has {} fields, the header has {columns}",
            record.len()
        ),
    )
}

/// The names in the first record: none empty, none twice.
fn header(record: &Record, file: &FileRef) -> Result<Vec<String>, DataErrors> {
    let mut errors = DataErrors::default();
    let mut names: Vec<String> = Vec::with_capacity(record.len());
    let mut seen = std::collections::HashMap::new();
    for (index, field) in record.fields().enumerate() {
        let number = index + 1;
        let name = String::from_utf8_lossy(field).into_owned();
        let problem = if std::str::from_utf8(field).is_err() {
            Some(format!("the name of column {number} is not UTF-8"))
        } else if name.is_empty() {
            Some(format!("column {number} has no name in the header"))
        } else {
            seen.insert(name.clone(), number).map(|first| {
                format!(
                    "the header has `{}` twice, as columns {first} and {number}",
                    shown(&name)
                )
            })
        };
        if let Some(problem) = problem {
            errors.push(file.malformed(Some(record.line), problem));
        }
        names.push(name);
    }
    errors.into_result(names)
}

/// `names`, or `column_1`, `column_2`, …; where the file has as many fields fewer as there are `optional` names, it is
/// these that it lacks.
fn made_up(
    record: &Record,
    names: &[String],
    optional: &[String],
    file: &FileRef,
) -> Result<Vec<String>, DataErrors> {
    if names.is_empty() {
        return Ok((1..=record.len())
            .map(|number| format!("column_{number}"))
            .collect());
    }
    if names.len() == record.len() {
        return Ok(names.to_vec());
    }
    let without: Vec<String> = names
        .iter()
        .filter(|name| !optional.contains(name))
        .cloned()
        .collect();
    if without.len() == record.len() {
        return Ok(without);
    }
    let named = |names: &[String]| shown(&names.join(", "));
    let or_fewer = if without.len() < names.len() {
        format!(
            "; without the targets {}: {}",
            without.len(),
            named(&without)
        )
    } else {
        String::new()
    };
    Err(DataError::Format {
        file: file.shown(),
        line: Some(record.line),
        problem: format!(
            "the first record has {} fields, {} names are given",
            record.len(),
            names.len()
        ),
        help: Some(format!(
            "a file without header has {} fields: {}{or_fewer}",
            names.len(),
            named(names)
        )),
    }
    .into())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use polytask_random::Seed;

    use super::*;

    #[test]
    fn the_rows_of_a_file_are_known_from_its_size() {
        let path = std::env::temp_dir().join(format!("polytask-rows-{}.csv", std::process::id()));
        let rows: String = (10_000..15_000)
            .map(|row| format!("{row},{row}\n"))
            .collect();
        std::fs::write(&path, format!("a,b\n{rows}")).unwrap();
        let reading = Reading::new(Seed(1));
        let open = || CsvRows::open(&FileRef::new(&path), &CsvLayout::default(), &reading);
        // Every row takes twelve bytes.
        let expected = open().unwrap().expected_rows(12 * MEASURED);
        assert!((5000..5110).contains(&expected), "{expected}");
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(format!("a,b\n{rows}").as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        std::fs::write(&path, &packed).unwrap();
        assert_eq!(open().unwrap().expected_rows(12 * MEASURED), expected);
        // A file that claims more than deflate can do is not believed.
        let claimed = [&packed[..packed.len() - 4], &[0xff; 4]].concat();
        std::fs::write(&path, &claimed).unwrap();
        let most = 1032 * claimed.len() as u64;
        assert_eq!(FileRef::new(&path).expected_size(), Some(most));
        std::fs::remove_file(&path).unwrap();
    }
}
