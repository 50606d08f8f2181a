//! Making a run directory, which is new or empty, and never reused.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::RunDir;
use super::writer::Writer;
use crate::folder::Folder;
use crate::lock::{LOCK, Lock};
use crate::name::{checked_name, scratch_target};
use crate::{NameFlaw, StoreError, run_stamp};

/// Names tried before giving up: that many runs of one name in one second with the same four digits are no accident.
const ATTEMPTS: u32 = 10_000;

impl RunDir {
    /// Makes `base/NAME/2026-11-23T16-38-00Z-a1b2/` and holds its lock. `latest` points to it as soon as its
    /// [`Writer::write_record`] has been called once.
    ///
    /// # Errors
    /// [`StoreError::Name`], [`StoreError::Symlink`], [`StoreError::Io`].
    ///
    /// ```
    /// use polytask_store::{RunDir, RunRecord, latest};
    /// # let runs = tempfile::tempdir().unwrap();
    /// let now = std::time::SystemTime::now();
    /// let mut run = RunDir::create(runs.path(), "student", now).unwrap();
    /// run.write_record(&RunRecord::begun(run.id(), "student", now)).unwrap();
    /// assert_eq!(latest(runs.path()).unwrap().path(), run.path());
    /// assert!(RunDir::create(runs.path(), "../elsewhere", now).is_err());
    /// ```
    pub fn create(base: &Path, name: &str, now: SystemTime) -> Result<Writer, StoreError> {
        checked_name("run", name)?;
        make_all(base)?;
        let runs = Folder::open(base)?.subfolder(name)?;
        for attempt in 0..ATTEMPTS {
            let id = format!("{}-{}", run_stamp(now), digits(now, attempt));
            if runs.make_new(&id)? {
                let folder = runs.subfolder(&id)?;
                let lock = Lock::take(&folder)?;
                return Writer::begin(folder, lock, Some((runs, id)));
            }
        }
        Err(StoreError::io(
            runs.path(),
            "find a free name in",
            io::ErrorKind::AlreadyExists.into(),
        ))
    }

    /// Makes the run directory `path`, or takes it if it is empty, and holds its lock.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`], [`StoreError::Locked`] if another process is making or running it,
    /// [`StoreError::Symlink`], [`StoreError::Io`].
    pub fn create_at(path: &Path) -> Result<Writer, StoreError> {
        make_all(path)?;
        let folder = Folder::open_own(path)?;
        // Not even a lock file is put into a folder that is somebody else's. But if there is one, then whether the
        // folder is "not empty" or "locked" depends on who holds it.
        let names = folder.names()?;
        if !names.iter().any(|name| name == LOCK) {
            refuse_content(&folder, &names)?;
        }
        let lock = Lock::take(&folder)?;
        refuse_content(&folder, &folder.names()?)?;
        Writer::begin(folder, lock, None)
    }
}

/// A lock file and scratch files are what a process leaves that died before it wrote anything.
fn refuse_content(folder: &Folder, names: &[String]) -> Result<(), StoreError> {
    match names
        .iter()
        .find(|name| *name != LOCK && scratch_target(name).is_none())
    {
        None => Ok(()),
        Some(found) => Err(StoreError::NotEmpty {
            path: folder.path().to_owned(),
            found: found.clone(),
        }),
    }
}

/// Four hexadecimal digits that differ between processes and attempts.
fn digits(now: SystemTime, attempt: u32) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&since.as_nanos().to_le_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    hasher.update(&attempt.to_le_bytes());
    hasher.finalize().to_hex().chars().take(4).collect()
}

/// Makes `path` and the folders above it, and makes each new name durable.
fn make_all(path: &Path) -> Result<(), StoreError> {
    let mut missing: Vec<&Path> = Vec::new();
    for folder in path.ancestors() {
        match folder.symlink_metadata() {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(folder),
            Err(error) => return Err(make_error(folder, error)),
        }
    }
    for folder in missing
        .into_iter()
        .rev()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        match std::fs::create_dir(folder) {
            Ok(()) => Folder::open(folder.parent().unwrap_or(Path::new(".")))?.sync()?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(make_error(folder, error)),
        }
    }
    Ok(())
}

/// A path that can name nothing is the user's mistake, not the disk's.
fn make_error(path: &Path, error: io::Error) -> StoreError {
    let flaw = match error.kind() {
        io::ErrorKind::InvalidInput => NameFlaw::Character { character: '\0' },
        io::ErrorKind::InvalidFilename => NameFlaw::TooLong { limit: 255 },
        _ => return StoreError::io(path, "make the folder", error),
    };
    StoreError::Name {
        what: "run directory",
        name: PathBuf::from(path).to_string_lossy().into_owned(),
        flaw,
    }
}
