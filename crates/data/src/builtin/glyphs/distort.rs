//! How a glyph differs from its font: placed, turned, sheared, scaled, made thicker or thinner, and bent.
//!
//! A point p of the outline (ink coordinates, longer side 1) goes to
//! q = R(θ) · [1 s; 0 1] · diag(size·a, size/a) · p + c, then to q + Σᵢⱼ Bᵢ(q_x) Bⱼ(q_y) wᵢⱼ, where B are uniform cubic
//! B-splines over a 6 × 6 lattice of normal draws w (the elastic distortion of Simard et al. 2003, smoothed by the spline
//! instead of by a filter). Last, each point moves along the outward normal by the stroke's extra weight.
//!
//! Sines and cosines come from `libm`: with them, every result is the same on every platform, to the last bit.

use polytask_random::Stream;

use super::outline::{Outline, Point, lines};
use super::raster::SIDE;

/// The glyph's longer side in pixels, as in MNIST.
const SIZE: f64 = 20.0;
/// Degrees.
const ROTATION: f64 = 9.0;
const SHEAR: f64 = 0.07;
/// The largest change of size, down and up.
const SHRINK: f64 = 0.25;
const GROW: f64 = 0.05;
/// Of the width; the height changes by the inverse.
const ASPECT: f64 = 0.06;
/// Pixels, along each axis.
const SHIFT: f64 = 2.5;
/// Standard deviation of a lattice point in pixels; the spline keeps about half of it.
const ELASTIC: f64 = 1.7;
/// Pixels on each side of a stroke.
const THINNER: f64 = 0.15;
const THICKER: f64 = 0.4;

/// Cells of the lattice along each axis.
const CELLS: f64 = 3.0;
const LATTICE: usize = 6;

/// One way to change a glyph.
#[derive(Clone, Debug)]
pub(super) struct Distortion {
    matrix: [[f64; 2]; 2],
    centre: Point,
    lattice: [[Point; LATTICE]; LATTICE],
    weight: f64,
}

impl Distortion {
    /// Draws one; `strength` 0 leaves the glyph as it is, 1 is the usual amount.
    pub(super) fn draw(stream: &mut Stream, strength: f64) -> Self {
        let angle = (ROTATION * strength).to_radians() * stream.between(-1.0, 1.0);
        let shear = SHEAR * strength * stream.between(-1.0, 1.0);
        let size = SIZE * (1.0 + strength * stream.between(-SHRINK, GROW));
        let aspect = 1.0 + ASPECT * strength * stream.between(-1.0, 1.0);
        let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
        let (width, height) = (size * aspect, size / aspect);
        let middle = 0.5 * SIDE as f64;
        let mut shifted = || middle + SHIFT * strength * stream.between(-1.0, 1.0);
        let centre = [shifted(), shifted()];
        let mut lattice = [[[0.0; 2]; LATTICE]; LATTICE];
        for coordinate in lattice.iter_mut().flatten().flatten() {
            *coordinate = ELASTIC * strength * stream.normal();
        }
        Self {
            matrix: [
                [cosine * width, (cosine * shear - sine) * height],
                [sine * width, (sine * shear + cosine) * height],
            ],
            centre,
            lattice,
            weight: strength * stream.between(-THINNER, THICKER),
        }
    }

    /// The contours in pixels.
    pub(super) fn apply(&self, outline: &Outline) -> Vec<Vec<Point>> {
        outline
            .contours
            .iter()
            .map(|contour| {
                let placed: Vec<Point> = contour.iter().map(|&point| self.place(point)).collect();
                offset(&placed, self.weight)
            })
            .collect()
    }

    /// From ink coordinates to pixels.
    fn place(&self, [x, y]: Point) -> Point {
        let [[xx, xy], [yx, yy]] = self.matrix;
        let across = self.centre[0] + (xx * x + xy * y);
        let down = self.centre[1] + (yx * x + yy * y);
        let (column, column_weights) = spline(across);
        let (row, row_weights) = spline(down);
        let mut moved = [across, down];
        for (line, row_weight) in self.lattice.iter().skip(row).zip(row_weights) {
            for (knot, column_weight) in line.iter().skip(column).zip(column_weights) {
                let weight = row_weight * column_weight;
                moved = [moved[0] + weight * knot[0], moved[1] + weight * knot[1]];
            }
        }
        moved
    }
}

/// The first of the four lattice lines that act at a pixel coordinate, and their weights, which add up to 1.
fn spline(coordinate: f64) -> (usize, [f64; 4]) {
    let position = (coordinate / SIDE as f64).clamp(0.0, 1.0) * CELLS;
    let cell = position.floor().min(CELLS - 1.0);
    let t = position - cell;
    let u = 1.0 - t;
    let weights = [
        u * u * u / 6.0,
        (3.0 * t * t * t - 6.0 * t * t + 4.0) / 6.0,
        (3.0 * u * u * u - 6.0 * u * u + 4.0) / 6.0,
        t * t * t / 6.0,
    ];
    // In 0..CELLS by the clamp above.
    (cell as usize, weights)
}

/// Moves each line of a contour outward by `weight`; corners move along the mean of both normals.
fn offset(contour: &[Point], weight: f64) -> Vec<Point> {
    let normals: Vec<Point> = lines(contour).map(|(from, to)| normal(from, to)).collect();
    let before = normals.iter().cycle().skip(normals.len().saturating_sub(1));
    contour
        .iter()
        .zip(before.zip(&normals))
        .map(|([x, y], ([ax, ay], [bx, by]))| {
            // |a + b|² = 2 (1 + a·b): the corner of two moved lines lies at (a + b) / (1 + a·b). A sharp corner would
            // fly off; it is cut as if it were no sharper than 120°.
            let along = (1.0 + ax * bx + ay * by).max(0.5);
            let step = weight / along;
            [x + step * (ax + bx), y + step * (ay + by)]
        })
        .collect()
}

/// The outward unit normal of a line of a contour with positive area.
fn normal([ax, ay]: Point, [bx, by]: Point) -> Point {
    let (dx, dy) = (bx - ax, by - ay);
    let length = (dx * dx + dy * dy).sqrt().max(1e-9);
    [dy / length, -dx / length]
}

#[cfg(test)]
mod tests {
    use polytask_random::Seed;

    use super::*;

    fn square() -> Outline {
        Outline {
            contours: vec![vec![[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]],
        }
    }

    #[test]
    fn no_strength_is_no_distortion() {
        let mut stream = Seed(1).stream("test", 0);
        let drawn = Distortion::draw(&mut stream, 0.0).apply(&square());
        assert_eq!(
            drawn,
            [[[4.0, 4.0], [24.0, 4.0], [24.0, 24.0], [4.0, 24.0]]]
        );
    }

    #[test]
    fn the_strength_does_not_change_what_is_drawn_afterwards() {
        let [mut weak, mut strong] = [0; 2].map(|index| Seed(1).stream("test", index));
        let _ = Distortion::draw(&mut weak, 0.0);
        let _ = Distortion::draw(&mut strong, 2.0);
        assert_eq!(weak.word(), strong.word());
    }

    #[test]
    fn a_thicker_square_is_larger_on_each_side() {
        let contour = [[4.0, 4.0], [24.0, 4.0], [24.0, 24.0], [4.0, 24.0]];
        let thicker = [[3.5, 3.5], [24.5, 3.5], [24.5, 24.5], [3.5, 24.5]];
        assert_eq!(offset(&contour, 0.5), thicker);
    }

    #[test]
    fn the_splines_add_up_to_one_and_meet_where_cells_do() {
        for step in -10..300 {
            let (line, weights) = spline(f64::from(step) * 0.1);
            assert!(line + 4 <= LATTICE);
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            assert!(weights.iter().all(|weight| *weight >= 0.0));
        }
        let border = SIDE as f64 / CELLS;
        let (below, above) = (spline(border - 1e-9), spline(border + 1e-9));
        assert_eq!((below.0, above.0), (0, 1));
        for (before, after) in below.1.iter().skip(1).zip(above.1) {
            assert!((before - after).abs() < 1e-8);
        }
    }
}
