//! Reading a checkpoint: nothing is returned before everything is verified, and no length is believed before it is
//! compared with the file's.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::format::{
    ALIGNMENT, CHUNK, END_MAGIC, HASHED_PREAMBLE, Limits, MAGIC, PREAMBLE, TRAILER, VERSION,
};
use super::header::{Finding, Header};
use super::{Checkpoint, Part, Summary};
use crate::folder::{Folder, NOT_A_FILE};
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
    pub(crate) meta: std::collections::BTreeMap<String, String>,
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
    let mut opened = Opened::start(file, path)?;
    let header = std::mem::replace(
        &mut opened.header,
        Header {
            meta: Default::default(),
            parts: Vec::new(),
        },
    );
    let mut parts = Vec::with_capacity(header.parts.len());
    for (index, entry) in header.parts.into_iter().enumerate() {
        let bytes = opened.source.keep(index, entry.length)?;
        opened
            .source
            .finish_part(index, entry.blake3, Digest::of(&bytes))?;
        parts.push(Part {
            name: entry.name,
            kind: entry.kind,
            shape: entry.shape,
            bytes,
        });
    }
    opened.source.trailer(opened.length)?;
    Ok(Checkpoint {
        meta: header.meta,
        parts,
    })
}

pub(super) fn verify_file(file: &mut File, path: &Path) -> Result<Summary, StoreError> {
    let mut opened = Opened::start(file, path)?;
    let header = std::mem::replace(
        &mut opened.header,
        Header {
            meta: Default::default(),
            parts: Vec::new(),
        },
    );
    for (index, entry) in header.parts.iter().enumerate() {
        let found = opened.source.hash(index, entry.length)?;
        opened.source.finish_part(index, entry.blake3, found)?;
    }
    let digest = opened.source.trailer(opened.length)?;
    Ok(Summary {
        format: VERSION,
        bytes: opened.length,
        digest,
        meta: header.meta,
        parts: header
            .parts
            .into_iter()
            .map(super::header::Entry::summary)
            .collect(),
    })
}

/// A file whose preamble and header are verified and whose length is what the header implies.
struct Opened<'a> {
    source: Source<'a>,
    header: Header,
    length: u64,
}

impl<'a> Opened<'a> {
    fn start(file: &'a mut File, path: &'a Path) -> Result<Self, StoreError> {
        let limits = Limits::default();
        let length = file
            .metadata()
            .map_err(|error| StoreError::io(path, "stat", error))?
            .len();
        let mut source = Source {
            file,
            path,
            hasher: blake3::Hasher::new(),
            position: 0,
        };
        if length == 0 {
            return Err(source.flaw("file", Flaw::Empty));
        }
        let mut preamble = [0; PREAMBLE as usize];
        let found = usize::try_from(length)
            .unwrap_or(usize::MAX)
            .min(preamble.len());
        source.fill("preamble", &mut preamble[..found])?;
        let (fields, header_hash) = preamble.split_at(HASHED_PREAMBLE);
        let magic_found = found.min(MAGIC.len());
        if fields[..magic_found] != MAGIC[..magic_found] {
            return Err(source.flaw("magic", Flaw::NotOurs));
        }
        if length < PREAMBLE + TRAILER {
            return Err(source.flaw(
                "file",
                Flaw::Length {
                    stated: PREAMBLE + TRAILER,
                    found: length,
                },
            ));
        }
        let version = number(&fields[16..20]);
        if version > u64::from(VERSION) {
            return Err(StoreError::NewerFormat {
                path: path.to_owned(),
                found: version,
                known: u64::from(VERSION),
            });
        }
        if version != u64::from(VERSION) {
            return Err(source.flaw(
                "version",
                Flaw::Number {
                    stated: u64::from(VERSION),
                    found: version,
                },
            ));
        }
        if number(&fields[20..24]) != 0 {
            return Err(source.flaw("reserved", Flaw::NotZero));
        }
        if length > limits.file_bytes {
            return Err(source.flaw(
                "file",
                Flaw::Limit {
                    value: length,
                    limit: limits.file_bytes,
                },
            ));
        }
        let header_length = number(&fields[24..32]);
        let room = length - PREAMBLE - TRAILER;
        let limit = limits.header_bytes.min(room);
        if header_length > limit {
            return Err(source.flaw(
                "header.length",
                Flaw::Limit {
                    value: header_length,
                    limit,
                },
            ));
        }
        let text = source.take("header", header_length)?;
        let hash = blake3::Hasher::new()
            .update(fields)
            .update(&text)
            .finalize();
        if hash.as_bytes() != header_hash {
            let mut stated = [0; 32];
            stated.copy_from_slice(header_hash);
            let flaw = Flaw::Checksum {
                stated: Digest(stated),
                found: Digest(*hash.as_bytes()),
            };
            return Err(source.flaw("header.blake3", flaw));
        }
        let header = source.check(Header::parse(&text).and_then(|mut header| {
            header.check()?;
            let end = header.lay_out(header_length, |index, entry, offset| {
                if entry.offset == offset {
                    return Ok(());
                }
                let flaw = Flaw::Number {
                    stated: offset,
                    found: entry.offset,
                };
                Err((format!("header.parts[{index}].offset"), flaw))
            })?;
            let stated = end.saturating_add(TRAILER);
            if stated != length {
                return Err((
                    "file".to_owned(),
                    Flaw::Length {
                        stated,
                        found: length,
                    },
                ));
            }
            Ok(header)
        }))?;
        source.padding("header.padding")?;
        Ok(Self {
            source,
            header,
            length,
        })
    }
}

/// A little-endian number of at most eight bytes.
fn number(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// The file, and the hash of all that was read of it.
struct Source<'a> {
    file: &'a mut File,
    path: &'a Path,
    hasher: blake3::Hasher,
    position: u64,
}

impl Source<'_> {
    fn flaw(&self, field: &str, flaw: Flaw) -> StoreError {
        StoreError::corrupt(self.path, field, flaw)
    }

    fn check<T>(&self, result: Result<T, Finding>) -> Result<T, StoreError> {
        result.map_err(|(field, flaw)| self.flaw(&field, flaw))
    }

    fn fill(&mut self, field: &str, bytes: &mut [u8]) -> Result<(), StoreError> {
        self.file
            .read_exact(bytes)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => self.flaw(field, Flaw::Changed),
                _ => StoreError::io(self.path, "read", error),
            })?;
        self.hasher.update(bytes);
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// `length` bytes that are known to be in the file.
    fn take(&mut self, field: &str, length: u64) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        let size = usize::try_from(length)
            .ok()
            .filter(|&size| bytes.try_reserve_exact(size).is_ok());
        let Some(size) = size else {
            return Err(StoreError::io(
                self.path,
                "find the memory to read",
                io::ErrorKind::OutOfMemory.into(),
            ));
        };
        while bytes.len() < size {
            let start = bytes.len();
            bytes.resize(size.min(start + CHUNK), 0);
            self.fill(field, &mut bytes[start..])?;
        }
        Ok(bytes)
    }

    fn keep(&mut self, index: usize, length: u64) -> Result<Vec<u8>, StoreError> {
        self.take(&format!("parts[{index}]"), length)
    }

    /// The hash of the next `length` bytes.
    fn hash(&mut self, index: usize, length: u64) -> Result<Digest, StoreError> {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; CHUNK.min(usize::try_from(length).unwrap_or(CHUNK))];
        let mut left = length;
        while left > 0 {
            let size = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
            let chunk = &mut buffer[..size];
            self.fill(&format!("parts[{index}]"), chunk)?;
            hasher.update(chunk);
            left -= size as u64;
        }
        Ok(Digest(*hasher.finalize().as_bytes()))
    }

    fn finish_part(
        &mut self,
        index: usize,
        stated: Digest,
        found: Digest,
    ) -> Result<(), StoreError> {
        if stated != found {
            return Err(self.flaw(
                &format!("parts[{index}].blake3"),
                Flaw::Checksum { stated, found },
            ));
        }
        self.padding(&format!("parts[{index}].padding"))
    }

    fn padding(&mut self, field: &str) -> Result<(), StoreError> {
        let size = (self.position.next_multiple_of(ALIGNMENT) - self.position) as usize;
        let mut padding = [0; ALIGNMENT as usize];
        self.fill(field, &mut padding[..size])?;
        if padding.iter().any(|&byte| byte != 0) {
            return Err(self.flaw(field, Flaw::NotZero));
        }
        Ok(())
    }

    /// The trailer, after which the file must end; the whole file's hash.
    fn trailer(&mut self, length: u64) -> Result<Digest, StoreError> {
        let mut magic = [0; END_MAGIC.len()];
        self.fill("trailer.magic", &mut magic)?;
        if magic != END_MAGIC {
            return Err(self.flaw("trailer.magic", Flaw::NotOurs));
        }
        let mut stated = [0; 8];
        self.fill("trailer.length", &mut stated)?;
        if number(&stated) != length {
            return Err(self.flaw(
                "trailer.length",
                Flaw::Number {
                    stated: length,
                    found: number(&stated),
                },
            ));
        }
        let found = Digest(*self.hasher.finalize().as_bytes());
        let mut stated = [0; 32];
        self.fill("trailer.blake3", &mut stated)?;
        if stated != found.0 {
            return Err(self.flaw(
                "trailer.blake3",
                Flaw::Checksum {
                    stated: Digest(stated),
                    found,
                },
            ));
        }
        match self.file.read(&mut [0]) {
            Ok(0) => Ok(found),
            Ok(_) => Err(self.flaw("file", Flaw::Changed)),
            Err(error) => Err(StoreError::io(self.path, "read", error)),
        }
    }
}
