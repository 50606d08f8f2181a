//! An append-only log of JSON lines that a crash cannot spoil.
//!
//! A line is one write, so a killed process leaves whole lines and at most one torn one at the end, which is cut off when
//! the journal is opened again. On resume, [`Journal::truncate_after`] drops what came after the step that is resumed from:
//! those steps are done again and must not be told twice.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::folder::Folder;
use crate::publish::Publication;
use crate::space::write_error;
use crate::{Flaw, StoreError, failpoint};

/// Longest line, in bytes; longer ones are not ours.
const LONGEST_LINE: u64 = 16 << 20;
const LABEL: &str = "journal";

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    folder: Folder,
    name: String,
    file: File,
    /// Where the last whole line ends.
    length: u64,
}

/// What had to be dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// Bytes of a torn last line.
    pub torn_bytes: u64,
    /// Whole lines of steps after the one resumed from.
    pub later_lines: u64,
    /// Whole lines that are not JSON objects.
    pub damaged_lines: u64,
}

impl Journal {
    /// Opens or makes the journal at `path` and cuts off a torn last line.
    ///
    /// ```
    /// use polytask_store::{Journal, read_journal};
    /// # let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("metrics.jsonl");
    /// std::fs::write(&path, "{\"step\":1}\n{\"step\":2}\n{\"st").unwrap();       // killed within a write
    ///
    /// let (mut journal, repair) = Journal::open(&path).unwrap();
    /// assert_eq!(repair.torn_bytes, 4);
    /// let repair = journal.truncate_after(1).unwrap();                         // resumed from step 1
    /// assert_eq!(repair.later_lines, 1);
    /// journal.append(&serde_json::json!({"step": 2})).unwrap();
    /// assert_eq!(read_journal(&path).unwrap().len(), 2);
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn open(path: &Path) -> Result<(Self, Repair), StoreError> {
        let name = StoreError::file_name(path)?;
        Self::open_in(Folder::open(path.parent().unwrap_or(Path::new(".")))?, name)
    }

    pub(crate) fn open_in(folder: Folder, name: &str) -> Result<(Self, Repair), StoreError> {
        let path = folder.join(name);
        let io = |operation| {
            let path = path.clone();
            move |error| StoreError::io(&path, operation, error)
        };
        let mut file = folder.open_or_create(name)?;
        let length = end_of_last_line(&mut file).map_err(io("read"))?;
        if length == 0 {
            // Perhaps just made: its name has to be as durable as its lines.
            folder.sync()?;
        }
        let torn_bytes = file
            .seek(SeekFrom::End(0))
            .map_err(io("read"))?
            .saturating_sub(length);
        let mut journal = Self {
            folder,
            name: name.to_owned(),
            file,
            length,
        };
        if torn_bytes > 0 {
            journal.cut()?;
        }
        Ok((
            journal,
            Repair {
                torn_bytes,
                ..Repair::default()
            },
        ))
    }

    /// Appends one line. If that fails half-way, the half is cut off again, so that a later line does not stick to it.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] and [`StoreError::Io`].
    pub fn append(&mut self, entry: &impl Serialize) -> Result<(), StoreError> {
        let mut line = serde_json::to_vec(entry).map_err(|error| StoreError::Unsavable {
            path: self.path(),
            field: "line".to_owned(),
            flaw: Flaw::json(&error),
        })?;
        line.push(b'\n');
        let mut write = || -> io::Result<()> {
            failpoint::at(LABEL, "write", "before")?;
            self.file.seek(SeekFrom::Start(self.length))?;
            self.file.write_all(&line)?;
            failpoint::at(LABEL, "write", "after")
        };
        match write() {
            Ok(()) => {
                self.length += line.len() as u64;
                Ok(())
            }
            Err(error) => {
                // If this fails as well, the next append starts at `length` again and the next open cuts the rest.
                let _ = self.file.set_len(self.length);
                Err(write_error(
                    &self.path(),
                    "append to",
                    line.len() as u64,
                    error,
                ))
            }
        }
    }

    /// Makes all lines durable: call it before the checkpoint that they lead up to is published.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn sync(&mut self) -> Result<(), StoreError> {
        let sync = || {
            failpoint::at(LABEL, "fsync", "before")?;
            self.file.sync_all()?;
            failpoint::at(LABEL, "fsync", "after")
        };
        sync().map_err(|error| StoreError::io(&self.path(), "fsync", error))
    }

    /// Drops every line whose `"step"` is after `step`, and whatever is not a JSON object; lines without a step stay.
    ///
    /// The journal is replaced atomically: a crash leaves the old one or the new one.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`] and [`StoreError::Io`].
    pub fn truncate_after(&mut self, step: u64) -> Result<Repair, StoreError> {
        let mut repair = Repair::default();
        let path = self.path();
        let read_error = |error| StoreError::io(&path, "read", error);
        self.file.rewind().map_err(read_error)?;
        let mut reader = BufReader::new((&mut self.file).take(self.length));
        while let Some(line) = next_line(&mut reader).map_err(read_error)? {
            repair.count(&line, step);
        }
        if repair == Repair::default() {
            return Ok(repair);
        }
        let Self {
            folder,
            name,
            file,
            length,
        } = self;
        file.rewind().map_err(read_error)?;
        let publication = Publication {
            folder,
            name,
            label: LABEL,
            bytes: *length,
        };
        publication.publish(
            |scratch| {
                let mut reader = BufReader::new((&mut *file).take(*length));
                while let Some(line) = next_line(&mut reader)? {
                    if Repair::default().count(&line, step) {
                        scratch.write_all(&line)?;
                    }
                }
                Ok(())
            },
            |_| Ok(()),
        )?;
        // The old file is no longer the one under this name.
        self.file = self.folder.open_or_create(&self.name)?;
        self.length = self
            .file
            .seek(SeekFrom::End(0))
            .map_err(|error| StoreError::io(&path, "read", error))?;
        Ok(repair)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    fn cut(&mut self) -> Result<(), StoreError> {
        self.file
            .set_len(self.length)
            .map_err(|error| StoreError::io(&self.path(), "truncate", error))
    }
}

impl Repair {
    /// True if the line stays; counts why it does not.
    fn count(&mut self, line: &[u8], step: u64) -> bool {
        /// Only what decides: everything else in a line is somebody else's.
        #[derive(Deserialize)]
        struct Step {
            step: Option<u64>,
        }
        match serde_json::from_slice::<Step>(line) {
            Ok(Step { step: Some(found) }) if found > step => {
                self.later_lines += 1;
                false
            }
            Ok(_) => true,
            Err(_) => {
                self.damaged_lines += 1;
                false
            }
        }
    }
}

/// Every entry of the journal at `path`, without a torn last line; needs no lock.
///
/// # Errors
/// [`StoreError::Corrupt`] naming the line that is not JSON, [`StoreError::Missing`], [`StoreError::Io`].
pub fn read_journal(path: &Path) -> Result<Vec<serde_json::Value>, StoreError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::Missing {
            path: path.to_owned(),
            what: "journal",
        },
        _ => StoreError::io(path, "open", error),
    })?;
    let mut reader = BufReader::new(file);
    let mut entries = Vec::new();
    while let Some(line) =
        next_line(&mut reader).map_err(|error| StoreError::io(path, "read", error))?
    {
        let entry = serde_json::from_slice(&line).map_err(|error| {
            StoreError::corrupt(
                path,
                format!("line {}", entries.len() + 1),
                Flaw::json(&error),
            )
        })?;
        entries.push(entry);
    }
    Ok(entries)
}

/// The next whole line with its newline; none at the end or at a line that does not end. A line beyond all measure is
/// passed over and comes as an empty one, which no entry is.
fn next_line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    reader.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    if line.last() == Some(&b'\n') {
        return Ok(Some(line));
    }
    if line.len() as u64 == LONGEST_LINE && reader.skip_until(b'\n')? > 0 {
        return Ok(Some(Vec::new()));
    }
    Ok(None)
}

/// Just after the last newline, found from the end.
fn end_of_last_line(file: &mut File) -> io::Result<u64> {
    const BLOCK: u64 = 64 << 10;
    let mut end = file.seek(SeekFrom::End(0))?;
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        let mut block = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        file.take(end - start).read_to_end(&mut block)?;
        if let Some(newline) = block.iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + newline as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
