//! Images of one shape, as bytes or as floats.

use crate::encoded::feed;
use crate::error::DataError;

/// Equal-sized images, one after the other: `[images, channels, height, width]`.
///
/// ```
/// use polytask_data::Images;
///
/// let images = Images::new([1, 1, 2], vec![0, 255, 7, 8])?;
/// assert_eq!((images.len(), images.get(1)), (2, [7, 8].as_slice()));
/// # Ok::<(), polytask_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    shape: [usize; 3],
    pixels: Pixels,
}

/// What a pixel is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pixels {
    /// A shade, that is so many 255ths.
    Bytes(Vec<u8>),
    /// Itself.
    Numbers(Vec<f32>),
}

impl Default for Pixels {
    fn default() -> Self {
        Self::Bytes(Vec::new())
    }
}

impl Pixels {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(pixels) => pixels.len(),
            Self::Numbers(pixels) => pixels.len(),
        }
    }

    /// What messages call them.
    fn kind(&self) -> &'static str {
        match self {
            Self::Bytes(_) => "bytes",
            Self::Numbers(_) => "floats",
        }
    }
}

impl Images {
    /// Images of `shape` (channels, height, width), one byte a value.
    ///
    /// # Errors
    /// [`DataError::Length`] if a side is 0 or the bytes are no whole number of images.
    pub fn new(shape: [usize; 3], pixels: Vec<u8>) -> Result<Self, DataError> {
        Self::of(shape, Pixels::Bytes(pixels))
    }

    /// As [`Self::new`], of bytes or of floats.
    pub(crate) fn of(shape: [usize; 3], pixels: Pixels) -> Result<Self, DataError> {
        let images = Self { shape, pixels };
        let size = images.size();
        if size == 0 || !images.pixels.len().is_multiple_of(size) {
            return Err(DataError::Length {
                file: "images".to_owned(),
                what: format!("pixels of images of shape {shape:?}"),
                found: images.pixels.len(),
                rows: size,
            });
        }
        Ok(images)
    }

    /// Channels, height, width.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Pixels of one image.
    #[must_use]
    pub fn size(&self) -> usize {
        // Saturating: a shape may come from a file.
        self.shape
            .iter()
            .fold(1, |size, &side| size.saturating_mul(side))
    }

    /// How many images there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pixels.len().checked_div(self.size()).unwrap_or(0)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One image's bytes, channel by channel; empty if there is no such image, or if images are floats.
    #[must_use]
    pub fn get(&self, image: usize) -> &[u8] {
        match &self.pixels {
            Pixels::Bytes(pixels) => part(pixels, image, self.size()),
            Pixels::Numbers(_) => &[],
        }
    }

    /// One image's floats, channel by channel; empty if there is no such image, or if images are bytes.
    #[must_use]
    pub fn numbers(&self, image: usize) -> &[f32] {
        match &self.pixels {
            Pixels::Bytes(_) => &[],
            Pixels::Numbers(pixels) => part(pixels, image, self.size()),
        }
    }

    /// Whether pixels are floats.
    #[must_use]
    pub fn are_numbers(&self) -> bool {
        matches!(self.pixels, Pixels::Numbers(_))
    }

    /// What its pixels are, in words.
    pub(crate) fn kind(&self) -> &'static str {
        self.pixels.kind()
    }

    /// The first image with a pixel that is no finite number.
    pub(crate) fn first_not_finite(&self) -> Option<usize> {
        match &self.pixels {
            Pixels::Bytes(_) => None,
            Pixels::Numbers(pixels) => {
                let place = pixels.iter().position(|pixel| !pixel.is_finite())?;
                place.checked_div(self.size())
            }
        }
    }

    /// Feeds one image to a digest.
    pub(crate) fn feed(&self, image: usize, hasher: &mut blake3::Hasher) {
        hasher.update(self.get(image));
        feed(
            hasher,
            self.numbers(image)
                .iter()
                .map(|number| number.to_le_bytes()),
        );
    }

    /// Only the images whose flag is set.
    pub(crate) fn retain(mut self, flags: &[bool]) -> Self {
        let size = self.size();
        match &mut self.pixels {
            Pixels::Bytes(pixels) => retain(pixels, size, flags),
            Pixels::Numbers(pixels) => retain(pixels, size, flags),
        }
        self
    }

    /// Adds the images of another table, which come from `file`.
    pub(crate) fn append(&mut self, others: Option<Self>, file: &str) -> Result<(), DataError> {
        let problem = match others {
            None => "there are no images".to_owned(),
            Some(others) if others.shape != self.shape => format!(
                "the images are of shape {:?}, those before of {:?} (channels, height, width)",
                others.shape, self.shape
            ),
            Some(others) => match (&mut self.pixels, others.pixels) {
                (Pixels::Bytes(pixels), Pixels::Bytes(mut more)) => {
                    pixels.append(&mut more);
                    return Ok(());
                }
                (Pixels::Numbers(pixels), Pixels::Numbers(mut more)) => {
                    pixels.append(&mut more);
                    return Ok(());
                }
                (own, more) => format!(
                    "the images are {}, those before {}",
                    more.kind(),
                    own.kind()
                ),
            },
        };
        Err(DataError::Format {
            file: file.to_owned(),
            line: None,
            problem,
            help: None,
        })
    }
}

/// The pixels of one image of this size.
fn part<T>(pixels: &[T], image: usize, size: usize) -> &[T] {
    image
        .checked_mul(size)
        .and_then(|start| pixels.get(start..start.checked_add(size)?))
        .unwrap_or_default()
}

fn retain<T: Copy>(pixels: &mut Vec<T>, size: usize, flags: &[bool]) {
    let mut kept = 0;
    for (image, _) in flags.iter().enumerate().filter(|(_, keep)| **keep) {
        let start = image * size;
        if start + size <= pixels.len() {
            pixels.copy_within(start..start + size, kept);
            kept += size;
        }
    }
    pixels.truncate(kept);
}
