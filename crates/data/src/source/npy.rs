//! One array in NumPy's format: magic, version, a header that is a Python dictionary, the elements. Elements are read
//! block by block, so that an array is never held beside what it becomes.

use std::io::{self, Read};

use super::array::{Array, Class, Kind, push_channels_first};
use crate::column::Values;
use crate::image::Pixels;
use crate::quoted::shown;

/// Bytes of elements that are held at a time, if a row takes no more.
const BLOCK: usize = 256 << 10;

/// What an array's header says.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) kind: Kind,
    pub(crate) shape: Vec<usize>,
    /// The first index varies fastest.
    pub(crate) is_fortran: bool,
}

impl Head {
    /// Reads the header of an array that takes so many bytes.
    pub(crate) fn read(bytes: &mut impl Read, size: u64) -> Result<Self, String> {
        let mut start = [0; 8];
        let is_read = bytes.read_exact(&mut start).is_ok();
        let (length_bytes, is_magic) = match start {
            [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _] => (2, is_read),
            [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _] => (4, is_read),
            _ => (0, false),
        };
        if !is_magic {
            return Err("does not begin as an .npy file does".to_owned());
        }
        let cut = || "has a header that is cut short".to_owned();
        let mut length = [0; 4];
        let count = length.get_mut(..length_bytes).unwrap_or_default();
        bytes.read_exact(count).map_err(|_| cut())?;
        let length = u64::from(u32::from_le_bytes(length));
        let mut header = Vec::new();
        let read = bytes.take(length).read_to_end(&mut header);
        let header = match (read, String::from_utf8(header)) {
            (Ok(read), Ok(header)) if read as u64 == length => header,
            _ => return Err(cut()),
        };
        let head = Self {
            kind: kind(after(&header, "'descr':")?)?,
            is_fortran: after(&header, "'fortran_order':")?.starts_with("True"),
            shape: shape(after(&header, "'shape':")?)?,
        };
        let wanted =
            (head.shape.iter()).fold(head.kind.size, |bytes, &side| bytes.saturating_mul(side));
        let found = size.saturating_sub(8 + length_bytes as u64 + length);
        if found != wanted as u64 {
            return Err(format!(
                "has {found} bytes for shape {:?}; {wanted} are wanted",
                head.shape
            ));
        }
        Ok(head)
    }

    /// The length along the first axis.
    pub(crate) fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// Elements of one row.
    pub(crate) fn width(&self) -> usize {
        self.shape.iter().skip(1).product()
    }

    /// Reads the elements of an array of one or two axes: hands over the next cells of a column, those of each column in
    /// order.
    pub(crate) fn columns(
        &self,
        bytes: &mut impl Read,
        take: &mut dyn FnMut(usize, &dyn Fn() -> Values),
    ) -> io::Result<()> {
        let (rows, width) = (self.rows(), self.width());
        if self.is_fortran {
            for column in 0..width {
                self.blocks(bytes, rows, 1, &mut |_, cells| take(column, cells))?;
            }
            return Ok(());
        }
        self.blocks(bytes, rows, width, take)
    }

    /// Reads `[rows, width]` elements, row by row.
    fn blocks(
        &self,
        bytes: &mut impl Read,
        rows: usize,
        width: usize,
        take: &mut dyn FnMut(usize, &dyn Fn() -> Values),
    ) -> io::Result<()> {
        let row = (width * self.kind.size).max(1);
        let most = (BLOCK / row).max(1);
        let mut buffer = Vec::new();
        for start in (0..rows).step_by(most) {
            let count = most.min(rows - start);
            buffer.resize(count * row, 0);
            bytes.read_exact(&mut buffer)?;
            let block = Array {
                kind: self.kind,
                shape: vec![count, width],
                is_fortran: false,
                bytes: buffer,
            };
            for column in 0..width {
                take(column, &|| block.column(column));
            }
            buffer = block.bytes;
        }
        Ok(())
    }

    /// Reads the elements as images, of which `channels` come last if that is not 1: bytes, or floats.
    pub(crate) fn pixels(&self, bytes: &mut impl Read, channels: usize) -> io::Result<Pixels> {
        let size = self.width();
        let total = size.saturating_mul(self.rows());
        let mut image = vec![0; size * self.kind.size];
        if self.kind.is_byte() {
            let mut pixels = Vec::with_capacity(total);
            for _ in 0..self.rows() {
                bytes.read_exact(&mut image)?;
                push_channels_first(&image, channels, &mut pixels);
            }
            return Ok(Pixels::Bytes(pixels));
        }
        let mut pixels = Vec::with_capacity(total);
        for _ in 0..self.rows() {
            bytes.read_exact(&mut image)?;
            let numbers = image.chunks_exact(self.kind.size.max(1));
            // Single precision is what the model computes in.
            let numbers: Vec<f32> = numbers
                .map(|bytes| self.kind.number(bytes) as f32)
                .collect();
            push_channels_first(&numbers, channels, &mut pixels);
        }
        Ok(Pixels::Numbers(pixels))
    }
}

fn after<'a>(header: &'a str, key: &str) -> Result<&'a str, String> {
    let (_, value) = header
        .split_once(key)
        .ok_or_else(|| format!("has no {key} in its header"))?;
    Ok(value.trim_start())
}

/// `'<f4'`: byte order, class, bytes.
fn kind(value: &str) -> Result<Kind, String> {
    let descriptor = value
        .strip_prefix('\'')
        .and_then(|value| value.split('\'').next())
        .unwrap_or("a structure");
    let unread = || {
        format!(
            "is of type {}; numbers, booleans and text are read",
            shown(descriptor)
        )
    };
    let (order, rest) = match descriptor.split_at_checked(1) {
        Some((order @ ("<" | ">" | "|" | "="), rest)) => (order, rest),
        _ => return Err(unread()),
    };
    let (class, count) = rest.split_at_checked(1).ok_or_else(unread)?;
    let count: usize = count.parse().map_err(|_| unread())?;
    let (class, size) = match (class, count) {
        ("b", 1) => (Class::Unsigned, 1),
        ("u", 1 | 2 | 4 | 8) => (Class::Unsigned, count),
        ("i", 1 | 2 | 4 | 8) => (Class::Signed, count),
        ("f", 2 | 4 | 8) => (Class::Float, count),
        ("U", 1..=100_000) => (Class::Unicode, 4 * count),
        ("S", 1..=100_000) => (Class::Bytes, count),
        _ => return Err(unread()),
    };
    Ok(Kind {
        class,
        size,
        is_big_endian: order == ">",
    })
}

/// `(60000, 28, 28)`.
fn shape(value: &str) -> Result<Vec<usize>, String> {
    let inside = value
        .strip_prefix('(')
        .and_then(|value| value.split(')').next())
        .ok_or("has no shape")?;
    let sides = inside
        .split(',')
        .map(str::trim)
        .filter(|side| !side.is_empty());
    let shape: Result<Vec<usize>, _> = sides.map(str::parse).collect();
    match shape {
        Ok(shape) if !shape.is_empty() => Ok(shape),
        Ok(_) => Err("has no axis; one row per entry is wanted".to_owned()),
        Err(_) => Err(format!("has shape ({})", shown(inside))),
    }
}
