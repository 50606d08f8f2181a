//! Rows as CSV, TSV or JSON lines.

use std::io::{self, Write};
use std::path::Path;

use clap::ValueEnum;
use serde_json::Value;

use super::Cell;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Csv,
    Tsv,
    Jsonl,
}

impl Format {
    /// By the file's extension; CSV for standard output.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        if path == Path::new("-") {
            return Some(Self::Csv);
        }
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "tsv" | "tab" => Some(Self::Tsv),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            _ => None,
        }
    }
}

/// Writes heads once, then rows.
pub(crate) trait RowWriter {
    fn heads(&mut self, heads: &[String], out: &mut dyn Write) -> io::Result<()>;
    fn row(&mut self, cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()>;
}

/// The writer of a format.
pub(crate) fn writer(format: Format) -> Box<dyn RowWriter> {
    match format {
        Format::Csv => Box::new(Delimited { delimiter: b',' }),
        Format::Tsv => Box::new(Delimited { delimiter: b'\t' }),
        Format::Jsonl => Box::new(Lines { heads: Vec::new() }),
    }
}

/// RFC 4180 with bare newlines.
struct Delimited {
    delimiter: u8,
}

impl Delimited {
    fn text(&self, text: &str, is_only: bool, out: &mut dyn Write) -> io::Result<()> {
        let must_quote = |byte: u8| byte == self.delimiter || matches!(byte, b'"' | b'\n' | b'\r');
        // An only cell that is empty would be an empty line; blanks at the ends are lost by some readers.
        let is_bare =
            !text.bytes().any(must_quote) && text.trim() == text && !(is_only && text.is_empty());
        if is_bare {
            return out.write_all(text.as_bytes());
        }
        out.write_all(b"\"")?;
        out.write_all(text.replace('"', "\"\"").as_bytes())?;
        out.write_all(b"\"")
    }
}

impl RowWriter for Delimited {
    fn heads(&mut self, heads: &[String], out: &mut dyn Write) -> io::Result<()> {
        let cells: Vec<Cell<'_>> = heads.iter().map(|head| Cell::Text(head)).collect();
        self.row(&cells, out)
    }

    fn row(&mut self, cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                out.write_all(&[self.delimiter])?;
            }
            match cell {
                Cell::Text(text) | Cell::Bare(text) => self.text(text, cells.len() == 1, out)?,
                Cell::Empty => self.text("", cells.len() == 1, out)?,
                Cell::Number(number) => out.write_all(number_text(*number).as_bytes())?,
                Cell::Flag(flag) => out.write_all(if *flag { b"1" } else { b"0" })?,
            }
        }
        out.write_all(b"\n")
    }
}

/// The shortest text that reads back as the same number.
fn number_text(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-5..1e16).contains(&size) {
        format!("{number:e}")
    } else {
        format!("{number}")
    }
}

/// One object per row, its keys in the order of the columns.
struct Lines {
    /// As JSON strings.
    heads: Vec<String>,
}

impl RowWriter for Lines {
    fn heads(&mut self, heads: &[String], _: &mut dyn Write) -> io::Result<()> {
        self.heads = heads
            .iter()
            .map(|head| Value::from(head.as_str()).to_string())
            .collect();
        Ok(())
    }

    fn row(&mut self, cells: &[Cell<'_>], out: &mut dyn Write) -> io::Result<()> {
        for (index, (head, cell)) in self.heads.iter().zip(cells).enumerate() {
            write!(out, "{}{head}:", if index == 0 { '{' } else { ',' })?;
            let value = match cell {
                // As it was written: a number keeps all its digits.
                Cell::Bare(json) if !json.is_empty() => {
                    out.write_all(json.as_bytes())?;
                    continue;
                }
                Cell::Bare(_) | Cell::Empty => Value::Null,
                Cell::Text(text) => Value::from(*text),
                Cell::Number(number) => Value::from(*number),
                Cell::Flag(flag) => Value::from(*flag),
            };
            write!(out, "{value}")?;
        }
        out.write_all(if cells.is_empty() { b"{}\n" } else { b"}\n" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format) -> String {
        let mut out = Vec::new();
        let mut writer = writer(format);
        writer
            .heads(
                &["id".to_owned(), "a:b".to_owned(), "flag".to_owned()],
                &mut out,
            )
            .unwrap();
        writer
            .row(
                &[Cell::Text("x,\"y\"\n"), Cell::Number(0.1), Cell::Flag(true)],
                &mut out,
            )
            .unwrap();
        writer
            .row(
                &[Cell::Text(" z\t"), Cell::Number(1e-9), Cell::Flag(false)],
                &mut out,
            )
            .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_a_reader_would_stumble() {
        assert_eq!(
            written(Format::Csv),
            "id,a:b,flag\n\"x,\"\"y\"\"\n\",0.1,1\n\" z\t\",1e-9,0\n"
        );
        assert_eq!(
            written(Format::Tsv),
            "id\ta:b\tflag\n\"x,\"\"y\"\"\n\"\t0.1\t1\n\" z\t\"\t1e-9\t0\n"
        );
        assert_eq!(
            written(Format::Jsonl),
            "{\"id\":\"x,\\\"y\\\"\\n\",\"a:b\":0.1,\"flag\":true}\n{\"id\":\" z\\t\",\"a:b\":1e-9,\"flag\":false}\n"
        );
    }

    #[test]
    fn a_json_value_that_is_no_string_comes_back_as_it_was() {
        let cells = [
            Cell::Bare("12345678901234567890"),
            Cell::Bare("[1,\"b\"]"),
            Cell::Bare(""),
            Cell::Text("7"),
            Cell::Empty,
        ];
        let row = |format: Format| {
            let mut out = Vec::new();
            let mut writer = writer(format);
            let heads = ["id", "list", "none", "text", "y"].map(str::to_owned);
            writer.heads(&heads, &mut Vec::new()).unwrap();
            writer.row(&cells, &mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            row(Format::Jsonl),
            "{\"id\":12345678901234567890,\"list\":[1,\"b\"],\"none\":null,\"text\":\"7\",\"y\":null}\n"
        );
        assert_eq!(
            row(Format::Csv),
            "12345678901234567890,\"[1,\"\"b\"\"]\",,7,\n"
        );
    }

    #[test]
    fn the_extension_says_the_format() {
        assert_eq!(Format::of(Path::new("a/b.TSV")), Some(Format::Tsv));
        assert_eq!(Format::of(Path::new("-")), Some(Format::Csv));
        assert_eq!(Format::of(Path::new("b.xlsx")), None);
    }
}
