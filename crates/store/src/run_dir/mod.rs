//! The run directory: the only place that knows which file is where.
//!
//! ```text
//! runs/NAME/latest                            text pointer to the newest run of this name
//! runs/NAME/2026-11-23T16-38-00Z-a1b2/
//!     run.json                                who it is and how it stands, see RunRecord
//!     config.toml, config.resolved.toml       what the user wrote; the same with every default
//!     data.json                               fingerprint, rows, columns, label counts
//!     metrics.jsonl, log.jsonl                journals
//!     checkpoints/step-00012000.ckpt          one file, one commit point
//!     checkpoints/index.json                  a cache
//!     report.html, lock
//! ```

mod create;
mod locate;
mod record;
mod shelf;
mod sweep;
mod writer;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use locate::{Located, latest, locate};
pub use record::{RunRecord, Status};
pub use writer::{Published, Writer};

use crate::folder::Folder;
use crate::index::Listed;
use crate::select::{Fallback, Pick, Selected, Wanted};
use crate::{Flaw, StoreError, index, select};

pub(crate) const CHECKPOINTS: &str = "checkpoints";
pub(crate) const RECORD: &str = "run.json";

/// Longest small file that is read back, in bytes.
const LONGEST_TEXT: u64 = 64 << 20;

/// A run on disk, for reading. To change it, take its [`RunDir::lock`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDir {
    path: PathBuf,
}

/// A text in the run directory that is written as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// `config.toml`: the user's text unchanged.
    Config,
    /// `config.resolved.toml`: every default filled in.
    ResolvedConfig,
    /// `data.json`.
    Data,
    /// `report.html`.
    Report,
}

/// A journal in the run directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Log {
    /// `metrics.jsonl`.
    Metrics,
    /// `log.jsonl`.
    Events,
}

impl Text {
    /// The file's name.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Config => "config.toml",
            Self::ResolvedConfig => "config.resolved.toml",
            Self::Data => "data.json",
            Self::Report => "report.html",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Config | Self::ResolvedConfig => "config",
            Self::Data => "data",
            Self::Report => "report",
        }
    }
}

impl Log {
    /// The file's name.
    #[must_use]
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Metrics => "metrics.jsonl",
            Self::Events => "log.jsonl",
        }
    }
}

impl RunDir {
    /// The run at `path`.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no run.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if locate::is_run(path) {
            return Ok(Self {
                path: path.to_owned(),
            });
        }
        Err(StoreError::Missing {
            path: path.to_owned(),
            what: "run directory",
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What `run.json` says.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Corrupt`], [`StoreError::NewerFormat`], [`StoreError::Io`].
    pub fn record(&self) -> Result<RunRecord, StoreError> {
        let path = self.path.join(RECORD);
        RunRecord::parse(&path, &read_text(&path, RECORD)?)
    }

    /// One of the texts.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Corrupt`] if it is not UTF-8, [`StoreError::Io`].
    pub fn text(&self, text: Text) -> Result<String, StoreError> {
        read_text(&self.path.join(text.file_name()), text.file_name())
    }

    /// Every entry of a journal so far, see [`crate::read_journal`].
    ///
    /// # Errors
    /// As [`crate::read_journal`].
    pub fn log(&self, log: Log) -> Result<Vec<serde_json::Value>, StoreError> {
        crate::read_journal(&self.path.join(log.file_name()))
    }

    /// The folder of checkpoints.
    #[must_use]
    pub fn checkpoints_path(&self) -> PathBuf {
        self.path.join(CHECKPOINTS)
    }

    /// Every file with a checkpoint's name, by step, with its verified header or why it has none.
    ///
    /// # Errors
    /// [`StoreError::Io`] if the folder cannot be listed.
    pub fn checkpoints(&self) -> Result<Vec<Listed>, StoreError> {
        index::list(&self.checkpoints_folder()?)
    }

    /// Reads the wanted checkpoint, or the next one that is valid.
    ///
    /// ```
    /// use polytask_store::{Checkpoint, Fallback, Pick, Retention, RunDir, StoreError};
    /// # let runs = tempfile::tempdir().unwrap();
    /// let run = RunDir::create(runs.path(), "student", std::time::SystemTime::now()).unwrap();
    /// let keep = Retention { keep_last: 3, keep_best: 0 };
    /// for step in [1, 2, 3] {
    ///     run.publish(&Checkpoint::at_step(step), &keep).unwrap();
    /// }
    /// std::fs::write(run.checkpoints_path().join("step-00000003.ckpt"), "torn").unwrap();
    ///
    /// let chosen = run.select(Pick::Last, Fallback::Allowed).unwrap();
    /// assert_eq!((chosen.step, chosen.skipped.len()), (2, 1));
    /// assert!(matches!(run.select(Pick::Last, Fallback::Refused), Err(StoreError::NoFallback { .. })));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is none at all, [`StoreError::NoneValid`] listing all that were refused,
    /// [`StoreError::NoFallback`].
    pub fn select(&self, pick: Pick, fallback: Fallback) -> Result<Selected, StoreError> {
        let id = self.record().ok().map(|record| record.id);
        let wanted = Wanted {
            pick,
            fallback,
            run: id.as_deref(),
        };
        select::select(&self.checkpoints_folder()?, wanted)
    }

    /// Refuses a checkpoint with these texts that another run wrote, as one is that was copied into this one. Where one of
    /// the two does not say who it is, nothing is refused.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn owns(&self, path: &Path, meta: &BTreeMap<String, String>) -> Result<(), StoreError> {
        let id = self.record().ok().map(|record| record.id);
        select::of_run(path, meta, id.as_deref())
    }

    fn checkpoints_folder(&self) -> Result<Folder, StoreError> {
        let path = self.checkpoints_path();
        if path.is_dir() {
            Folder::open(&path)
        } else {
            Err(StoreError::Missing {
                path,
                what: "checkpoint",
            })
        }
    }
}

fn read_text(path: &Path, what: &'static str) -> Result<String, StoreError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => StoreError::Missing {
            path: path.to_owned(),
            what,
        },
        _ => StoreError::io(path, "open", error),
    };
    // Asked before opening: opening a pipe would wait for its other end.
    if !path.metadata().map_err(failed)?.is_file() {
        return Err(StoreError::corrupt(path, "file", Flaw::NotAFile));
    }
    read_text_from(File::open(path).map_err(failed)?, path)
}

fn read_text_from(file: File, path: &Path) -> Result<String, StoreError> {
    let mut text = String::new();
    let read = file.take(LONGEST_TEXT + 1).read_to_string(&mut text);
    let read = read.map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => StoreError::corrupt(path, "text", Flaw::Text),
        _ => StoreError::io(path, "read", error),
    })?;
    let (value, limit) = (read as u64, LONGEST_TEXT);
    if value > limit {
        return Err(StoreError::corrupt(
            path,
            "file",
            Flaw::Limit { value, limit },
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
