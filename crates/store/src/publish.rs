//! One file, one commit point: scratch file, write, fsync, read back, rename, fsync of the folder.
//!
//! At every moment the final name holds either the whole old file or the whole new one. A failed fsync is never tried
//! again on the same file: after it, the kernel may have dropped the bytes and report success the second time
//! (Rebello et al. 2020, Can Applications Recover from fsync Failures?). The scratch file is deleted and the save has failed.

use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};

use crate::folder::Folder;
use crate::name::scratch_name;
use crate::space::write_error;
use crate::{StoreError, failpoint};

/// Names tried before giving up: a process that died with our pid may have left scratch files.
const ATTEMPTS: u32 = 1000;

/// What is published: `label` names its failpoints, `bytes` is its size for the message about a full disk.
pub(crate) struct Publication<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) name: &'a str,
    pub(crate) label: &'static str,
    pub(crate) bytes: u64,
}

/// The file that `write` fills; each piece passes a failpoint, so that a test can tear the file anywhere.
pub(crate) struct Scratch<'a> {
    out: BufWriter<&'a File>,
    label: &'static str,
}

impl Write for Scratch<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        failpoint::at(self.label, "write", "within")?;
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Publication<'_> {
    /// Publishes what `write` writes, if `verify` finds it sound when it reads it back.
    pub(crate) fn publish<T>(
        &self,
        write: impl FnOnce(&mut Scratch<'_>) -> io::Result<()>,
        verify: impl FnOnce(&mut File) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (mut file, mut litter) = self.create()?;
        self.step("write", || {
            let mut scratch = Scratch {
                out: BufWriter::with_capacity(1 << 20, &file),
                label: self.label,
            };
            write(&mut scratch)?;
            scratch.flush()
        })?;
        self.step("fsync", || file.sync_all())?;

        let mut verified = None;
        self.step("verify", || {
            file.rewind()?;
            verified = Some(verify(&mut file));
            Ok(())
        })?;
        let Some(verified) = verified.transpose()? else {
            return Err(self.error("verify", io::ErrorKind::Other.into()));
        };
        self.step("rename", || self.folder.rename(&litter.name, self.name))?;
        litter.is_published = true;
        failpoint::at(self.label, "fsync-dir", "before")
            .map_err(|error| self.error("fsync the folder of", error))?;
        self.folder.sync()?;
        failpoint::at(self.label, "fsync-dir", "after")
            .map_err(|error| self.error("fsync the folder of", error))?;
        Ok(verified)
    }

    /// Publishes a small file that is wholly in memory.
    pub(crate) fn publish_bytes(&self, bytes: &[u8]) -> Result<(), StoreError> {
        self.publish(
            |scratch| scratch.write_all(bytes),
            |file| {
                let mut found = Vec::with_capacity(bytes.len());
                file.read_to_end(&mut found)
                    .map_err(|error| self.error("read back", error))?;
                if found == bytes {
                    return Ok(());
                }
                Err(StoreError::corrupt(
                    &self.folder.join(self.name),
                    "read back",
                    crate::Flaw::Changed,
                ))
            },
        )
    }

    fn create(&self) -> Result<(File, Litter<'_>), StoreError> {
        failpoint::at(self.label, "create", "before")
            .map_err(|error| self.error("create", error))?;
        let mut attempt = 0;
        loop {
            let name = scratch_name(self.name, std::process::id(), attempt);
            match self.folder.create_new(&name) {
                Ok(file) => {
                    let litter = Litter {
                        folder: self.folder,
                        name,
                        is_published: false,
                    };
                    failpoint::at(self.label, "create", "after")
                        .map_err(|error| self.error("create", error))?;
                    return Ok((file, litter));
                }
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && attempt < ATTEMPTS =>
                {
                    attempt += 1
                }
                Err(error) => return Err(self.error("create", error)),
            }
        }
    }

    fn step(
        &self,
        step: &'static str,
        body: impl FnOnce() -> io::Result<()>,
    ) -> Result<(), StoreError> {
        let all = || {
            failpoint::at(self.label, step, "before")?;
            body()?;
            failpoint::at(self.label, step, "after")
        };
        all().map_err(|error| self.error(step, error))
    }

    fn error(&self, operation: &'static str, source: io::Error) -> StoreError {
        write_error(&self.folder.join(self.name), operation, self.bytes, source)
    }
}

/// A scratch file that is deleted unless it was published. If that fails too, the next holder of the lock sweeps it.
struct Litter<'a> {
    folder: &'a Folder,
    name: String,
    is_published: bool,
}

impl Drop for Litter<'_> {
    fn drop(&mut self) {
        if !self.is_published {
            let _ = self.folder.remove(&self.name);
        }
    }
}
