//! Lines of a text file, never longer than the limit.

use std::io::BufRead;

use memchr::memchr;

use super::file::unreadable;
use crate::error::DataError;
use crate::limits::Limits;

/// Reads lines one after the other and counts them.
pub(crate) struct Lines<R> {
    input: R,
    pub(crate) file: String,
    pub(crate) limits: Limits,
    /// Lines read so far.
    pub(crate) line: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R, file: String, limits: Limits) -> Self {
        Self {
            input,
            file,
            limits,
            line: 0,
        }
    }

    /// Appends the next line with its end to `raw`; `false` at the end of the input. What `raw` holds already counts
    /// towards the limit: a record may span lines.
    pub(crate) fn append(&mut self, raw: &mut Vec<u8>) -> Result<bool, DataError> {
        let before = raw.len();
        loop {
            let available = match self.input.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(&self.file, Some(self.line + 1), &error)),
            };
            let end = memchr(b'\n', available).map(|end| end + 1);
            let taken = available
                .get(..end.unwrap_or(available.len()))
                .unwrap_or_default();
            let count = taken.len();
            if memchr(0, taken).is_some() {
                let is_utf16 = self.line == 0
                    && before == 0
                    && matches!(taken, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]);
                return Err(self.nul_byte(is_utf16));
            }
            raw.extend_from_slice(taken);
            self.input.consume(count);
            if raw.len() > self.limits.record_bytes {
                return Err(DataError::Limit {
                    file: self.file.clone(),
                    line: Some(self.line + 1),
                    what: "a record's size in bytes".to_owned(),
                    found: raw.len() as u64,
                    limit: self.limits.record_bytes as u64,
                    option: "record_bytes",
                });
            }
            if end.is_some() || count == 0 {
                break;
            }
        }
        let is_line = raw.len() > before;
        if is_line && self.line == 0 && raw.starts_with(&[0xEF, 0xBB, 0xBF]) {
            // A byte order mark is no part of the first name.
            raw.drain(..3);
        }
        self.line += u64::from(is_line);
        Ok(is_line)
    }

    fn nul_byte(&self, is_utf16: bool) -> DataError {
        let problem = if is_utf16 {
            "the file is in UTF-16"
        } else {
            "there is a NUL byte"
        };
        self.malformed(
            self.line + 1,
            problem,
            Some("text in UTF-8 is wanted, not UTF-16 or binary data"),
        )
    }

    pub(crate) fn malformed(
        &self,
        line: u64,
        problem: impl Into<String>,
        help: Option<&str>,
    ) -> DataError {
        DataError::Format {
            file: self.file.clone(),
            line: Some(line),
            problem: problem.into(),
            help: help.map(str::to_owned),
        }
    }
}
