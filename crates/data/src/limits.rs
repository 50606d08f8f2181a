//! How much of an input is believed: nothing is allocated because a file says so.

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
