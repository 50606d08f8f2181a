//! The layout, and how much of it is believed before it is checked.
//!
//! ```text
//! offset  bytes  what
//!      0     16  magic: 0x89 "polytask" CR LF 0x1A LF 0 0 0   (a text-mode copy or a 7-bit channel destroys it)
//!     16      4  format version, u32
//!     20      4  zero
//!     24      8  length of the header, u64
//!     32     32  BLAKE3 of bytes 0..32 and the header
//!     64      …  header: JSON {"meta": {key: text}, "parts": [{name, kind, shape, offset, length, blake3}]},
//!                in its one canonical spelling, parts sorted by name
//!      …      …  zeros up to a multiple of 64; then each part in the header's order, followed by zeros likewise
//!      …      8  end magic "ptaskend"
//!      …      8  length of the whole file, u64
//!      …     32  BLAKE3 of everything before
//! ```
//!
//! All numbers are little endian. No byte is left unchecked: the whole-file hash covers all but itself, and a file that
//! was rehashed after tampering still has to be the canonical encoding of some checkpoint.

/// First bytes of every checkpoint.
pub(super) const MAGIC: [u8; 16] = *b"\x89polytask\r\n\x1a\n\0\0\0";
/// The newest version that this build writes and reads.
pub(super) const VERSION: u32 = 1;
/// Bytes before the header.
pub(super) const PREAMBLE: u64 = 64;
/// First bytes of the trailer.
pub(super) const END_MAGIC: [u8; 8] = *b"ptaskend";
/// Bytes after the last part.
pub(super) const TRAILER: u64 = 48;
/// Parts start at multiples of this, so that a mapped file would hold aligned tensors.
pub(super) const ALIGNMENT: u64 = 64;
/// Bytes read, hashed and written at a time.
pub(super) const CHUNK: usize = 1 << 20;

/// How much is accepted before anything is allocated. The defaults keep reading below twice the file's size plus 64 MB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Length of the file.
    pub file_bytes: u64,
    /// Length of the header: all of `meta` and the list of parts, as JSON.
    pub header_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 256 << 30,
            header_bytes: 16 << 20,
        }
    }
}

/// Parts in one file.
pub(super) const MOST_PARTS: usize = 65_536;
/// Texts in `meta`.
pub(super) const MOST_TEXTS: usize = 4_096;
/// Sides of a shape.
pub(super) const MOST_SIDES: usize = 16;
/// Bytes of a part's name or kind, or of a key in `meta`.
pub(super) const LONGEST_NAME: usize = 1_024;

/// `offset` rounded up to the alignment; none if that overflows.
pub(super) fn aligned(offset: u64) -> Option<u64> {
    offset.checked_next_multiple_of(ALIGNMENT)
}

/// Bytes of one element of a kind whose size is known.
pub(super) fn element_bytes(kind: &str) -> Option<u64> {
    match kind {
        "u8" | "i8" | "flag" | "bool" => Some(1),
        "f16" | "bf16" | "u16" | "i16" => Some(2),
        "f32" | "u32" | "i32" => Some(4),
        "f64" | "u64" | "i64" => Some(8),
        _ => None,
    }
}
