//! Writing a checkpoint: one commit, see [`crate::publish`].

use std::cell::Cell;
use std::io::{self, Write};
use std::path::Path;

use super::format::{ALIGNMENT, CHUNK, END_MAGIC, Limits, TRAILER, VERSION};
use super::header::{Finding, Header};
use super::opened::{header_hash, preamble_fields};
use super::read::verify_file;
use super::{Checkpoint, Part, Summary, Written};
use crate::folder::Folder;
use crate::publish::Publication;
use crate::space::require_space;
use crate::{Digest, Flaw, StoreError};

/// Writes `checkpoint` to `path`, atomically: afterwards, also after a crash, the path holds all of it or what it held
/// before. When it returns `Ok`, the file has been fsynced, read back, verified and renamed, and its folder fsynced.
///
/// ```
/// use polytask_store::{Checkpoint, Part, read, write};
/// # let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("step-00000001.ckpt");
/// let checkpoint = Checkpoint::at_step(1).with_part(Part::u64("progress/step", vec![], &[1]));
/// let written = write(&path, &checkpoint).unwrap();
/// assert_eq!(written.bytes, std::fs::metadata(&path).unwrap().len());
/// assert_eq!(read(&path).unwrap(), checkpoint);
/// ```
///
/// # Errors
/// [`StoreError::Unsavable`] if names are not unique or a size does not fit its shape, [`StoreError::DiskFull`] and
/// [`StoreError::Io`] from the disk, [`StoreError::Corrupt`] if what was read back is not what was written.
pub fn write(path: &Path, checkpoint: &Checkpoint) -> Result<Written, StoreError> {
    let name = StoreError::file_name(path)?;
    let folder = Folder::open(path.parent().unwrap_or(Path::new(".")))?;
    write_in(&folder, name, checkpoint)
}

/// [`write()`] in a folder that is open.
pub(crate) fn write_in(
    folder: &Folder,
    name: &str,
    checkpoint: &Checkpoint,
) -> Result<Written, StoreError> {
    let path = folder.join(name);
    let image = Image::prepare(checkpoint).map_err(|(field, flaw)| StoreError::Unsavable {
        path: path.clone(),
        field,
        flaw,
    })?;
    require_space(folder.path(), image.length, "write the checkpoint")?;
    let publication = Publication {
        folder,
        name,
        label: "checkpoint",
        bytes: image.length,
    };
    let written = Cell::new(None);
    publication.publish(
        |scratch| {
            written.set(Some(image.write_to(scratch)?));
            Ok(())
        },
        |file| {
            let Summary { bytes, digest, .. } = verify_file(file, &path)?;
            // The file agrees with itself; it must also be this checkpoint and not another one's.
            match written.get() {
                Some(stated) if stated != digest => {
                    let flaw = Flaw::checksum(stated, digest);
                    Err(StoreError::corrupt(&path, "trailer.blake3", flaw))
                }
                _ => Ok(Written { bytes, digest }),
            }
        },
    )
}

/// A checkpoint whose every byte is decided.
struct Image<'a> {
    preamble: Vec<u8>,
    header: Vec<u8>,
    parts: Vec<&'a Part>,
    length: u64,
}

impl<'a> Image<'a> {
    fn prepare(checkpoint: &'a Checkpoint) -> Result<Self, Finding> {
        let mut header = Header::describe(checkpoint);
        header.check()?;
        // Offsets depend on the header's length, which depends on how many digits the offsets have: start from the
        // shortest and lengthen until it is stable. The length never shrinks, so this ends.
        let mut length = 0;
        let (text, end) = loop {
            let end = header.lay_out(length, |_, entry, offset| {
                entry.offset = offset;
                Ok(())
            })?;
            let text = header.encode()?;
            if text.len() as u64 == length {
                break (text, end);
            }
            length = text.len() as u64;
        };
        let limit = Limits::default().header_bytes;
        if length > limit {
            let value = length;
            return Err(("header.length".to_owned(), Flaw::Limit { value, limit }));
        }
        let mut preamble = preamble_fields(VERSION, length);
        preamble.extend_from_slice(&header_hash(VERSION, length, &text).0);
        let mut parts: Vec<&Part> = checkpoint.parts.iter().collect();
        parts.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            preamble,
            header: text,
            parts,
            length: end.saturating_add(TRAILER),
        })
    }

    fn write_to(&self, out: &mut impl Write) -> io::Result<Digest> {
        let mut out = Hashing {
            out,
            hasher: blake3::Hasher::new(),
            written: 0,
        };
        out.write(&self.preamble)?;
        out.write(&self.header)?;
        out.pad()?;
        for part in &self.parts {
            out.write(&part.bytes)?;
            out.pad()?;
        }
        out.write(&END_MAGIC)?;
        out.write(&self.length.to_le_bytes())?;
        let digest = *out.hasher.finalize().as_bytes();
        out.out.write_all(&digest)?;
        Ok(Digest(digest))
    }
}

struct Hashing<'a, W> {
    out: &'a mut W,
    hasher: blake3::Hasher,
    written: u64,
}

impl<W: Write> Hashing<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        for chunk in bytes.chunks(CHUNK) {
            self.hasher.update(chunk);
            self.out.write_all(chunk)?;
        }
        self.written += bytes.len() as u64;
        Ok(())
    }

    fn pad(&mut self) -> io::Result<()> {
        let padding = self.written.next_multiple_of(ALIGNMENT) - self.written;
        let zeros = [0; ALIGNMENT as usize];
        let (zeros, _) = zeros.split_at(padding as usize);
        self.write(zeros)
    }
}
