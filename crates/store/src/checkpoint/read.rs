//! Reading a checkpoint: nothing is returned before everything is verified, and no length is believed before it is
//! compared with the file's.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::path::Path;

use super::format::VERSION;
use super::header::Entry;
use super::opened::Opened;
use super::source::Source;
use super::{Checkpoint, Part, Summary};
use crate::folder::{Folder, NOT_A_FILE};
use crate::shown::shown;
use crate::{Digest, Flaw, StoreError};

/// Reads the checkpoint at `path` after verifying all of it.
///
/// # Errors
/// [`StoreError::Missing`], [`StoreError::Corrupt`] with the field, [`StoreError::NewerFormat`], [`StoreError::Io`].
///
/// ```
/// use polytask_store::{Checkpoint, Part, StoreError, read, write};
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("step-00000001.ckpt");
/// write(&path, &Checkpoint::at_step(1).with_part(Part::f32("model/bias", vec![1], &[0.5]))).unwrap();
///
/// let mut bytes = std::fs::read(&path).unwrap();
/// let middle = bytes.len() / 2;
/// bytes[middle] ^= 1;
/// std::fs::write(&path, bytes).unwrap();
/// assert!(matches!(read(&path), Err(StoreError::Corrupt { .. })));
/// ```
pub fn read(path: &Path) -> Result<Checkpoint, StoreError> {
    read_file(&mut open(path)?, path)
}

/// Verifies all of the checkpoint at `path` and says what is in it, holding no part in memory.
///
/// # Errors
/// As [`read`].
pub fn verify(path: &Path) -> Result<Summary, StoreError> {
    verify_file(&mut open(path)?, path)
}

/// [`read`] in a folder that is open.
pub(crate) fn read_in(folder: &Folder, name: &str) -> Result<Checkpoint, StoreError> {
    let path = folder.join(name);
    read_file(&mut open_in(folder, name, &path)?, &path)
}

/// [`verify`] in a folder that is open.
pub(crate) fn verify_in(folder: &Folder, name: &str) -> Result<Summary, StoreError> {
    let path = folder.join(name);
    verify_file(&mut open_in(folder, name, &path)?, &path)
}

/// What the header alone says, its own hash verified but not the parts.
#[derive(Clone, Debug)]
pub(crate) struct HeaderFacts {
    pub(crate) meta: BTreeMap<String, String>,
    pub(crate) bytes: u64,
}

/// Reads and verifies the header and the file's length only: enough to put files in order.
pub(crate) fn read_header_in(folder: &Folder, name: &str) -> Result<HeaderFacts, StoreError> {
    let path = folder.join(name);
    let mut file = open_in(folder, name, &path)?;
    let opened = Opened::start(&mut file, &path)?;
    Ok(HeaderFacts {
        meta: opened.header.meta,
        bytes: opened.length,
    })
}

fn open(path: &Path) -> Result<File, StoreError> {
    // Asked before opening: opening a pipe would wait for its other end.
    let found = std::fs::metadata(path).map_err(|error| open_error(path, error))?;
    if !found.is_file() {
        return Err(StoreError::corrupt(path, "file", Flaw::NotAFile));
    }
    File::open(path).map_err(|error| open_error(path, error))
}

fn open_in(folder: &Folder, name: &str, path: &Path) -> Result<File, StoreError> {
    folder
        .open_file(name)
        .map_err(|error| open_error(path, error))
}

fn open_error(path: &Path, error: io::Error) -> StoreError {
    match error.kind() {
        io::ErrorKind::NotFound => StoreError::Missing {
            path: path.to_owned(),
            what: "checkpoint",
        },
        NOT_A_FILE => StoreError::corrupt(path, "file", Flaw::NotAFile),
        _ => StoreError::io(path, "open", error),
    }
}

fn read_file(file: &mut File, path: &Path) -> Result<Checkpoint, StoreError> {
    let Opened {
        mut source,
        header,
        length,
    } = Opened::start(file, path)?;
    let mut parts = Vec::with_capacity(header.parts.len());
    for (index, entry) in header.parts.into_iter().enumerate() {
        let field = part_field(index, &entry.name);
        let bytes = source.take(&field, entry.length)?;
        check_part(&mut source, &field, entry.blake3, Digest::of(&bytes))?;
        parts.push(Part {
            name: entry.name,
            kind: entry.kind,
            shape: entry.shape,
            bytes,
        });
    }
    source.trailer(length)?;
    Ok(Checkpoint {
        meta: header.meta,
        parts,
    })
}

pub(super) fn verify_file(file: &mut File, path: &Path) -> Result<Summary, StoreError> {
    let Opened {
        mut source,
        header,
        length,
    } = Opened::start(file, path)?;
    for (index, entry) in header.parts.iter().enumerate() {
        let field = part_field(index, &entry.name);
        let found = source.hash(&field, entry.length)?;
        check_part(&mut source, &field, entry.blake3, found)?;
    }
    let digest = source.trailer(length)?;
    Ok(Summary {
        format: VERSION,
        bytes: length,
        digest,
        meta: header.meta,
        parts: header.parts.into_iter().map(Entry::summary).collect(),
    })
}

/// `parts[3] (model/bias)`: the name helps the reader, the number is right whatever the name is.
fn part_field(index: usize, name: &str) -> String {
    format!("parts[{index}] ({})", shown(name))
}

fn check_part(
    source: &mut Source<'_>,
    field: &str,
    stated: Digest,
    found: Digest,
) -> Result<(), StoreError> {
    if stated != found {
        return Err(source.flaw(format!("{field}.blake3"), Flaw::checksum(stated, found)));
    }
    source.padding(&format!("{field}.padding"))
}
