//! From a font file to the outlines of the ten digits and the 26 capital letters.
//!
//! Curves become short lines, so that a warp that moves points also bends what was straight. Coordinates are those of
//! the ink: its middle is (0, 0), its longer side is 1, y points down, and outer contours run so that their area
//! ½ Σ (xᵢ yᵢ₊₁ − xᵢ₊₁ yᵢ) is positive, whatever the font's format says.

use skrifa::{DrawMemory, Font, PathSink, ScalerFont};

/// What can be drawn, in the order of [`outlines`].
pub(super) const CHARACTERS: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// How many of them are digits.
pub(super) const DIGITS: usize = 10;
/// How many of them are letters.
pub(super) const LETTERS: usize = 26;

/// Pieces of a quadratic curve; a cubic one has twice as many. At 20 pixels the chord's error is below 0.1 pixel.
const PIECES: u32 = 4;
/// No line is longer than this share of the glyph's longer side: 1.6 of 20 pixels.
const LONGEST_LINE: f64 = 0.08;

pub(super) type Point = [f64; 2];

/// A glyph: closed contours of at least three points.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outline {
    pub(super) contours: Vec<Vec<Point>>,
}

/// One outline per character; `None` if this is no font or a character is missing.
pub(super) fn outlines(font: &[u8]) -> Option<Vec<Outline>> {
    let font = Font::new(font.to_vec(), 0)?;
    let scaler = ScalerFont::unhinted(font.clone(), None);
    let charmap = font.charmap();
    CHARACTERS
        .chars()
        .map(|character| {
            let glyph = scaler.outline(charmap.map_unicode(character)?)?;
            let mut path = Path::default();
            glyph.draw(DrawMemory::Scratch, &mut path).ok()?;
            path.outline()
        })
        .collect()
}

/// Consecutive points, the last one with the first.
pub(super) fn lines(contour: &[Point]) -> impl Iterator<Item = (Point, Point)> {
    let next = contour.iter().cycle().skip(1);
    contour.iter().copied().zip(next.copied())
}

/// Collects the contours of a glyph in font units, y up.
#[derive(Default)]
struct Path {
    contours: Vec<Vec<Point>>,
}

impl Path {
    fn push(&mut self, point: Point) {
        if let Some(contour) = self.contours.last_mut() {
            contour.push(point);
        }
    }

    /// Adds the points of a curve that starts where the path stands.
    fn curve(&mut self, pieces: u32, at: impl Fn(Point, f64) -> Point) {
        let start = self.contours.last().and_then(|contour| contour.last());
        let Some(&start) = start else { return };
        for piece in 1..=pieces {
            self.push(at(start, f64::from(piece) / f64::from(pieces)));
        }
    }

    fn outline(mut self) -> Option<Outline> {
        for contour in &mut self.contours {
            contour.dedup();
            if contour.len() > 1 && contour.first() == contour.last() {
                contour.pop();
            }
        }
        self.contours.retain(|contour| contour.len() > 2);
        let mut contours: Vec<_> = normalised(&self.contours)?
            .iter()
            .map(|contour| divided(contour))
            .collect();
        if contours.iter().map(|contour| area(contour)).sum::<f64>() < 0.0 {
            for contour in &mut contours {
                contour.reverse();
            }
        }
        Some(Outline { contours })
    }
}

impl PathSink for Path {
    fn move_to(&mut self, x: f32, y: f32) {
        self.contours.push(vec![point(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.push(point(x, y));
    }

    fn quad_to(&mut self, control_x: f32, control_y: f32, x: f32, y: f32) {
        let (control, end) = (point(control_x, control_y), point(x, y));
        self.curve(PIECES, |start, t| {
            let u = 1.0 - t;
            sum([(u * u, start), (2.0 * u * t, control), (t * t, end)])
        });
    }

    fn curve_to(&mut self, x0: f32, y0: f32, x1: f32, y1: f32, x: f32, y: f32) {
        let (first, second, end) = (point(x0, y0), point(x1, y1), point(x, y));
        self.curve(2 * PIECES, |start, t| {
            let u = 1.0 - t;
            sum([
                (u * u * u, start),
                (3.0 * u * u * t, first),
                (3.0 * u * t * t, second),
                (t * t * t, end),
            ])
        });
    }

    fn close(&mut self) {}
}

fn point(x: f32, y: f32) -> Point {
    [x.into(), y.into()]
}

/// Σ weight · point.
fn sum<const N: usize>(terms: [(f64, Point); N]) -> Point {
    terms.iter().fold([0.0, 0.0], |[x, y], (weight, point)| {
        [x + weight * point[0], y + weight * point[1]]
    })
}

/// Moves the middle of the ink to (0, 0), makes its longer side 1 and lets y point down; `None` without ink.
fn normalised(contours: &[Vec<Point>]) -> Option<Vec<Vec<Point>>> {
    let mut low = [f64::INFINITY; 2];
    let mut high = [f64::NEG_INFINITY; 2];
    for [x, y] in contours.iter().flatten() {
        low = [low[0].min(*x), low[1].min(*y)];
        high = [high[0].max(*x), high[1].max(*y)];
    }
    let side = (high[0] - low[0]).max(high[1] - low[1]);
    if !(side.is_finite() && side > 0.0) {
        return None;
    }
    let middle = [0.5 * (low[0] + high[0]), 0.5 * (low[1] + high[1])];
    let place = |[x, y]: &Point| [(x - middle[0]) / side, (middle[1] - y) / side];
    Some(
        contours
            .iter()
            .map(|contour| contour.iter().map(place).collect())
            .collect(),
    )
}

/// Cuts long lines into equal pieces.
fn divided(contour: &[Point]) -> Vec<Point> {
    let mut points = Vec::new();
    for ([ax, ay], [bx, by]) in lines(contour) {
        let (dx, dy) = (bx - ax, by - ay);
        let pieces = ((dx * dx + dy * dy).sqrt() / LONGEST_LINE).ceil().max(1.0);
        let mut piece = 0.0;
        while piece < pieces {
            let t = piece / pieces;
            points.push([ax + dx * t, ay + dy * t]);
            piece += 1.0;
        }
    }
    points
}

/// Positive if the contour runs from +x to +y.
fn area(contour: &[Point]) -> f64 {
    lines(contour)
        .map(|([ax, ay], [bx, by])| 0.5 * (ax * by - bx * ay))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::fonts::TYPEFACES;
    use super::*;

    #[test]
    fn every_face_has_every_character_within_the_unit_square() {
        for typeface in TYPEFACES {
            for face in typeface.faces {
                let outlines = outlines(&(face.font)().unwrap()).unwrap();
                assert_eq!(outlines.len(), DIGITS + LETTERS);
                for outline in &outlines {
                    let points = || outline.contours.iter().flatten();
                    assert!(
                        points()
                            .flatten()
                            .all(|c| (-0.5 - 1e-9..=0.5 + 1e-9).contains(c))
                    );
                    assert!(points().flatten().any(|c| c.abs() > 0.5 - 1e-9));
                    assert!(outline.contours.iter().map(|c| area(c)).sum::<f64>() > 0.01);
                }
            }
        }
    }

    #[test]
    fn holes_are_where_typographers_put_them() {
        // Oracle: topology. 0, 4, 6, 9 and A, D, O, P, Q, R have one hole, 8 and B two; strokes do not count.
        let outlines = outlines(notosans::REGULAR_TTF).unwrap();
        for (character, outline) in CHARACTERS.chars().zip(&outlines) {
            let holes = outline.contours.iter().filter(|c| area(c) < 0.0).count();
            let wanted = match character {
                '8' | 'B' => 2,
                '0' | '4' | '6' | '9' | 'A' | 'D' | 'O' | 'P' | 'Q' | 'R' => 1,
                _ => 0,
            };
            assert_eq!(holes, wanted, "{character}");
        }
    }

    #[test]
    fn a_file_that_is_no_font_has_no_outlines() {
        assert_eq!(outlines(b"no font"), None);
        assert_eq!(normalised(&[]), None);
    }

    #[test]
    fn long_lines_are_cut_and_keep_their_area() {
        let square = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]];
        let cut = divided(&square);
        assert_eq!(cut.len(), 4 * 13);
        assert!((area(&cut) - 1.0).abs() < 1e-12);
        for ([ax, ay], [bx, by]) in lines(&cut) {
            assert!((bx - ax).hypot(by - ay) <= LONGEST_LINE);
        }
    }
}
