//! Opening files: regular ones only, decompressed by content, never more than the limit.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::error::DataError;
use crate::limits::Limits;

/// Bytes read at a time: large enough that a system call costs nothing beside parsing.
const BUFFER: usize = 256 << 10;
/// How a gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Bytes that deflate makes of one at most.
pub(crate) const DEFLATE_MOST: u64 = 1032;

/// A file, and the configuration key that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRef {
    /// Where it is.
    pub path: PathBuf,
    /// The key that says so: `data.source`.
    pub key: Option<String>,
}

impl FileRef {
    /// A file that no configuration names.
    ///
    /// ```
    /// let file = polytask_data::FileRef::new("new.csv");
    /// assert!(file.shown().ends_with("new.csv"));
    /// ```
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            key: None,
        }
    }

    /// What messages call it.
    ///
    /// ```
    /// assert_eq!(polytask_data::FileRef::new("-").shown(), "standard input");
    /// ```
    #[must_use]
    pub fn shown(&self) -> String {
        if self.is_standard_input() {
            return "standard input".to_owned();
        }
        self.path.display().to_string()
    }

    /// There is nothing in it.
    pub(crate) fn empty(&self) -> DataError {
        let problem = match self.is_standard_input() {
            true => "nothing came",
            false => "the file is empty",
        };
        self.malformed(None, problem)
    }

    /// Whether this is standard input.
    #[must_use]
    pub fn is_standard_input(&self) -> bool {
        self.path == Path::new("-")
    }

    /// The bytes, decompressed if they begin as gzip does.
    pub(crate) fn open(&self, limits: &Limits) -> Result<Bytes, DataError> {
        if self.is_standard_input() {
            return self.decompressed(Box::new(io::stdin()), limits);
        }
        self.decompressed(Box::new(self.regular()?), limits)
    }

    /// The file itself.
    pub(crate) fn regular(&self) -> Result<std::fs::File, DataError> {
        // Asked before opening: opening a pipe without a writer would wait for ever.
        let metadata = std::fs::metadata(&self.path).map_err(|error| self.failed(&error))?;
        if !metadata.is_file() {
            let kind = if metadata.is_dir() {
                "it is a folder"
            } else {
                "it is not a regular file"
            };
            return Err(self.unopened(kind.to_owned()));
        }
        std::fs::File::open(&self.path).map_err(|error| self.failed(&error))
    }

    /// About how many bytes it holds, decompressed: of a gzip file what its last four bytes say, which is less than the
    /// truth if it has several members or 4 GiB, and is not believed beyond what deflate can do. None of no regular file.
    pub(crate) fn expected_size(&self) -> Option<u64> {
        let mut file = (!self.is_standard_input()).then(|| self.regular().ok())??;
        let size = file.metadata().ok()?.len();
        let mut bytes = [0; 2];
        file.read_exact(&mut bytes).ok()?;
        if bytes != GZIP {
            return Some(size);
        }
        let mut last = [0; 4];
        file.seek(SeekFrom::End(-4)).ok()?;
        file.read_exact(&mut last).ok()?;
        Some(u64::from(u32::from_le_bytes(last)).min(size.saturating_mul(DEFLATE_MOST)))
    }

    fn decompressed(&self, raw: Box<dyn Read + Send>, limits: &Limits) -> Result<Bytes, DataError> {
        let mut raw = BufReader::with_capacity(BUFFER, raw);
        let start = raw
            .fill_buf()
            .map_err(|error| self.unreadable(None, &error))?;
        let inner: Box<dyn Read + Send> = if start.starts_with(&GZIP) {
            Box::new(MultiGzDecoder::new(raw))
        } else {
            Box::new(raw)
        };
        Ok(BufReader::with_capacity(
            BUFFER,
            Limited {
                inner,
                left: limits.total_bytes as u64,
                limit: limits.total_bytes as u64,
            },
        ))
    }

    fn failed(&self, error: &io::Error) -> DataError {
        self.unopened(match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        })
    }

    /// An error about opening this file; it names the full path that was tried.
    pub(crate) fn unopened(&self, reason: String) -> DataError {
        let tried = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        DataError::Open {
            file: tried.display().to_string(),
            key: self.key.clone(),
            reason,
        }
    }

    /// An error about reading it.
    pub(crate) fn unreadable(&self, line: Option<u64>, error: &io::Error) -> DataError {
        unreadable(&self.shown(), line, error)
    }

    /// An error about its format.
    pub(crate) fn malformed(&self, line: Option<u64>, problem: impl Into<String>) -> DataError {
        DataError::Format {
            file: self.shown(),
            line,
            problem: problem.into(),
            help: None,
        }
    }

    /// An error about its size.
    pub(crate) fn too_large(
        &self,
        line: Option<u64>,
        what: impl Into<String>,
        (found, limit, option): (u64, usize, &'static str),
    ) -> DataError {
        DataError::Limit {
            file: self.shown(),
            line,
            what: what.into(),
            found,
            limit: limit as u64,
            option,
        }
    }
}

/// The bytes of a source.
pub(crate) type Bytes = BufReader<Limited>;

/// Turns a failed read into an error: too many bytes, a damaged stream, or what the system said.
pub(crate) fn unreadable(file: &str, line: Option<u64>, error: &io::Error) -> DataError {
    match error.get_ref().and_then(|inner| inner.downcast_ref()) {
        Some(&TooLong(limit)) => DataError::Limit {
            file: file.to_owned(),
            line,
            what: "the decompressed size in bytes".to_owned(),
            found: limit + 1,
            limit,
            option: "total_bytes",
        },
        None => DataError::Read {
            file: file.to_owned(),
            line,
            reason: error.to_string(),
        },
    }
}

/// A reader that gives up after so many bytes.
pub(crate) struct Limited {
    inner: Box<dyn Read + Send>,
    left: u64,
    limit: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("more than {0} bytes")]
struct TooLong(u64);

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = match self.left.checked_sub(count as u64) {
            Some(left) => left,
            None => return Err(io::Error::other(TooLong(self.limit))),
        };
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_file_is_named_in_full_with_its_key() {
        let file = FileRef {
            path: "no/such/file.csv".into(),
            key: Some("data.source".into()),
        };
        let error = file.open(&Limits::default()).err().unwrap();
        assert_eq!(error.key(), Some("data.source"));
        let full = std::env::current_dir().unwrap().join("no/such/file.csv");
        assert!(
            error.to_string().contains(full.to_str().unwrap()),
            "{error}"
        );
    }

    #[test]
    #[cfg(unix)]
    fn a_device_is_not_a_data_file() {
        for path in ["/dev/zero", "/"] {
            let error = FileRef::new(path).open(&Limits::default()).err().unwrap();
            assert!(matches!(error, DataError::Open { .. }), "{error}");
        }
    }
}
