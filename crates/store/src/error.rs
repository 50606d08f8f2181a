//! What can go wrong with files, as fields; `cli` makes text and exit codes of it.

use std::io;
use std::path::{Path, PathBuf};

use crate::select::Skipped;
use crate::shown::{shown, shown_path, shown_sentence};
use crate::{Digest, Status};

/// What went wrong. Every variant names the file (or the name) that it is about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A file of ours whose content cannot be what we wrote. `field` is where: `header.parts[3].offset`, `trailer.length`.
    #[error("{}: {field}: {flaw}", shown_path(path))]
    Corrupt {
        path: PathBuf,
        field: String,
        flaw: Flaw,
    },

    /// Written by a later version of this program.
    #[error(
        "{}: format {found} is newer than {known}, the newest that this build knows",
        shown_path(path)
    )]
    NewerFormat {
        path: PathBuf,
        found: u64,
        known: u64,
    },

    /// Nothing is there. `what` was looked for: `run directory`, `checkpoint`, `run.json`.
    #[error("{}: no {what} here", shown_path(path))]
    Missing { path: PathBuf, what: &'static str },

    /// The run has checkpoints, and each of them was refused.
    #[error("{}: no checkpoint is valid ({} refused)", shown_path(folder), skipped.len())]
    NoneValid {
        folder: PathBuf,
        skipped: Vec<Skipped>,
    },

    /// The preferred checkpoint was refused and the caller forbade to fall back to an older one.
    ///
    /// `why` says what it is to be preferred: a score that cannot be read may be the best.
    #[error("{}: {why}, and falling back was not allowed: {}", shown_path(&skipped.path), skipped.reason)]
    NoFallback {
        skipped: Box<Skipped>,
        why: &'static str,
    },

    /// Another process writes to this run directory.
    #[error("{}: locked by {}", shown_path(path), match pid { Some(pid) => format!("process {pid}"), None => "another process".to_owned() })]
    Locked { path: PathBuf, pid: Option<u32> },

    /// The operating system refused. `operation` is a verb: `open`, `write`, `fsync`, `rename`.
    #[error("{}: cannot {operation}: {source}", shown_path(path))]
    Io {
        path: PathBuf,
        operation: &'static str,
        source: io::Error,
    },

    /// No room for what must be written, found out before (`source` is none) or while writing. In bytes.
    #[error("{}: no room to {operation}: {needed} bytes needed, {} free{}", shown_path(path),
        free.map_or_else(|| "an unknown number".to_owned(), |free| free.to_string()),
        source.as_ref().map_or_else(String::new, |source| format!(" ({source})")))]
    DiskFull {
        path: PathBuf,
        operation: &'static str,
        needed: u64,
        free: Option<u64>,
        source: Option<io::Error>,
    },

    /// A name that cannot be a file name everywhere. `what` it would have named: `run`.
    #[error("{what} name \"{}\": {flaw}", shown(name))]
    Name {
        what: &'static str,
        name: String,
        flaw: NameFlaw,
    },

    /// A new run was asked for where there is already something.
    #[error(
        "{}: not empty (it holds \"{}\"); a run directory is never reused",
        shown_path(path),
        shown(found)
    )]
    NotEmpty { path: PathBuf, found: String },

    /// A symbolic link where we write: not followed.
    #[error("{}: a symbolic link is not followed for writing", shown_path(path))]
    Symlink { path: PathBuf },

    /// What the caller asked to save cannot be a valid checkpoint. `field` as in [`StoreError::Corrupt`].
    #[error("{}: cannot be saved: {field}: {flaw}", shown_path(path))]
    Unsavable {
        path: PathBuf,
        field: String,
        flaw: Flaw,
    },

    /// A run cannot go from one status to the other.
    #[error("{}: a run that is {from} cannot become {to}", shown_path(path))]
    Transition {
        path: PathBuf,
        from: Status,
        to: Status,
    },
}

/// What kind of failure it is, which decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The bytes are not what we wrote: exit 6.
    Corrupt,
    /// Sound, but not for this version: exit 6.
    Incompatible,
    /// Nothing there: 6 if it is a checkpoint or a run that was asked for.
    Missing,
    /// Another process holds the run directory: exit 9.
    Locked,
    /// Disk full, permission, fsync: exit 10.
    Io,
    /// The request itself is not acceptable: exit 2.
    Refused,
}

impl StoreError {
    /// The kind of failure.
    ///
    /// ```
    /// use polytask_store::{Class, read};
    /// let error = read(std::path::Path::new("no/such/step-00000001.ckpt")).unwrap_err();
    /// assert_eq!(error.class(), Class::Missing);
    /// ```
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Corrupt { .. } | Self::NoneValid { .. } => Class::Corrupt,
            Self::NoFallback { skipped, .. } => match skipped.reason.class() {
                Class::Incompatible => Class::Incompatible,
                _ => Class::Corrupt,
            },
            Self::NewerFormat { .. } => Class::Incompatible,
            Self::Missing { .. } => Class::Missing,
            Self::Locked { .. } => Class::Locked,
            Self::Io { .. } | Self::DiskFull { .. } => Class::Io,
            Self::Name { .. }
            | Self::NotEmpty { .. }
            | Self::Symlink { .. }
            | Self::Unsavable { .. }
            | Self::Transition { .. } => Class::Refused,
        }
    }

    /// The last component of a path that the user gave for a file of ours.
    pub(crate) fn file_name(path: &Path) -> Result<&str, Self> {
        let name = path.file_name().and_then(|name| name.to_str());
        name.ok_or_else(|| Self::Name {
            what: "file",
            name: path.to_string_lossy().into_owned(),
            flaw: NameFlaw::NotText,
        })
    }

    pub(crate) fn io(path: &Path, operation: &'static str, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            operation,
            source,
        }
    }

    /// A file that is not what it should be, at the field that says so.
    #[must_use]
    pub fn corrupt(path: &Path, field: impl Into<String>, flaw: Flaw) -> Self {
        Self::Corrupt {
            path: path.to_owned(),
            field: field.into(),
            flaw,
        }
    }
}

/// What is wrong with a field of a file.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Flaw {
    #[error("its name says step {said}, it holds step {step}: it is another file under this name")]
    OtherStep {
        /// In the name.
        said: u64,
        /// In the header.
        step: u64,
    },
    #[error("it is a checkpoint of run {said}, and lies in run {run}")]
    OtherRun {
        /// In the header.
        said: String,
        /// In the record of the run that it lies in.
        run: String,
    },
    #[error("not a Polytask checkpoint (the first bytes differ)")]
    NotOurs,
    #[error("not a regular file")]
    NotAFile,
    #[error("empty")]
    Empty,
    #[error("{found} bytes, {stated} expected")]
    Length { stated: u64, found: u64 },
    #[error("{value} is beyond the limit of {limit}")]
    Limit { value: u64, limit: u64 },
    #[error("{found}, {stated} expected")]
    Number { stated: u64, found: u64 },
    #[error("BLAKE3 is {found}, {stated} was recorded")]
    Checksum {
        stated: Box<Digest>,
        found: Box<Digest>,
    },
    #[error("holds a byte that is not zero")]
    NotZero,
    /// What the parser says, escaped.
    #[error("cannot be read: {0}")]
    Json(String),
    #[error("is not written the way we write it")]
    NotCanonical,
    #[error("appears twice")]
    Duplicate,
    #[error("empty, or not plain text")]
    Text,
    #[error("missing")]
    Absent,
    #[error("changed while it was read")]
    Changed,
}

impl Flaw {
    pub(crate) fn checksum(stated: Digest, found: Digest) -> Self {
        Self::Checksum {
            stated: Box::new(stated),
            found: Box::new(found),
        }
    }

    /// A parser's message may quote what it read, which is somebody else's text.
    pub(crate) fn json(error: &serde_json::Error) -> Self {
        Self::Json(shown_sentence(&error.to_string()))
    }
}

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFlaw {
    #[error("empty")]
    Empty,
    #[error("longer than {limit} bytes")]
    TooLong { limit: usize },
    #[error("\"{character}\" is not allowed; letters, digits, \"_\", \"-\" and \".\" are", character = character.escape_debug())]
    Character { character: char },
    #[error("starts or ends with a dot or starts with \"-\"")]
    Edge,
    #[error("reserved")]
    Reserved,
    #[error("not UTF-8, or no file name at all")]
    NotText,
}
