//! From contours in pixels to bytes: coverage, blur, contrast, noise.
//!
//! A pixel's ink is the share of it that is inside by the nonzero rule, exact along each of four scan lines per pixel
//! row. Blur is the filter (b, 1 − 2b, b) along both axes. Noise is the sum of four random bytes per pixel, scaled to
//! standard deviation 1: within 4 % of a normal law up to two deviations, at a tenth of the cost.

use polytask_random::Stream;

use super::outline::{Point, lines};

/// Pixels along each axis, as in MNIST.
pub(super) const SIDE: usize = 28;
/// Scan lines per row of pixels.
const SCANS: usize = 4;
const SCANS_PER_PIXEL: f64 = SCANS as f64;
/// The mean and the standard deviation of the sum of four bytes: 4 · 127.5 and √(4 (256² − 1) / 12).
const BYTES_MEAN: f64 = 510.0;
const BYTES_DEVIATION: f64 = 147.800_766_800_771_4;

/// How ink becomes bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finish {
    /// b of the blur, 0 to 1/3.
    pub(super) blur: f64,
    /// The value of full ink, 0 to 1.
    pub(super) contrast: f64,
    /// The noise's standard deviation, as a share of white.
    pub(super) noise: f64,
}

/// Paper that is used again for each glyph.
pub(super) struct Canvas {
    /// Where contours cross each scan line, and whether they go down (1) or up (−1).
    crossings: Vec<Vec<(f64, i32)>>,
    ink: [[f64; SIDE]; SIDE],
}

impl Canvas {
    pub(super) fn new() -> Self {
        Self {
            crossings: vec![Vec::new(); SIDE * SCANS],
            ink: [[0.0; SIDE]; SIDE],
        }
    }

    /// Draws the contours on clean paper and appends the bytes, row by row.
    pub(super) fn draw(
        &mut self,
        contours: &[Vec<Point>],
        finish: Finish,
        noise: &mut Stream,
        bytes: &mut Vec<u8>,
    ) {
        self.fill(contours);
        self.blur(finish.blur);
        let mut word = 0;
        for (pixel, ink) in self.ink.iter().flatten().enumerate() {
            // Four bytes a pixel: one word serves two.
            word = if pixel % 2 == 0 {
                noise.word()
            } else {
                word >> 32
            };
            let sum = (0..4).fold(0, |sum, byte| sum + (word >> (8 * byte) & 0xFF));
            let deviate = (sum as f64 - BYTES_MEAN) / BYTES_DEVIATION;
            let value = ink * finish.contrast + finish.noise * deviate;
            // The cast saturates: a byte whatever the value.
            bytes.push((value * 255.0 + 0.5) as u8);
        }
    }

    fn fill(&mut self, contours: &[Vec<Point>]) {
        for crossings in &mut self.crossings {
            crossings.clear();
        }
        for (from, to) in contours.iter().flat_map(|contour| lines(contour)) {
            self.cross(from, to);
        }
        let rows = self.ink.iter_mut().zip(self.crossings.chunks_mut(SCANS));
        for (row, scans) in rows {
            row.fill(0.0);
            for crossings in scans {
                crossings.sort_by(|left, right| left.0.total_cmp(&right.0));
                let (mut winding, mut start) = (0, 0.0);
                for &mut (x, direction) in crossings {
                    if winding == 0 {
                        start = x;
                    }
                    winding += direction;
                    if winding == 0 {
                        cover(row, start, x);
                    }
                }
            }
        }
    }

    /// Notes where a line crosses the scan lines, which lie at y = (k + ½) / 4.
    fn cross(&mut self, from: Point, to: Point) {
        let is_down = from[1] < to[1];
        let (top, bottom) = if is_down { (from, to) } else { (to, from) };
        // Casts saturate: what is above or below the paper crosses nothing.
        let first = (top[1] * SCANS_PER_PIXEL - 0.5).ceil() as usize;
        let end = (bottom[1] * SCANS_PER_PIXEL - 0.5).ceil() as usize;
        let slope = (bottom[0] - top[0]) / (bottom[1] - top[1]);
        let scans = self.crossings.iter_mut().enumerate();
        for (scan, crossings) in scans.take(end).skip(first) {
            let y = (scan as f64 + 0.5) / SCANS_PER_PIXEL;
            let direction = if is_down { 1 } else { -1 };
            crossings.push((top[0] + slope * (y - top[1]), direction));
        }
    }

    fn blur(&mut self, side: f64) {
        let centre = 1.0 - 2.0 * side;
        for row in &mut self.ink {
            let mut left = 0.0;
            let mut pixels = row.iter_mut().peekable();
            while let Some(pixel) = pixels.next() {
                let right = pixels.peek().map_or(0.0, |next| **next);
                let here = *pixel;
                *pixel = centre * here + side * (left + right);
                left = here;
            }
        }
        let mut above = [0.0; SIDE];
        let mut rows = self.ink.iter_mut().peekable();
        while let Some(row) = rows.next() {
            let below = rows.peek().map_or([0.0; SIDE], |next| **next);
            let here = *row;
            for ((pixel, up), down) in row.iter_mut().zip(above).zip(below) {
                *pixel = centre * *pixel + side * (up + down);
            }
            above = here;
        }
    }
}

/// Adds one scan line's span to a row of pixels.
fn cover(row: &mut [f64; SIDE], start: f64, end: f64) {
    let (start, end) = (start.max(0.0), end.min(SIDE as f64));
    if start >= end {
        return;
    }
    // Both lie on the paper now; `start` of the last pixel's end has been left out.
    let (first, last) = (start as usize, end.ceil() as usize);
    let mut left = start.floor();
    for pixel in row.iter_mut().take(last).skip(first) {
        *pixel += (end.min(left + 1.0) - start.max(left)) / SCANS_PER_PIXEL;
        left += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use polytask_random::Seed;

    use super::*;

    const PLAIN: Finish = Finish {
        blur: 0.0,
        contrast: 1.0,
        noise: 0.0,
    };

    fn drawn(contours: &[Vec<Point>], finish: Finish) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut noise = Seed(1).stream("noise", 0);
        Canvas::new().draw(contours, finish, &mut noise, &mut bytes);
        assert_eq!(bytes.len(), SIDE * SIDE);
        bytes
    }

    fn rectangle([x0, y0]: Point, [x1, y1]: Point) -> Vec<Point> {
        vec![[x0, y0], [x1, y0], [x1, y1], [x0, y1]]
    }

    #[test]
    fn coverage_is_the_area_inside() {
        // Oracle: a rectangle whose edges cut pixels into halves.
        let bytes = drawn(&[rectangle([1.5, 2.0], [4.0, 4.5])], PLAIN);
        let row = |y: usize| &bytes[y * SIDE..y * SIDE + 6];
        assert_eq!(row(1), [0; 6]);
        assert_eq!(row(2), [0, 128, 255, 255, 0, 0]);
        assert_eq!(row(4), [0, 64, 128, 128, 0, 0]);
        assert_eq!(row(5), [0; 6]);
    }

    #[test]
    fn overlaps_count_once_and_holes_not_at_all() {
        let outer = rectangle([2.0, 2.0], [12.0, 12.0]);
        let mut hole = rectangle([4.0, 4.0], [6.0, 6.0]);
        hole.reverse();
        let again = rectangle([8.0, 8.0], [14.0, 14.0]);
        let bytes = drawn(&[outer, hole, again], PLAIN);
        let at = |x: usize, y: usize| bytes[y * SIDE + x];
        assert_eq!(
            [at(3, 3), at(5, 5), at(9, 9), at(13, 13), at(13, 3)],
            [255, 0, 255, 255, 0]
        );
    }

    #[test]
    fn what_leaves_the_paper_is_cut_off() {
        let bytes = drawn(&[rectangle([-50.0, -50.0], [100.0, 100.0])], PLAIN);
        assert_eq!(bytes, [255; SIDE * SIDE]);
        assert_eq!(
            drawn(&[rectangle([40.0, 3.0], [50.0, 9.0])], PLAIN),
            [0; SIDE * SIDE]
        );
    }

    #[test]
    fn blur_keeps_the_sum_of_ink() {
        let dot = rectangle([10.0, 10.0], [11.0, 11.0]);
        let bytes = drawn(&[dot], Finish { blur: 0.2, ..PLAIN });
        let wanted = |tap: f64| (tap * 255.0 + 0.5) as u8;
        let row = |y: usize| &bytes[y * SIDE + 9..y * SIDE + 12];
        assert_eq!(row(9), [0.04, 0.12, 0.04].map(wanted));
        assert_eq!(row(10), [0.12, 0.36, 0.12].map(wanted));
    }

    #[test]
    fn noise_has_the_deviation_asked_for() {
        let half = Finish {
            contrast: 0.5,
            noise: 0.1,
            blur: 0.0,
        };
        let bytes = drawn(&[rectangle([-1.0, -1.0], [29.0, 29.0])], half);
        let values = || bytes.iter().map(|byte| f64::from(*byte) / 255.0);
        let mean = values().sum::<f64>() / 784.0;
        let variance = values().map(|v| (v - mean) * (v - mean)).sum::<f64>() / 784.0;
        // Standard errors: 0.1 / 28 = 0.0036 and 0.1 / √(2 · 784) = 0.0025; three of them.
        assert!((mean - 0.5).abs() < 0.011, "{mean}");
        assert!((variance.sqrt() - 0.1).abs() < 0.008, "{variance}");
    }
}
