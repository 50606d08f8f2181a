//! Splits delimited text into records: RFC 4180, strictly.
//!
//! Stock parsers let stray quotes, NUL bytes, bare carriage returns and fields of any size through; here each is an
//! error with its line. A quote opens a field only at the field's beginning, is doubled inside, and must be closed;
//! blank lines are skipped; lines end in LF or CRLF.

use std::io::BufRead;

use memchr::{memchr, memchr_iter};
use serde::{Deserialize, Serialize};

use super::lines::Lines;
use crate::error::DataError;
use crate::limits::Limits;

/// How fields are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    /// `None`: quotes are ordinary characters.
    pub(crate) quote: Option<u8>,
    /// White space around a field is no part of it.
    pub(crate) trim: bool,
}

/// One record: its fields and the line at which it begins.
#[derive(Default)]
pub(crate) struct Record {
    bytes: Vec<u8>,
    bounds: Vec<(usize, usize)>,
    pub(crate) line: u64,
}

impl Record {
    pub(crate) fn fields(&self) -> impl Iterator<Item = &[u8]> {
        self.bounds
            .iter()
            .map(|&(start, end)| self.bytes.get(start..end).unwrap_or_default())
    }

    pub(crate) fn len(&self) -> usize {
        self.bounds.len()
    }

    /// About how many bytes of the file it takes: its text without quotes, and the end of the line.
    pub(crate) fn size(&self) -> usize {
        self.bytes.len() + 1
    }
}

/// Reads records one after the other.
pub(crate) struct Records<R> {
    lines: Lines<R>,
    dialect: Dialect,
    raw: Vec<u8>,
}

impl<R: BufRead> Records<R> {
    pub(crate) fn new(input: R, file: String, dialect: Dialect, limits: Limits) -> Self {
        Self {
            lines: Lines::new(input, file, limits),
            dialect,
            raw: Vec::new(),
        }
    }

    /// The next record; `false` at the end.
    pub(crate) fn read(&mut self, record: &mut Record) -> Result<bool, DataError> {
        loop {
            self.raw.clear();
            if !self.lines.append(&mut self.raw)? {
                return Ok(false);
            }
            if !self.is_blank() {
                break;
            }
        }
        record.line = self.lines.line;
        record.bounds.clear();
        record.bytes.clear();
        let is_quoted = self
            .dialect
            .quote
            .is_some_and(|quote| memchr(quote, &self.raw).is_some());
        if is_quoted {
            self.split_quoted(record)?;
        } else {
            self.split_plain(record)?;
        }
        self.check_sizes(record)?;
        Ok(true)
    }

    fn is_blank(&self) -> bool {
        matches!(self.raw.as_slice(), b"" | b"\n" | b"\r\n")
    }

    /// Without quotes: the line is cut at each delimiter.
    fn split_plain(&mut self, record: &mut Record) -> Result<(), DataError> {
        let end = line_end(&self.raw);
        self.raw.truncate(end);
        if memchr(b'\r', &self.raw).is_some() {
            return Err(self.bare_return());
        }
        std::mem::swap(&mut record.bytes, &mut self.raw);
        let mut start = 0;
        for end in memchr_iter(self.dialect.delimiter, &record.bytes) {
            record.bounds.push((start, end));
            start = end + 1;
        }
        record.bounds.push((start, record.bytes.len()));
        if self.dialect.trim {
            for bounds in &mut record.bounds {
                *bounds = trimmed(&record.bytes, *bounds);
            }
        }
        Ok(())
    }

    /// With quotes: byte by byte, over as many lines as the quotes span.
    fn split_quoted(&mut self, record: &mut Record) -> Result<(), DataError> {
        let mut at = 0;
        loop {
            if self.dialect.trim {
                at = self.skip_blanks(at);
            }
            let is_quoted = self.raw.get(at).copied() == self.dialect.quote;
            at = if is_quoted {
                self.quoted_field(at + 1, record)?
            } else {
                self.plain_field(at, record)?
            };
            match self.raw.get(at) {
                Some(&byte) if byte == self.dialect.delimiter => at += 1,
                _ => return Ok(()),
            }
        }
    }

    /// The field from `at` on; gives the position of the delimiter or of the line's end.
    fn plain_field(&self, at: usize, record: &mut Record) -> Result<usize, DataError> {
        let rest = self.raw.get(at..line_end(&self.raw)).unwrap_or_default();
        let field = rest
            .split(|&byte| byte == self.dialect.delimiter)
            .next()
            .unwrap_or_default();
        if self
            .dialect
            .quote
            .is_some_and(|quote| memchr(quote, field).is_some())
        {
            return Err(self.stray_quote());
        }
        if memchr(b'\r', field).is_some() {
            return Err(self.bare_return());
        }
        let start = record.bytes.len();
        record.bytes.extend_from_slice(field);
        let bounds = (start, record.bytes.len());
        record.bounds.push(if self.dialect.trim {
            trimmed(&record.bytes, bounds)
        } else {
            bounds
        });
        Ok(at + field.len())
    }

    /// The field after an opening quote.
    fn quoted_field(&mut self, mut at: usize, record: &mut Record) -> Result<usize, DataError> {
        let start = record.bytes.len();
        let quote = self.dialect.quote.unwrap_or(b'"');
        loop {
            let rest = self.raw.get(at..).unwrap_or_default();
            let Some(length) = memchr(quote, rest) else {
                record.bytes.extend_from_slice(rest);
                at = self.raw.len();
                if !self.lines.append(&mut self.raw)? {
                    return Err(self.lines.malformed(
                        record.line,
                        "a quote is opened and never closed",
                        QUOTES,
                    ));
                }
                continue;
            };
            record
                .bytes
                .extend_from_slice(rest.get(..length).unwrap_or_default());
            at += length + 1;
            if self.raw.get(at) != Some(&quote) {
                break;
            }
            record.bytes.push(quote);
            at += 1;
        }
        record.bounds.push((start, record.bytes.len()));
        if self.dialect.trim {
            at = self.skip_blanks(at);
        }
        let is_end = at >= line_end(&self.raw) || self.raw.get(at) == Some(&self.dialect.delimiter);
        if is_end {
            Ok(at)
        } else {
            Err(self.stray_quote())
        }
    }

    fn skip_blanks(&self, at: usize) -> usize {
        let rest = self.raw.get(at..).unwrap_or_default();
        let blanks = rest
            .iter()
            .take_while(|&&byte| matches!(byte, b' ' | b'\t') && byte != self.dialect.delimiter)
            .count();
        at + blanks
    }

    fn check_sizes(&self, record: &Record) -> Result<(), DataError> {
        if record.len() > self.lines.limits.columns {
            return Err(self.too_large(
                "the number of columns",
                record.len(),
                self.lines.limits.columns,
                "columns",
            ));
        }
        let longest = record
            .bounds
            .iter()
            .map(|(start, end)| end - start)
            .max()
            .unwrap_or(0);
        if longest > self.lines.limits.field_bytes {
            return Err(self.too_large(
                "a field's size in bytes",
                longest,
                self.lines.limits.field_bytes,
                "field_bytes",
            ));
        }
        Ok(())
    }

    fn too_large(&self, what: &str, found: usize, limit: usize, option: &'static str) -> DataError {
        DataError::Limit {
            file: self.lines.file.clone(),
            line: Some(self.lines.line),
            what: what.to_owned(),
            found: found as u64,
            limit: limit as u64,
            option,
        }
    }

    fn stray_quote(&self) -> DataError {
        self.lines
            .malformed(self.lines.line, "a quote stands inside a field", QUOTES)
    }

    fn bare_return(&self) -> DataError {
        self.lines.malformed(
            self.lines.line,
            "there is a carriage return that ends no line",
            Some("lines end in LF or CRLF"),
        )
    }
}

const QUOTES: Option<&str> = Some(
    "put the whole field in quotes and double those inside, or switch quoting off with `quote = \"\"` in the source",
);

/// Where the line's text ends and LF or CRLF begins.
fn line_end(raw: &[u8]) -> usize {
    match raw {
        [.., b'\r', b'\n'] => raw.len() - 2,
        [.., b'\n'] => raw.len() - 1,
        // The last line of a CRLF file may lack its LF.
        [.., b'\r'] => raw.len() - 1,
        _ => raw.len(),
    }
}

/// `bounds` without the white space at both ends.
fn trimmed(bytes: &[u8], (start, end): (usize, usize)) -> (usize, usize) {
    let field = bytes.get(start..end).unwrap_or_default();
    let start = end - field.trim_ascii_start().len();
    (start, start + field.trim_ascii().len())
}

#[cfg(test)]
mod tests;
