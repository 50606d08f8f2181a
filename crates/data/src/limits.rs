//! How much of an input is believed: nothing is allocated because a file says so.

use polytask_config::Fields;
use serde::{Deserialize, Serialize};

/// Upper limits; each is an option of `[data.limits]` and is named in its error.
///
/// ```
/// assert_eq!(polytask_data::Limits::default().columns, 10_000);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of one cell.
    pub field_bytes: usize,
    /// Bytes of one record.
    pub record_bytes: usize,
    /// Columns of one file.
    pub columns: usize,
    /// Pixels along one side of an image.
    pub image_side: usize,
    /// Pixels of one image.
    pub image_pixels: usize,
    /// Bytes that decoding one image may take.
    pub image_bytes: usize,
    /// Bytes of a whole source after decompression.
    pub total_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            field_bytes: 1 << 20,
            record_bytes: 16 << 20,
            columns: 10_000,
            image_side: 16_384,
            image_pixels: 64 << 20,
            image_bytes: 256 << 20,
            total_bytes: 16 << 30,
        }
    }
}

impl Limits {
    /// Lists the options of `[data.limits]`.
    pub(crate) fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Self::default();
        let mut limit = |key, help, usual| fields.integer(key, help).at_least(1).or(usual);
        Self {
            field_bytes: limit("field_bytes", "bytes of one cell", usual.field_bytes),
            record_bytes: limit("record_bytes", "bytes of one record", usual.record_bytes),
            columns: limit("columns", "columns of one file", usual.columns),
            image_side: limit(
                "image_side",
                "pixels along one side of an image",
                usual.image_side,
            ),
            image_pixels: limit("image_pixels", "pixels of one image", usual.image_pixels),
            image_bytes: limit(
                "image_bytes",
                "bytes that decoding one image may take",
                usual.image_bytes,
            ),
            total_bytes: limit(
                "total_bytes",
                "bytes of a source after decompression",
                usual.total_bytes,
            ),
        }
    }
}
