//! Making a run directory, which is new or empty, and never reused.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::writer::Writer;
use super::{CHECKPOINTS, RunDir};
use crate::folder::Folder;
use crate::lock::{LOCK, Lock};
use crate::name::{checked_name, scratch_target};
use crate::{NameFlaw, StoreError, run_stamp};

/// Names tried before giving up: that many runs of one name in one second with the same four digits are no accident.
const ATTEMPTS: u32 = 10_000;

/// Digits of an id that another attempt follows if it is taken.
const SHORT: usize = 4;
/// Digits of an id of which nobody can see whether it is taken.
const LONG: usize = 8;

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
        let mut made = make_all(base)?;
        let base = Folder::open(base)?;
        if !base.is_there(name) {
            made.push(base.join(name));
        }
        let runs = base.subfolder(name)?;
        for attempt in 0..ATTEMPTS {
            let id = format!(
                "{}-{}",
                run_stamp(now),
                digits(now, attempt, &base.join(name), SHORT)
            );
            if runs.make_new(&id)? {
                let folder = runs.subfolder(&id)?;
                let lock = Lock::take(&folder)?;
                made.push(runs.join(&id));
                return Ok(Writer::begin(folder, lock, Some((runs, id)))?.made(made));
            }
        }
        Err(StoreError::io(
            runs.path(),
            "find a free name in",
            io::ErrorKind::AlreadyExists.into(),
        ))
    }

    /// Makes the run directory `path`, or takes it if it is empty, and holds its lock. Two folders of one name in different
    /// places are two runs: the id is made as that of a run under `runs/` is, of when it began, not of the folder.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`], [`StoreError::Locked`] if another process is making or running it,
    /// [`StoreError::Symlink`], [`StoreError::Io`].
    pub fn create_at(path: &Path, now: SystemTime) -> Result<Writer, StoreError> {
        let made = make_all(path)?;
        let folder = Folder::open_own(path)?;
        // Not even a lock file is put into a folder that is somebody else's. But if there is one, then whether the
        // folder is "not empty" or "locked" depends on who holds it.
        let names = folder.names()?;
        if !names.iter().any(|name| name == LOCK) {
            refuse_content(&folder, &names)?;
        }
        let lock = Lock::take(&folder)?;
        refuse_content(&folder, &folder.names()?)?;
        let id = format!("{}-{}", run_stamp(now), digits(now, 0, path, LONG));
        Ok(Writer::begin(folder, lock, None)?.called(id).made(made))
    }
}

/// A lock file, an empty folder for checkpoints and scratch files are what a process leaves that died before it wrote
/// anything.
fn refuse_content(folder: &Folder, names: &[String]) -> Result<(), StoreError> {
    let is_nothing = |name: &String| {
        *name == LOCK
            || scratch_target(name).is_some()
            || (*name == CHECKPOINTS && folder.is_empty_folder(name))
    };
    match names.iter().find(|name| !is_nothing(name)) {
        None => Ok(()),
        Some(found) => Err(StoreError::NotEmpty {
            path: folder.path().to_owned(),
            found: found.clone(),
        }),
    }
}

/// So many hexadecimal digits that differ between processes, places and attempts.
fn digits(now: SystemTime, attempt: u32, place: &Path, count: usize) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    hasher.update(&since.as_nanos().to_le_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    hasher.update(&attempt.to_le_bytes());
    hasher.update(place.as_os_str().as_encoded_bytes());
    hasher.finalize().to_hex().chars().take(count).collect()
}

/// Makes `path` and the folders above it, and makes each new name durable. Gives those that were not there, outer ones
/// first.
fn make_all(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut missing: Vec<&Path> = Vec::new();
    for folder in path.ancestors() {
        match folder.symlink_metadata() {
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(folder),
            Err(error) => return Err(make_error(folder, error)),
        }
    }
    let mut made = Vec::new();
    for folder in missing
        .into_iter()
        .rev()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        match std::fs::create_dir(folder) {
            Ok(()) => {
                Folder::open(folder.parent().unwrap_or(Path::new(".")))?.sync()?;
                made.push(folder.to_owned());
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(make_error(folder, error)),
        }
    }
    Ok(made)
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
