//! The beginning of a file: nothing that it says is believed before it is compared with something that we know.
//!
//! The order matters. First what makes it ours at all, then the version (a later one may have changed all the rest), then
//! lengths against the length of the file, then the header's hash, then its content; and only then is a part read.

use std::fs::File;
use std::path::Path;

use super::format::{Limits, MAGIC, PREAMBLE, TRAILER, VERSION};
use super::header::Header;
use super::source::Source;
use crate::{Digest, Flaw, StoreError};

/// A file whose preamble and header are verified, whose length is what the header implies, and whose parts come next.
pub(super) struct Opened<'a> {
    pub(super) source: Source<'a>,
    pub(super) header: Header,
    pub(super) length: u64,
}

impl<'a> Opened<'a> {
    pub(super) fn start(file: &'a mut File, path: &'a Path) -> Result<Self, StoreError> {
        let limits = Limits::default();
        let found = file.metadata();
        let length = found
            .map_err(|error| StoreError::io(path, "stat", error))?
            .len();
        let mut source = Source::new(file, path);
        let room = check_identity(&mut source, length)?;

        let version = u32::from_le_bytes(source.array("version")?);
        check_version(path, version)?;
        if source.array("reserved")? != [0; 4] {
            return Err(source.flaw("reserved", Flaw::NotZero));
        }
        if length > limits.file_bytes {
            let flaw = Flaw::Limit {
                value: length,
                limit: limits.file_bytes,
            };
            return Err(source.flaw("file", flaw));
        }
        let header_length = u64::from_le_bytes(source.array("header.length")?);
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
        let stated = Digest(source.array("header.blake3")?);
        let text = source.take("header", header_length)?;
        let found = header_hash(version, header_length, &text);
        if stated != found {
            return Err(source.flaw("header.blake3", Flaw::checksum(stated, found)));
        }
        let mut header = source.check(Header::parse(&text))?;
        drop(text);
        source.check(header.check())?;
        let end = header.lay_out(header_length, |index, entry, stated| {
            if entry.offset == stated {
                return Ok(());
            }
            let flaw = Flaw::Number {
                stated,
                found: entry.offset,
            };
            Err((format!("header.parts[{index}].offset"), flaw))
        });
        let stated = source.check(end)?.saturating_add(TRAILER);
        if stated != length {
            return Err(source.flaw(
                "file",
                Flaw::Length {
                    stated,
                    found: length,
                },
            ));
        }
        source.padding("header.padding")?;
        Ok(Self {
            source,
            header,
            length,
        })
    }
}

/// Is it a checkpoint of ours, and long enough to be one? How many bytes are left for header and parts.
fn check_identity(source: &mut Source<'_>, length: u64) -> Result<u64, StoreError> {
    if length == 0 {
        return Err(source.flaw("file", Flaw::Empty));
    }
    let beginning = source.take("magic", length.min(MAGIC.len() as u64))?;
    if !MAGIC.starts_with(&beginning) {
        return Err(source.flaw("magic", Flaw::NotOurs));
    }
    let shortest = PREAMBLE + TRAILER;
    length.checked_sub(shortest).ok_or_else(|| {
        let flaw = Flaw::Length {
            stated: shortest,
            found: length,
        };
        source.flaw("file", flaw)
    })
}

fn check_version(path: &Path, version: u32) -> Result<(), StoreError> {
    let (found, known) = (u64::from(version), u64::from(VERSION));
    match found.cmp(&known) {
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::NewerFormat {
            path: path.to_owned(),
            found,
            known,
        }),
        std::cmp::Ordering::Less => {
            let flaw = Flaw::Number {
                stated: known,
                found,
            };
            Err(StoreError::corrupt(path, "version", flaw))
        }
    }
}

/// The fields before the header's hash, in order.
pub(super) fn preamble_fields(version: u32, header_length: u64) -> Vec<u8> {
    let mut fields = MAGIC.to_vec();
    fields.extend_from_slice(&version.to_le_bytes());
    fields.extend_from_slice(&[0; 4]);
    fields.extend_from_slice(&header_length.to_le_bytes());
    fields
}

/// BLAKE3 of the preamble's fields and the header.
pub(super) fn header_hash(version: u32, header_length: u64, header: &[u8]) -> Digest {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&preamble_fields(version, header_length));
    hasher.update(header);
    Digest(*hasher.finalize().as_bytes())
}
