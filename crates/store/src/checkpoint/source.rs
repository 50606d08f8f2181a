//! A file that is read once, front to back, and hashed on the way.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::format::{ALIGNMENT, CHUNK, END_MAGIC};
use super::header::Finding;
use crate::{Digest, Flaw, StoreError};

/// The file, how far it was read, and the hash of all that was read.
pub(super) struct Source<'a> {
    pub(super) file: &'a mut File,
    pub(super) path: &'a Path,
    hasher: blake3::Hasher,
    position: u64,
}

impl<'a> Source<'a> {
    pub(super) fn new(file: &'a mut File, path: &'a Path) -> Self {
        Self {
            file,
            path,
            hasher: blake3::Hasher::new(),
            position: 0,
        }
    }

    pub(super) fn flaw(&self, field: impl Into<String>, flaw: Flaw) -> StoreError {
        StoreError::corrupt(self.path, field, flaw)
    }

    pub(super) fn check<T>(&self, result: Result<T, Finding>) -> Result<T, StoreError> {
        result.map_err(|(field, flaw)| self.flaw(field, flaw))
    }

    /// The next `N` bytes.
    pub(super) fn array<const N: usize>(&mut self, field: &str) -> Result<[u8; N], StoreError> {
        let mut bytes = [0; N];
        self.fill(field, &mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn fill(&mut self, field: &str, bytes: &mut [u8]) -> Result<(), StoreError> {
        self.file
            .read_exact(bytes)
            .map_err(|error| match error.kind() {
                // Its length was asked for before, so it shrank.
                io::ErrorKind::UnexpectedEof => self.flaw(field, Flaw::Changed),
                _ => StoreError::io(self.path, "read", error),
            })?;
        self.hasher.update(bytes);
        self.position += bytes.len() as u64;
        Ok(())
    }

    /// The next `length` bytes, which the caller knows to be in the file.
    pub(super) fn take(&mut self, field: &str, length: u64) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        let size = usize::try_from(length).ok();
        let Some(size) = size.filter(|&size| bytes.try_reserve_exact(size).is_ok()) else {
            let error = io::ErrorKind::OutOfMemory.into();
            return Err(StoreError::io(self.path, "find the memory to read", error));
        };
        while bytes.len() < size {
            let start = bytes.len();
            bytes.resize(size.min(start + CHUNK), 0);
            let (_, chunk) = bytes.split_at_mut(start);
            self.fill(field, chunk)?;
        }
        Ok(bytes)
    }

    /// The hash of the next `length` bytes, which are not kept.
    pub(super) fn hash(&mut self, field: &str, length: u64) -> Result<Digest, StoreError> {
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; usize::try_from(length).unwrap_or(CHUNK).min(CHUNK)];
        let mut left = length;
        while left > 0 {
            let size = usize::try_from(left).unwrap_or(CHUNK).min(buffer.len());
            let (chunk, _) = buffer.split_at_mut(size);
            self.fill(field, chunk)?;
            hasher.update(chunk);
            left -= size as u64;
        }
        Ok(Digest(*hasher.finalize().as_bytes()))
    }

    /// Zeros up to the next aligned offset.
    pub(super) fn padding(&mut self, field: &str) -> Result<(), StoreError> {
        let size = self.position.next_multiple_of(ALIGNMENT) - self.position;
        let padding = self.take(field, size)?;
        if padding.iter().any(|&byte| byte != 0) {
            return Err(self.flaw(field, Flaw::NotZero));
        }
        Ok(())
    }

    /// The trailer, after which a file of `length` bytes must end; the whole file's hash.
    pub(super) fn trailer(&mut self, length: u64) -> Result<Digest, StoreError> {
        if self.array("trailer.magic")? != END_MAGIC {
            return Err(self.flaw("trailer.magic", Flaw::NotOurs));
        }
        let found = u64::from_le_bytes(self.array("trailer.length")?);
        if found != length {
            let stated = length;
            return Err(self.flaw("trailer.length", Flaw::Number { stated, found }));
        }
        let found = Digest(*self.hasher.finalize().as_bytes());
        let stated = Digest(self.array("trailer.blake3")?);
        if stated != found {
            return Err(self.flaw("trailer.blake3", Flaw::checksum(stated, found)));
        }
        match self.file.read(&mut [0]) {
            Ok(0) => Ok(found),
            Ok(_) => Err(self.flaw("file", Flaw::Changed)),
            Err(error) => Err(StoreError::io(self.path, "read", error)),
        }
    }
}
