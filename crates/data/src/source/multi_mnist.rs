//! Two digits in one picture, made of a file of single ones: Multi-MNIST.
//!
//! Row i is image i of the file, drawn at the top left of a canvas that is larger by 8 pixels each way, and over it another
//! image of the same file, 6 pixels lower and further right; where they overlap the lighter pixel counts. The canvas is then
//! brought to the size of one image by the nearest pixel, or left as it is. The labels are `left` and `right`.
//!
//! The second image is drawn from the stream `multi_mnist/pairs`, i, of `data_seed`, any image with the same probability. So a file
//! gives as many pairs as it has images, always the same ones. After a random split the second digit of a validation row may
//! be the first of a training row, as in the data sets of the literature.
//!
//! Source: Sabour et al. 2017; layout of Sener and Koltun 2018 (36 × 36 made 28 × 28), of which Lin et al. 2019 (Pareto MTL)
//! keep the canvas.

use polytask_config::Fields;
use polytask_random::Seed;

use super::file::FileRef;
use super::idx::{labels_of, read};
use super::layout::{Form, Layout};
use super::{Reading, Source};
use crate::column::Values;
use crate::error::{DataError, DataErrors};
use crate::image::Images;
use crate::table::Table;

/// By how much the canvas is larger than an image, each way.
const MARGIN: usize = 8;

/// How much lower and further right the second image is.
const OFFSET: usize = 6;

/// A file of images and their labels, in the MNIST layout.
#[derive(Clone, Debug)]
pub(crate) struct MultiMnist {
    images: FileRef,
    labels: FileRef,
    is_resized: bool,
    data_seed: u64,
}

pub(super) fn options(fields: &mut Fields<'_>) -> Box<dyn Source> {
    let mut file = |key, help| FileRef {
        key: Some(fields.key_path(key)),
        path: fields.path(key, help).required(),
    };
    Box::new(MultiMnist {
        images: file("images", "the file of single images"),
        labels: file("labels", "the file of their labels"),
        is_resized: fields
            .flag(
                "resize",
                "whether a pair is brought to the size of one image",
            )
            .or(true),
        data_seed: fields
            .integer(
                "data_seed",
                "seed of the pairs; the run's own `seed` does not change them",
            )
            .or(1) as u64,
    })
}

impl Source for MultiMnist {
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let singles = read(&self.images, &reading.limits)?;
        let singles = singles.images(&self.images, &reading.limits)?;
        if singles.is_empty() {
            return Err(self.images.malformed(None, "there are no images").into());
        }
        let labels = (self.images.shown(), singles.len());
        let labels = labels_of(&self.labels, labels, &reading.limits)?;
        let pairs = self.pairs(&singles, reading)?;
        let rows = singles.len();
        let others = (0..rows).map(|row| self.other(row, rows));
        let right = others.map(|other| labels.get(other).copied().unwrap_or(f64::NAN));
        let right = right.collect();
        let mut table = Table::new(self.images.shown(), rows);
        table.set_images(pairs)?;
        table.push("left", Values::F64(labels))?;
        table.push("right", Values::F64(right))?;
        Ok(table)
    }

    fn layout(&self) -> Layout {
        Layout(Form::Idx)
    }
}

impl MultiMnist {
    /// Which image stands at the right of image `row`.
    fn other(&self, row: usize, rows: usize) -> usize {
        let mut stream = Seed(self.data_seed).stream("multi_mnist/pairs", row as u64);
        stream.below(rows)
    }

    fn pairs(&self, singles: &Images, reading: &Reading) -> Result<Images, DataError> {
        let [channels, height, width] = singles.shape();
        let shape = if self.is_resized {
            [channels, height, width]
        } else {
            [channels, height + MARGIN, width + MARGIN]
        };
        let size = shape
            .iter()
            .product::<usize>()
            .saturating_mul(singles.len());
        if size > reading.limits.total_bytes {
            let sizes = (size as u64, reading.limits.total_bytes, "total_bytes");
            return Err(self
                .images
                .too_large(None, "the pairs' size in bytes", sizes));
        }
        let mut pixels = Vec::with_capacity(size);
        for row in 0..singles.len() {
            let other = self.other(row, singles.len());
            let both = [singles.get(row), singles.get(other)];
            for channel in 0..channels {
                let plane = channel * height * width;
                let both = both.map(|image| image.get(plane..).unwrap_or_default());
                draw(both, [height, width], shape, &mut pixels);
            }
        }
        Images::new(shape, pixels)
    }
}

/// Draws a pair of planes `[height, width]`, at the size that is asked for.
fn draw(both: [&[u8]; 2], [height, width]: [usize; 2], shape: [usize; 3], pixels: &mut Vec<u8>) {
    let [_, rows, columns] = shape;
    let [left, right] = both;
    // The nearest pixel of the canvas: where the middle of a pixel falls.
    let nearest = |place: usize, canvas: usize, size: usize| (2 * place + 1) * canvas / (2 * size);
    let pixel = |image: &[u8], row: Option<usize>, column: Option<usize>| {
        let row = row.filter(|row| *row < height)?;
        let column = column.filter(|column| *column < width)?;
        image.get(row * width + column).copied()
    };
    for row in 0..rows {
        let row = nearest(row, height + MARGIN, rows);
        for column in 0..columns {
            let column = nearest(column, width + MARGIN, columns);
            let first = pixel(left, Some(row), Some(column)).unwrap_or(0);
            let (below, beside) = (row.checked_sub(OFFSET), column.checked_sub(OFFSET));
            let second = pixel(right, below, beside).unwrap_or(0);
            pixels.push(first.max(second));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A plane of one lit pixel.
    fn dot(row: usize, column: usize, light: u8) -> Vec<u8> {
        let mut plane = vec![0; 28 * 28];
        plane[row * 28 + column] = light;
        plane
    }

    fn lit(pixels: &[u8], width: usize) -> Vec<(usize, usize, u8)> {
        let lit = pixels.iter().enumerate().filter(|(_, light)| **light > 0);
        lit.map(|(place, light)| (place / width, place % width, *light))
            .collect()
    }

    #[test]
    fn the_second_image_is_lower_and_further_right_and_the_lighter_pixel_counts() {
        let (left, right) = (dot(10, 11, 90), dot(3, 20, 200));
        let mut canvas = Vec::new();
        draw([&left, &right], [28, 28], [1, 36, 36], &mut canvas);
        assert_eq!(lit(&canvas, 36), [(9, 26, 200), (10, 11, 90)]);
        for (first, second, wanted) in [(90, 200, 200), (200, 90, 200)] {
            let (left, right) = (dot(16, 16, first), dot(10, 10, second));
            canvas.clear();
            draw([&left, &right], [28, 28], [1, 36, 36], &mut canvas);
            assert_eq!(lit(&canvas, 36), [(16, 16, wanted)]);
        }
    }

    #[test]
    fn a_resized_pair_has_every_pixel_from_where_its_middle_falls() {
        // Oracle: ⌊(i + ½) · 36/28⌋, in floating point.
        let white = vec![255; 28 * 28];
        let ramp: Vec<u8> = (0..28 * 28).map(|place| (place % 28) as u8).collect();
        let mut pixels = Vec::new();
        draw(
            [&ramp, &vec![0; 28 * 28]],
            [28, 28],
            [1, 28, 28],
            &mut pixels,
        );
        for (column, pixel) in pixels.iter().take(28).enumerate() {
            let from = ((column as f64 + 0.5) * 36.0 / 28.0).floor() as usize;
            let wanted = if from < 28 { from as u8 } else { 0 };
            assert_eq!(*pixel, wanted, "{column}");
        }
        pixels.clear();
        draw(
            [&vec![0; 28 * 28], &white],
            [28, 28],
            [1, 28, 28],
            &mut pixels,
        );
        // The second image covers rows 6 to 33 of 36: those whose middle falls there.
        let rows = (0..28).filter(|row| pixels[row * 28 + 14] == 255).count();
        let wanted = (0..28).filter(|row| (6..34).contains(&((2 * row + 1) * 36 / 56)));
        assert_eq!(rows, wanted.count());
    }
}
