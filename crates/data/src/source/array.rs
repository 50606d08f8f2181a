//! Arrays of numbers or text as files hold them: bytes, a type and a shape.

use crate::column::{Values, Words};
use crate::image::Images;
use crate::limits::Limits;

use super::file::FileRef;
use crate::error::DataError;

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) class: Class,
    /// Bytes of one element.
    pub(crate) size: usize,
    pub(crate) is_big_endian: bool,
}

/// What the bytes of an element mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Unsigned,
    Signed,
    Float,
    /// UTF-32, padded with zeros.
    Unicode,
    /// Bytes, padded with zeros.
    Bytes,
}

/// An array.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    pub(crate) kind: Kind,
    pub(crate) shape: Vec<usize>,
    /// The first index varies fastest.
    pub(crate) is_fortran: bool,
    pub(crate) bytes: Vec<u8>,
}

impl Array {
    /// The length along the first axis.
    pub(crate) fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// Elements of one row.
    pub(crate) fn width(&self) -> usize {
        self.shape
            .iter()
            .skip(1)
            .fold(1, |width, &side| width.saturating_mul(side))
    }

    /// One column of an array of one or two axes.
    pub(crate) fn column(&self, column: usize) -> Values {
        let (rows, width) = (self.rows(), self.width());
        let elements = (0..rows).map(|row| {
            let index = if self.is_fortran {
                column * rows + row
            } else {
                row * width + column
            };
            let start = index.saturating_mul(self.kind.size);
            self.bytes
                .get(start..start.saturating_add(self.kind.size))
                .unwrap_or_default()
        });
        match self.kind.class {
            Class::Unicode | Class::Bytes => {
                let mut words = Words::default();
                for element in elements {
                    let text = self.kind.text(element);
                    words.push((!text.is_empty()).then_some(text.as_str()));
                }
                Values::Text(words)
            }
            // Numbers of up to 16 bits and single-precision floats fit an f32 exactly.
            Class::Float if self.kind.size <= 4 => Values::F32(self.kind.singles(elements)),
            Class::Unsigned | Class::Signed if self.kind.size <= 2 => {
                Values::F32(self.kind.singles(elements))
            }
            _ => Values::F64(elements.map(|element| self.kind.number(element)).collect()),
        }
    }

    /// The array as images, `[n, h, w]` or `[n, c, h, w]`.
    pub(crate) fn images(self, file: &FileRef, limits: &Limits) -> Result<Images, DataError> {
        let shape = image_shape(&self.shape, false, file, limits)?;
        if !self.kind.is_byte() {
            return Err(file.malformed(None, "the images are not unsigned bytes (uint8, 0 to 255)"));
        }
        Images::new(shape, self.bytes)
    }
}

/// Channels, height and width of an array of images: `[n, h, w]`, `[n, c, h, w]`, or `[n, h, w, c]` if the channels come
/// last.
pub(crate) fn image_shape(
    axes: &[usize],
    is_channels_last: bool,
    file: &FileRef,
    limits: &Limits,
) -> Result<[usize; 3], DataError> {
    let shape = match (axes, is_channels_last) {
        (&[_, height, width], _) => [1, height, width],
        (&[_, channels, height, width], false) | (&[_, height, width, channels], true) => {
            [channels, height, width]
        }
        _ => {
            let problem = format!("the images have shape {axes:?}; 3 or 4 axes are wanted");
            return Err(file.malformed(None, problem));
        }
    };
    check_shape(shape, file, limits)?;
    Ok(shape)
}

/// Refuses images whose sides are zero or beyond the limits.
pub(crate) fn check_shape(
    [channels, height, width]: [usize; 3],
    file: &FileRef,
    limits: &Limits,
) -> Result<(), DataError> {
    if channels == 0 || height == 0 || width == 0 || channels > 16 {
        let problem = format!("images of {channels} channels, {height} by {width} pixels");
        return Err(file.malformed(None, problem));
    }
    let side = height.max(width);
    if side > limits.image_side {
        let sizes = (side as u64, limits.image_side, "image_side");
        return Err(file.too_large(None, "the longer side of an image", sizes));
    }
    let pixels = height.saturating_mul(width);
    if pixels > limits.image_pixels {
        let sizes = (pixels as u64, limits.image_pixels, "image_pixels");
        return Err(file.too_large(None, "the number of pixels of an image", sizes));
    }
    Ok(())
}

/// Adds one image of `[h, w, c]` to `[n, c, h, w]`.
pub(crate) fn push_channels_first<T: Copy>(image: &[T], channels: usize, planes: &mut Vec<T>) {
    for channel in 0..channels {
        planes.extend(image.iter().skip(channel).step_by(channels.max(1)));
    }
}

impl Kind {
    pub(crate) fn is_byte(self) -> bool {
        self.class == Class::Unsigned && self.size == 1
    }

    fn singles<'a>(self, elements: impl Iterator<Item = &'a [u8]>) -> Vec<f32> {
        // Exact for the kinds that come here.
        elements
            .map(|element| self.number(element) as f32)
            .collect()
    }

    /// The element's bits, most significant byte first.
    fn bits(self, element: &[u8]) -> u64 {
        let fold = |bits: u64, byte: &u8| (bits << 8) | u64::from(*byte);
        if self.is_big_endian {
            element.iter().fold(0, fold)
        } else {
            element.iter().rev().fold(0, fold)
        }
    }

    pub(crate) fn number(self, element: &[u8]) -> f64 {
        let bits = self.bits(element);
        let unused = 64 - 8 * self.size.min(8) as u32;
        match (self.class, self.size) {
            (Class::Signed, _) => ((bits << unused) as i64 >> unused) as f64,
            (Class::Float, 2) => half(bits as u16),
            (Class::Float, 4) => f64::from(f32::from_bits(bits as u32)),
            (Class::Float, _) => f64::from_bits(bits),
            _ => bits as f64,
        }
    }

    fn text(self, element: &[u8]) -> String {
        let text: String = match self.class {
            Class::Unicode => element
                .chunks(4)
                .map(|code| Kind { size: 4, ..self }.bits(code) as u32)
                .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect(),
            _ => String::from_utf8_lossy(element).into_owned(),
        };
        text.trim_end_matches('\0').to_owned()
    }
}

/// IEEE 754 half precision.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let fraction = f64::from(bits & 0x3ff) / 1024.0;
    match i32::from(bits >> 10 & 0x1f) {
        0 => sign * fraction * (-14f64).exp2(),
        31 if fraction == 0.0 => sign * f64::INFINITY,
        31 => f64::NAN,
        exponent => sign * (1.0 + fraction) * f64::from(exponent - 15).exp2(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(
        class: Class,
        size: usize,
        is_big_endian: bool,
        shape: &[usize],
        bytes: &[u8],
    ) -> Array {
        Array {
            kind: Kind {
                class,
                size,
                is_big_endian,
            },
            shape: shape.to_vec(),
            is_fortran: false,
            bytes: bytes.to_vec(),
        }
    }

    fn numbers(array: &Array, column: usize) -> Vec<f64> {
        match array.column(column) {
            Values::F32(values) => values.into_iter().map(f64::from).collect(),
            Values::F64(values) => values,
            Values::Text(_) => panic!("text"),
        }
    }

    #[test]
    fn every_kind_of_number_is_read() {
        assert_eq!(
            numbers(&array(Class::Signed, 2, true, &[2], &[0xff, 0xfe, 0, 5]), 0),
            [-2.0, 5.0]
        );
        assert_eq!(
            numbers(&array(Class::Unsigned, 2, false, &[1], &[5, 1]), 0),
            [261.0]
        );
        assert_eq!(
            numbers(
                &array(Class::Signed, 8, false, &[1], &(-7i64).to_le_bytes()),
                0
            ),
            [-7.0]
        );
        assert_eq!(
            numbers(
                &array(Class::Float, 8, true, &[1], &1.25f64.to_be_bytes()),
                0
            ),
            [1.25]
        );
        // Halves: 1, -2, the smallest subnormal, infinity.
        let halves = array(
            Class::Float,
            2,
            false,
            &[4],
            &[0, 0x3c, 0, 0xc0, 1, 0, 0, 0x7c],
        );
        assert_eq!(
            numbers(&halves, 0),
            [1.0, -2.0, (-24f64).exp2(), f64::INFINITY]
        );
    }

    #[test]
    fn columns_follow_the_order_of_the_axes() {
        let mut matrix = array(Class::Unsigned, 1, false, &[2, 3], &[1, 2, 3, 4, 5, 6]);
        assert_eq!(numbers(&matrix, 1), [2.0, 5.0]);
        matrix.is_fortran = true;
        assert_eq!(numbers(&matrix, 1), [3.0, 4.0]);
    }

    #[test]
    fn channels_that_come_last_are_moved() {
        let mut planes = vec![9];
        push_channels_first(&[1, 2, 3, 4, 5, 6], 3, &mut planes);
        assert_eq!(planes, [9, 1, 4, 2, 5, 3, 6]);
    }

    #[test]
    fn text_loses_its_padding() {
        let mut bytes = Vec::new();
        for code in ['a', 'é', '\0', 'b', '\0', '\0'] {
            bytes.extend(u32::from(code).to_le_bytes());
        }
        let Values::Text(words) = array(Class::Unicode, 12, false, &[2], &bytes).column(0) else {
            panic!()
        };
        assert_eq!((words.get(0), words.get(1)), (Some("aé"), Some("b")));
    }
}
