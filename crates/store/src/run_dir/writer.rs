//! A run directory whose lock is held: the only thing that can change one.

use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use super::shelf::Shelved;
use super::sweep::{is_checkpoint_file, sweep};
use super::{CHECKPOINTS, Log, RECORD, RunDir, RunRecord, Text, read_text_from};
use crate::checkpoint::{verify_in, write_in};
use crate::folder::Folder;
use crate::lock::{LOCK, Lock};
use crate::name::{LATEST, checkpoint_name};
use crate::publish::Publication;
use crate::retention::{Retention, retain};
use crate::select::Skipped;
use crate::{Checkpoint, Flaw, Journal, Repair, StoreError, Written, index};

/// Holds the lock until it is dropped or the process ends.
#[derive(Debug)]
pub struct Writer {
    run: RunDir,
    folder: Folder,
    checkpoints: Folder,
    /// Where `latest` is to point, and to what, once there is a record.
    pointer: Option<(Folder, String)>,
    swept: Vec<PathBuf>,
    /// The id of a new run that is not its folder's name.
    id: Option<String>,
    /// The folders that were made for it, if it is a new run.
    made: Option<Vec<PathBuf>>,
    _lock: Lock,
}

/// A checkpoint that is on disk for good.
#[derive(Debug)]
pub struct Published {
    /// Its file.
    pub path: PathBuf,
    /// Its step.
    pub step: u64,
    /// Its size and identity.
    pub written: Written,
    /// Older checkpoints that were deleted.
    pub deleted: Vec<PathBuf>,
    /// Older checkpoints that turned out invalid: kept, not counted, one warning each.
    pub invalid: Vec<Skipped>,
}

impl RunDir {
    /// Takes the lock, and sweeps scratch files that a killed process left.
    ///
    /// # Errors
    /// [`StoreError::Locked`] with the holder's pid, [`StoreError::Symlink`], [`StoreError::Io`].
    pub fn lock(&self) -> Result<Writer, StoreError> {
        let folder = Folder::open_own(self.path())?;
        let lock = Lock::take(&folder)?;
        Writer::begin(folder, lock, None)
    }
}

impl Deref for Writer {
    type Target = RunDir;

    fn deref(&self) -> &RunDir {
        &self.run
    }
}

impl Writer {
    pub(super) fn begin(
        folder: Folder,
        lock: Lock,
        pointer: Option<(Folder, String)>,
    ) -> Result<Self, StoreError> {
        let checkpoints = folder.subfolder(CHECKPOINTS)?;
        let mut swept = sweep(&folder, |target| !is_checkpoint_file(target))?;
        swept.extend(sweep(&checkpoints, is_checkpoint_file)?);
        let run = RunDir {
            path: folder.path().to_owned(),
        };
        Ok(Self {
            run,
            folder,
            checkpoints,
            pointer,
            swept,
            id: None,
            made: None,
            _lock: lock,
        })
    }

    /// The run's id: what its record says; of a new run what was made for it; and the name of the directory if the record is
    /// lost.
    #[must_use]
    pub fn id(&self) -> String {
        if let Ok(record) = self.record_before() {
            return record.id;
        }
        if let Some(id) = &self.id {
            return id.clone();
        }
        let named = |path: &Path| {
            path.file_name()
                .map(|name| name.to_string_lossy().into_owned())
        };
        named(self.path())
            .or_else(|| named(&self.path().canonicalize().ok()?))
            .unwrap_or_default()
    }

    /// Scratch files of a killed process that were deleted when the lock was taken.
    #[must_use]
    pub fn swept(&self) -> &[PathBuf] {
        &self.swept
    }

    /// Rewrites `run.json` atomically; the first time in a new run, `latest` then points to it.
    ///
    /// # Errors
    /// [`StoreError::Transition`] if the run cannot come to stand like this, [`StoreError::DiskFull`], [`StoreError::Io`].
    pub fn write_record(&mut self, record: &RunRecord) -> Result<(), StoreError> {
        match self.record_before() {
            Err(newer @ StoreError::NewerFormat { .. }) => return Err(newer),
            Ok(before) if !before.status.may_become(record.status) => {
                let path = self.folder.join(RECORD);
                return Err(StoreError::Transition {
                    path,
                    from: before.status,
                    to: record.status,
                });
            }
            // A record that is missing or spoilt is replaced: the checkpoints are what counts.
            _ => {}
        }
        self.publish_bytes(RECORD, "run", &record.encode(&self.folder.join(RECORD))?)?;
        if let Some((runs, id)) = self.pointer.take() {
            let text = format!("{id}\n");
            let publication = Publication {
                folder: &runs,
                name: LATEST,
                label: "latest",
                bytes: text.len() as u64,
            };
            publication.publish_bytes(text.as_bytes())?;
        }
        Ok(())
    }

    /// Writes one of the texts, atomically.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], [`StoreError::Io`].
    pub fn write_text(&self, text: Text, content: &str) -> Result<(), StoreError> {
        self.publish_bytes(text.file_name(), text.label(), content.as_bytes())
    }

    /// Opens a journal for appending; a torn last line is cut off.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn journal(&self, log: Log) -> Result<(Journal, Repair), StoreError> {
        Journal::open_in(self.folder.try_clone()?, log.file_name())
    }

    /// Saves `checkpoint` as `checkpoints/step-….ckpt` after the step in its meta, replacing one of the same step, and
    /// then forgets what `retention` lets go.
    ///
    /// When this returns an error, every checkpoint that was complete before is still there; the new one may be there too.
    ///
    /// # Errors
    /// [`StoreError::Unsavable`] if it has no step, [`StoreError::DiskFull`], [`StoreError::Io`].
    pub fn publish(
        &self,
        checkpoint: &Checkpoint,
        retention: &Retention,
    ) -> Result<Published, StoreError> {
        let Some(step) = checkpoint.step() else {
            let path = self.checkpoints.path().to_owned();
            return Err(StoreError::Unsavable {
                path,
                field: "meta.step".to_owned(),
                flaw: Flaw::Absent,
            });
        };
        let name = checkpoint_name(step);
        self.set_aside(&name)?;
        let written = write_in(&self.checkpoints, &name, checkpoint)?;
        let retained = retain(&mut Shelved(&self.checkpoints), retention, &name)?;
        index::rebuild(&self.checkpoints)?;
        Ok(Published {
            path: self.checkpoints.join(&name),
            step,
            written,
            deleted: retained
                .deleted
                .iter()
                .map(|name| self.checkpoints.join(name))
                .collect(),
            invalid: retained
                .invalid
                .into_iter()
                .map(|Skipped { path, reason }| Skipped {
                    path: self.checkpoints.path().join(path),
                    reason,
                })
                .collect(),
        })
    }

    /// What stands under the name of a checkpoint that is about to be saved and is not a valid one: a spoilt file, a
    /// folder. It is renamed to `….refused-0`, not deleted: somebody may want to look at it.
    fn set_aside(&self, name: &str) -> Result<(), StoreError> {
        if !self.checkpoints.is_there(name) {
            return Ok(());
        }
        match verify_in(&self.checkpoints, name) {
            Ok(_) => return Ok(()),
            // The disk failed to show it, which does not make it bad; it may be the last good one.
            Err(StoreError::Io {
                path,
                operation,
                source,
            }) if source.kind() != io::ErrorKind::PermissionDenied => {
                return Err(StoreError::Io {
                    path,
                    operation,
                    source,
                });
            }
            Err(_) => {}
        }
        let free = (0u32..)
            .map(|number| format!("{name}.refused-{number}"))
            .find(|aside| !self.checkpoints.is_there(aside));
        let Some(aside) = free else { return Ok(()) };
        self.checkpoints
            .rename(name, &aside)
            .map_err(|error| StoreError::io(&self.checkpoints.join(name), "set aside", error))
    }

    /// Writes `checkpoints/index.json` anew from the files that are there.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], [`StoreError::Io`].
    pub fn rebuild_index(&self) -> Result<(), StoreError> {
        index::rebuild(&self.checkpoints)
    }

    /// A new run of this id.
    pub(super) fn called(mut self, id: String) -> Self {
        self.id = Some(id);
        self
    }

    /// Remembers that this run is new, and which folders were made for it, outer ones first.
    pub(super) fn made(mut self, folders: Vec<PathBuf>) -> Self {
        self.made = Some(folders);
        self
    }

    /// Takes back a new run that came to nothing before it had a record: its texts, its folder, and the folders that were
    /// made for it. A run that was there before, and whatever else somebody put there, stays.
    pub fn abandon(self) {
        let Self { folder, made, .. } = &self;
        let Some(made) = made else { return };
        for text in [Text::Config, Text::ResolvedConfig, Text::Data] {
            drop(folder.remove(text.file_name()));
        }
        drop(folder.remove_folder(CHECKPOINTS));
        // Still locked: whoever waits for the lock finds that it is on nothing.
        drop(folder.remove(LOCK));
        let is_removed = |path: &&PathBuf| std::fs::remove_dir(path).is_ok();
        made.iter().rev().take_while(is_removed).for_each(drop);
    }

    /// The record in the folder that is held, whatever its path has come to mean.
    fn record_before(&self) -> Result<RunRecord, StoreError> {
        let path = self.folder.join(RECORD);
        let file = self.folder.open_file(RECORD);
        let file = file.map_err(|error| StoreError::io(&path, "open", error))?;
        RunRecord::parse(&path, &read_text_from(file, &path)?)
    }

    fn publish_bytes(
        &self,
        name: &str,
        label: &'static str,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        Publication {
            folder: &self.folder,
            name,
            label,
            bytes: bytes.len() as u64,
        }
        .publish_bytes(bytes)
    }
}
