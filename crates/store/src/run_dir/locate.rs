//! From what the user typed to a run or a checkpoint.

use std::path::{Path, PathBuf};

use super::{CHECKPOINTS, RECORD, RunDir};
use crate::StoreError;
use crate::name::{LATEST, checked_name};

/// What RUN or CKPT on the command line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Located {
    /// A run directory.
    Run(RunDir),
    /// A checkpoint file, and the run that it lies in, if it does.
    Checkpoint { path: PathBuf, run: Option<RunDir> },
}

/// Finds what `named` means: `latest` (the newest run under `base`), a run directory, a folder of runs (its newest), a
/// pointer, or a checkpoint file.
///
/// # Errors
/// [`StoreError::Missing`].
pub fn locate(base: &Path, named: &Path) -> Result<Located, StoreError> {
    if named == Path::new(LATEST) {
        return latest(base).map(Located::Run);
    }
    let Ok(found) = named.metadata() else {
        return Err(StoreError::Missing {
            path: named.to_owned(),
            what: "run directory or checkpoint",
        });
    };
    if found.is_dir() {
        return if is_run(named) {
            RunDir::open(named)
        } else {
            latest(named)
        }
        .map(Located::Run);
    }
    if named.file_name().is_some_and(|name| name == LATEST) {
        let runs = named.parent().unwrap_or(Path::new("."));
        return latest(runs).map(Located::Run);
    }
    let folder = named
        .parent()
        .filter(|folder| folder.ends_with(CHECKPOINTS));
    let run = folder
        .and_then(Path::parent)
        .and_then(|run| RunDir::open(run).ok());
    Ok(Located::Checkpoint {
        path: named.to_owned(),
        run,
    })
}

/// The newest run under `base`, which is a folder of runs or a folder of such folders.
///
/// # Errors
/// [`StoreError::Missing`] if there is none, [`StoreError::Io`].
pub fn latest(base: &Path) -> Result<RunDir, StoreError> {
    let missing = || StoreError::Missing {
        path: base.to_owned(),
        what: "run",
    };
    if !base.is_dir() {
        return Err(missing());
    }
    let mut candidates = newest_of_name(base)?;
    for folder in folders(base)? {
        if !is_run(&folder) {
            candidates.extend(newest_of_name(&folder)?);
        }
    }
    candidates.into_iter().max_by_key(age).ok_or_else(missing)
}

/// The run that the pointer names, or else every run in the folder.
fn newest_of_name(folder: &Path) -> Result<Vec<RunDir>, StoreError> {
    if let Some(run) = pointed(folder) {
        return Ok(vec![run]);
    }
    let runs = folders(folder)?.into_iter().filter(|path| is_run(path));
    Ok(runs.map(|path| RunDir { path }).collect())
}

fn pointed(folder: &Path) -> Option<RunDir> {
    let text = super::read_text(&folder.join(LATEST), LATEST).ok()?;
    let id = checked_name("run", text.trim_end()).ok()?;
    RunDir::open(&folder.join(id)).ok()
}

/// A key that sorts by start: the digits of the time in the record or, if that is spoilt, in the name.
fn age(run: &RunDir) -> (String, String) {
    let name = run
        .path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let stamp = || name.split('Z').next().unwrap_or_default().to_owned();
    let started = run
        .record()
        .map_or_else(|_| stamp(), |record| record.started);
    (started.chars().filter(char::is_ascii_digit).collect(), name)
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let listed = std::fs::read_dir(path).map_err(|error| StoreError::io(path, "list", error))?;
    let mut folders: Vec<PathBuf> = listed
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}

pub(super) fn is_run(path: &Path) -> bool {
    path.join(RECORD).is_file() || path.join(CHECKPOINTS).is_dir()
}
