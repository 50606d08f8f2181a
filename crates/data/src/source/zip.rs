//! As much of the zip format as NumPy writes: a central directory of stored or deflated entries.
//!
//! Sizes, places and checksums are taken from the central directory (in NumPy's local headers they may be left open),
//! and every byte is checked: an entry that is cut, longer than stated or of another checksum is an error.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use super::file::{DEFLATE_MOST, FileRef};
use crate::error::DataError;
use crate::limits::Limits;

/// One file in the archive.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Bytes, unpacked.
    pub(crate) size: u64,
    method: u64,
    checksum: u64,
    packed: u64,
    offset: u64,
}

/// An opened archive.
pub(crate) struct Zip<'a> {
    file: &'a FileRef,
    handle: File,
}

/// The end record without comment, and the longest comment.
const END: u64 = 22;
const COMMENT: u64 = 65_535;
/// A central directory larger than this is no data set.
const DIRECTORY: u64 = 16 << 20;

impl<'a> Zip<'a> {
    pub(crate) fn open(file: &'a FileRef) -> Result<Self, DataError> {
        let handle = file.regular()?;
        Ok(Self { file, handle })
    }

    /// The directory.
    pub(crate) fn entries(&mut self) -> Result<Vec<Entry>, DataError> {
        let length = self.seek(SeekFrom::End(0))?;
        let tail = self.bytes(
            length.saturating_sub(END + COMMENT),
            (END + COMMENT).min(length),
        )?;
        let end = tail
            .windows(4)
            .rposition(|window| window == b"PK\x05\x06")
            .and_then(|at| tail.get(at..))
            .filter(|end| end.len() as u64 >= END)
            .ok_or_else(|| self.broken("this is no zip archive: it has no end record"))?;
        let (mut count, mut size, mut start) = (le(end, 10, 2), le(end, 12, 4), le(end, 16, 4));
        if [count, size, start]
            .iter()
            .zip([0xFFFF, u32::MAX.into(), u32::MAX.into()])
            .any(|(a, b)| *a == b)
        {
            (count, size, start) = self.large_end(&tail, length)?;
        }
        if size > DIRECTORY || start.checked_add(size).is_none_or(|end| end > length) {
            return Err(self.broken("the zip archive's directory lies outside the file"));
        }
        let directory = self.bytes(start, size)?;
        self.parse(&directory, count)
    }

    /// Count, size and start of the directory from the 64-bit end record.
    fn large_end(&mut self, tail: &[u8], length: u64) -> Result<(u64, u64, u64), DataError> {
        let locator = tail
            .windows(4)
            .rposition(|window| window == b"PK\x06\x07")
            .and_then(|at| tail.get(at..))
            .ok_or_else(|| self.broken("the zip archive has no 64-bit end record"))?;
        let at = le(locator, 8, 8);
        if at.checked_add(56).is_none_or(|end| end > length) {
            return Err(self.broken("the zip archive's end record lies outside the file"));
        }
        let end = self.bytes(at, 56)?;
        if !end.starts_with(b"PK\x06\x06") {
            return Err(self.broken("the zip archive's 64-bit end record is damaged"));
        }
        Ok((le(&end, 32, 8), le(&end, 40, 8), le(&end, 48, 8)))
    }

    fn parse(&self, mut directory: &[u8], count: u64) -> Result<Vec<Entry>, DataError> {
        let mut entries = Vec::new();
        for _ in 0..count {
            if !directory.starts_with(b"PK\x01\x02") || directory.len() < 46 {
                return Err(self.broken("the zip archive's directory is damaged"));
            }
            let (name, extra, comment) = (
                le(directory, 28, 2),
                le(directory, 30, 2),
                le(directory, 32, 2),
            );
            let (name, extra, comment) = (name as usize, extra as usize, comment as usize);
            if le(directory, 8, 2) & 1 == 1 {
                return Err(self.broken("the zip archive is encrypted"));
            }
            let mut entry = Entry {
                name: String::from_utf8_lossy(directory.get(46..46 + name).unwrap_or_default())
                    .into_owned(),
                method: le(directory, 10, 2),
                checksum: le(directory, 16, 4),
                packed: le(directory, 20, 4),
                size: le(directory, 24, 4),
                offset: le(directory, 42, 4),
            };
            let fields = directory
                .get(46 + name..46 + name + extra)
                .unwrap_or_default();
            entry.widen(fields);
            entries.push(entry);
            directory = directory
                .get(46 + name + extra + comment..)
                .unwrap_or_default();
        }
        Ok(entries)
    }

    /// An entry's bytes, one after the other; [`Unpacked::finish`] says whether they were all right.
    pub(crate) fn open_entry<'z>(
        &'z mut self,
        entry: &'z Entry,
        limits: &Limits,
    ) -> Result<Unpacked<'z>, DataError> {
        if entry.size > limits.total_bytes as u64 {
            let sizes = (entry.size, limits.total_bytes, "total_bytes");
            return Err(self
                .file
                .too_large(None, format!("the size of `{}`", entry.name), sizes));
        }
        let length = self.seek(SeekFrom::End(0))?;
        let header = self.bytes(entry.offset, 30)?;
        if !header.starts_with(b"PK\x03\x04") {
            return Err(self.broken(&format!("`{}` is not where the directory says", entry.name)));
        }
        let start = entry.offset + 30 + le(&header, 26, 2) + le(&header, 28, 2);
        // What a size claims is believed, and room made for it, only as far as that many bytes can be there.
        let most = entry.packed.min(length).saturating_mul(DEFLATE_MOST);
        if entry.size > most {
            return Err(damaged(self.file, entry));
        }
        if ![0, 8].contains(&entry.method) {
            let problem = format!(
                "`{}` is packed by method {}, which is not read",
                entry.name, entry.method
            );
            return Err(self.broken(&problem));
        }
        self.seek(SeekFrom::Start(start))?;
        let packed = (&mut self.handle).take(entry.packed);
        let inner: Box<dyn Read + 'z> = if entry.method == 0 {
            Box::new(packed)
        } else {
            Box::new(DeflateDecoder::new(packed))
        };
        Ok(Unpacked {
            file: self.file,
            entry,
            // One byte more than stated, so that a longer stream is noticed and no bomb goes off.
            inner: inner.take(entry.size + 1),
            crc: Crc::new(),
        })
    }

    fn seek(&mut self, to: SeekFrom) -> Result<u64, DataError> {
        self.handle
            .seek(to)
            .map_err(|error| self.file.unreadable(None, &error))
    }

    /// `count` bytes from `start` on.
    fn bytes(&mut self, start: u64, count: u64) -> Result<Vec<u8>, DataError> {
        self.seek(SeekFrom::Start(start))?;
        let mut bytes = Vec::new();
        let read = (&mut self.handle).take(count).read_to_end(&mut bytes);
        match read {
            Ok(read) if read as u64 == count => Ok(bytes),
            Ok(_) => Err(self.broken("the zip archive is cut short")),
            Err(error) => Err(self.file.unreadable(None, &error)),
        }
    }

    fn broken(&self, problem: &str) -> DataError {
        self.file.malformed(None, problem)
    }
}

impl Entry {
    /// Takes the 64-bit sizes from the extra fields, for those that did not fit.
    fn widen(&mut self, mut fields: &[u8]) {
        while fields.len() >= 4 {
            let size = le(fields, 2, 2) as usize;
            let content = fields.get(4..4 + size).unwrap_or_default();
            if le(fields, 0, 2) == 1 {
                let mut at = 0;
                for value in [&mut self.size, &mut self.packed, &mut self.offset] {
                    if *value == u64::from(u32::MAX) && content.len() >= at + 8 {
                        *value = le(content, at, 8);
                        at += 8;
                    }
                }
            }
            fields = fields.get(4 + size..).unwrap_or_default();
        }
    }
}

/// The bytes of an entry while they are read.
pub(crate) struct Unpacked<'z> {
    file: &'z FileRef,
    entry: &'z Entry,
    inner: std::io::Take<Box<dyn Read + 'z>>,
    crc: Crc,
}

impl Read for Unpacked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.crc.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl Unpacked<'_> {
    /// Reads what is left, and refuses an entry that is cut, longer than stated or of another checksum.
    pub(crate) fn finish(mut self) -> Result<(), DataError> {
        std::io::copy(&mut self, &mut std::io::sink())
            .map_err(|error| self.file.unreadable(None, &error))?;
        // Of one byte more than stated, that one is left.
        if self.inner.limit() == 1 && u64::from(self.crc.sum()) == self.entry.checksum {
            return Ok(());
        }
        Err(damaged(self.file, self.entry))
    }
}

fn damaged(file: &FileRef, entry: &Entry) -> DataError {
    let problem = format!("`{}` is damaged: size or checksum differ", entry.name);
    file.malformed(None, problem)
}

/// `count` bytes at `at` as a number, least significant first; bytes that are not there are zero.
fn le(bytes: &[u8], at: usize, count: usize) -> u64 {
    let bytes = bytes.get(at..).unwrap_or_default();
    bytes
        .iter()
        .take(count)
        .rev()
        .fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
