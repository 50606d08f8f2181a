//! One picture from a PNG or JPEG file, under limits: nothing is decoded before its size is known.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use image::imageops::{FilterType, resize};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, ImageResult};
use serde::{Deserialize, Serialize};

use super::array::{check_shape, push_channels_first};
use super::file::FileRef;
use crate::error::DataError;
use crate::limits::Limits;

/// What every picture is made into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Picture {
    /// 1 (grey) or 3 (red, green, blue).
    pub(crate) channels: usize,
    /// Height and width to scale to; `None`: as they are, and all must be equal.
    pub(crate) size: Option<[usize; 2]>,
}

/// The bytes of a picture, channel by channel, and its shape (channels, height, width).
pub(crate) fn decode(
    path: &Path,
    picture: Picture,
    limits: &Limits,
) -> Result<([usize; 3], Vec<u8>), DataError> {
    let image = opened(path, limits, DynamicImage::from_decoder)?;
    let (height, width) = (image.height(), image.width());
    let target = picture
        .size
        .map(|[height, width]| (width as u32, height as u32));
    let (width, height) = target.unwrap_or((width, height));
    let is_scaled = (image.width(), image.height()) != (width, height);
    let shape = [picture.channels, height as usize, width as usize];
    let bytes = if picture.channels == 1 {
        let grey = image.into_luma8();
        let grey = if is_scaled {
            resize(&grey, width, height, FilterType::Triangle)
        } else {
            grey
        };
        grey.into_raw()
    } else {
        let colour = image.into_rgb8();
        let colour = if is_scaled {
            resize(&colour, width, height, FilterType::Triangle)
        } else {
            colour
        };
        let mut planes = Vec::with_capacity(colour.len());
        push_channels_first(&colour.into_raw(), 3, &mut planes);
        planes
    };
    Ok((shape, bytes))
}

/// The shape (channels, height, width) of what [`decode`] makes of a picture, from its header.
pub(crate) fn shape(
    path: &Path,
    picture: Picture,
    limits: &Limits,
) -> Result<[usize; 3], DataError> {
    let (width, height) = opened(path, limits, |decoder| Ok(decoder.dimensions()))?;
    let [height, width] = picture.size.unwrap_or([height as usize, width as usize]);
    Ok([picture.channels, height, width])
}

/// What `read` makes of a picture whose header is within the limits.
fn opened<R>(
    path: &Path,
    limits: &Limits,
    read: impl FnOnce(Box<dyn ImageDecoder>) -> ImageResult<R>,
) -> Result<R, DataError> {
    let file = &FileRef::new(path);
    let size = file
        .regular()?
        .metadata()
        .map_err(|error| file.unreadable(None, &error))?
        .len();
    if size > limits.image_bytes as u64 {
        return Err(file.too_large(
            None,
            "the file's size in bytes",
            (size, limits.image_bytes, "image_bytes"),
        ));
    }
    let bytes = std::fs::read(&file.path).map_err(|error| file.unreadable(None, &error))?;
    let undecodable = |reason: &dyn std::fmt::Display| {
        file.malformed(None, format!("cannot be decoded: {reason}"))
    };
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| file.unreadable(None, &error))?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
        return Err(undecodable(&"it is neither PNG nor JPEG"));
    }
    let mut allowed = image::Limits::default();
    allowed.max_alloc = Some(limits.image_bytes as u64);
    reader.limits(allowed);
    // The decoders are not ours: should one panic on a crafted file, that is a bad file, not the end of the run.
    let result = catch_unwind(AssertUnwindSafe(|| -> Result<R, DataError> {
        let decoder = reader.into_decoder().map_err(|error| undecodable(&error))?;
        let (width, height) = decoder.dimensions();
        check_shape([1, height as usize, width as usize], file, limits)?;
        if decoder.total_bytes() > limits.image_bytes as u64 {
            let sizes = (decoder.total_bytes(), limits.image_bytes, "image_bytes");
            return Err(file.too_large(None, "the decoded size in bytes", sizes));
        }
        read(Box::new(decoder)).map_err(|error| undecodable(&error))
    }));
    result.unwrap_or_else(|_| Err(undecodable(&"the decoder gave up")))
}
