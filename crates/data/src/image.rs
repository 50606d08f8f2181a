//! Images of one shape, as bytes.

use crate::error::DataError;

/// Equal-sized images, one after the other: `[images, channels, height, width]`, one byte a value.
///
/// ```
/// use polytask_data::Images;
///
/// let images = Images::new([1, 1, 2], vec![0, 255, 7, 8])?;
/// assert_eq!((images.len(), images.get(1)), (2, [7, 8].as_slice()));
/// # Ok::<(), polytask_data::DataError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    shape: [usize; 3],
    pixels: Vec<u8>,
}

impl Images {
    /// Images of `shape` (channels, height, width).
    ///
    /// # Errors
    /// [`DataError::Length`] if a side is 0 or the bytes are no whole number of images.
    pub fn new(shape: [usize; 3], pixels: Vec<u8>) -> Result<Self, DataError> {
        let images = Self { shape, pixels };
        let size = images.size();
        if size == 0 || !images.pixels.len().is_multiple_of(size) {
            return Err(DataError::Length {
                file: "images".to_owned(),
                what: format!("bytes of images of shape {shape:?}"),
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

    /// Bytes of one image.
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
        self.pixels.is_empty()
    }

    /// One image's bytes, channel by channel; empty if there is no such image.
    #[must_use]
    pub fn get(&self, image: usize) -> &[u8] {
        let size = self.size();
        image
            .checked_mul(size)
            .and_then(|start| self.pixels.get(start..start.checked_add(size)?))
            .unwrap_or(&[])
    }

    /// Only the images whose flag is set.
    pub(crate) fn retain(mut self, flags: &[bool]) -> Self {
        let size = self.size();
        let mut kept = 0;
        for (image, _) in flags.iter().enumerate().filter(|(_, keep)| **keep) {
            let start = image * size;
            if start + size <= self.pixels.len() {
                self.pixels.copy_within(start..start + size, kept);
                kept += size;
            }
        }
        self.pixels.truncate(kept);
        self
    }

    /// Adds the images of another table, which come from `file`.
    pub(crate) fn append(&mut self, others: Option<Self>, file: &str) -> Result<(), DataError> {
        let found = others.as_ref().map(Self::shape);
        match others {
            Some(mut others) if others.shape == self.shape => {
                self.pixels.append(&mut others.pixels);
                Ok(())
            }
            _ => Err(DataError::Format {
                file: file.to_owned(),
                line: None,
                problem: match found {
                    Some(found) => format!(
                        "the images are of shape {found:?}, those before of {:?} (channels, height, width)",
                        self.shape
                    ),
                    None => "there are no images".to_owned(),
                },
                help: None,
            }),
        }
    }
}
