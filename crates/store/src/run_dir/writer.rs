//! A run directory whose lock is held: the only thing that can change one.

use std::io;
use std::ops::Deref;
use std::path::PathBuf;

use super::{CHECKPOINTS, Log, RECORD, RunDir, RunRecord, Text};
use crate::checkpoint::{verify_in, write_in};
use crate::folder::Folder;
use crate::index::INDEX;
use crate::lock::Lock;
use crate::name::{LATEST, checkpoint_name, checkpoint_step, scratch_target};
use crate::publish::Publication;
use crate::retention::{Kept, Retention, Shelf, retain};
use crate::select::Skipped;
use crate::{Checkpoint, Flaw, Journal, Repair, StoreError, Written, failpoint, index};

/// Holds the lock until it is dropped or the process ends.
#[derive(Debug)]
pub struct Writer {
    run: RunDir,
    folder: Folder,
    checkpoints: Folder,
    /// Where `latest` is to point, and to what, once there is a record.
    pointer: Option<(Folder, String)>,
    swept: Vec<PathBuf>,
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
            _lock: lock,
        })
    }

    /// The run's id: the name of its directory.
    #[must_use]
    pub fn id(&self) -> String {
        let named = |path: &std::path::Path| {
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
        match self.record() {
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

    /// Writes `checkpoints/index.json` anew from the files that are there.
    ///
    /// # Errors
    /// [`StoreError::DiskFull`], [`StoreError::Io`].
    pub fn rebuild_index(&self) -> Result<(), StoreError> {
        index::rebuild(&self.checkpoints)
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

/// The real folder, as retention sees it.
struct Shelved<'a>(&'a Folder);

impl Shelf for Shelved<'_> {
    fn names(&self) -> Result<Vec<String>, StoreError> {
        let mut names = self.0.names()?;
        names.retain(|name| checkpoint_step(name).is_some());
        Ok(names)
    }

    fn header(&self, name: &str) -> Result<Kept, StoreError> {
        let entry = index::entry(self.0, name.to_owned())?;
        Ok(Kept {
            name: entry.file,
            step: entry.step,
            score: entry.score,
        })
    }

    fn verify(&self, name: &str) -> Result<(), StoreError> {
        verify_in(self.0, name).map(|_| ())
    }

    fn remove(&mut self, name: &str) -> Result<(), StoreError> {
        let delete = || -> io::Result<()> {
            failpoint::at("checkpoint", "delete", "before")?;
            self.0.remove(name)?;
            failpoint::at("checkpoint", "delete", "after")
        };
        delete().map_err(|error| StoreError::io(&self.0.join(name), "delete", error))
    }
}

fn is_checkpoint_file(target: &str) -> bool {
    checkpoint_step(target).is_some() || target == INDEX
}

/// Deletes scratch files: regular files whose name only we make, for a target that belongs here. Under the lock only,
/// as another process's scratch file may be alive.
fn sweep(folder: &Folder, belongs: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>, StoreError> {
    let mut swept = Vec::new();
    for name in folder.names()? {
        if scratch_target(&name).is_some_and(&belongs) && folder.is_regular(&name) {
            folder
                .remove(&name)
                .map_err(|error| StoreError::io(&folder.join(&name), "delete", error))?;
            swept.push(folder.join(&name));
        }
    }
    Ok(swept)
}
