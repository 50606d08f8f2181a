//! Digits and capital letters in many typefaces: two tasks that never see the same image.
//!
//! Row i of a part is drawn from the stream `glyphs/PART`, i: which task (a digit with probability `digits`), which of
//! the 10 or 26 characters, which typeface of the part and which of its styles, all uniform; then how it is distorted
//! (`distort.rs`), blurred and overlaid with noise (`raster.rs`). So a row depends on the seed, its part and its number
//! only: a larger set begins with the smaller one, and the same seed gives the same bytes everywhere.
//!
//! An image has the label of its own task; the other one is missing. `slanted`, `bold` and `serif` are known for all,
//! and are properties of the font, not of the distortion. Typefaces of one family stand in one part only (`fonts.rs`),
//! so validation and test ask for letters in typefaces never seen.
//!
//! Source: made here. The layout (28 × 28, white on black, the ink's longer side 20 pixels) is that of MNIST (LeCun et
//! al. 1998), the elastic distortion after Simard et al. 2003.

mod distort;
mod fonts;
mod outline;
mod raster;

#[cfg(test)]
mod tests;

use polytask_config::{Entry, Fields};
use polytask_random::{Seed, Stream};

use self::distort::Distortion;
use self::fonts::{Face, TYPEFACES, Typeface};
use self::outline::{CHARACTERS, DIGITS, LETTERS, Outline};
use self::raster::{Canvas, Finish, SIDE};
use super::parts::{self, PARTS, Rows, part_name};
use crate::column::{Values, Words};
use crate::error::{DataError, DataErrors};
use crate::image::Images;
use crate::source::{Reading, Source};
use crate::split::Part;
use crate::table::Table;

/// The largest b of the blur.
const BLUR: f64 = 0.22;
/// The faintest ink is 1 less this.
const FADE: f64 = 0.4;

/// What to draw.
#[derive(Clone, Debug, PartialEq)]
pub struct Glyphs {
    /// Images of each part.
    pub rows: Rows,
    /// The share of images that show a digit.
    pub digits: f64,
    /// How strongly shapes are distorted; 1 is usual.
    pub distortion: f64,
    /// The standard deviation of the noisiest image, as a share of white.
    pub noise: f64,
    /// The data's own seed.
    pub data_seed: u64,
}

/// The generator's place in the table.
pub const ENTRY: Entry<Box<dyn Source>> = Entry {
    name: "glyphs",
    summary: "digits and capital letters, 28 x 28, in open typefaces; val and test show unseen typefaces",
    source: "made here; layout of MNIST, LeCun et al. 1998; distortion after Simard et al. 2003",
    new: |fields| Box::new(Glyphs::options(fields)),
    facts: (),
};

impl Glyphs {
    fn options(fields: &mut Fields<'_>) -> Self {
        let usual = Rows {
            train: 12_000,
            val: 2_000,
            test: 4_000,
        };
        Self {
            rows: Rows::options(fields, usual),
            digits: fields
                .number(
                    "digits",
                    "share of images that show a digit; the others show a letter",
                )
                .within(0.0..=1.0)
                .or(0.5),
            distortion: fields
                .number(
                    "distortion",
                    "how strongly shapes are distorted: 0 not at all, 1 usual",
                )
                .within(0.0..=2.0)
                .or(1.0),
            noise: fields
                .number(
                    "noise",
                    "standard deviation of the noisiest image, as a share of white",
                )
                .within(0.0..=1.0)
                .or(0.1),
            data_seed: parts::data_seed(fields),
        }
    }
}

impl Source for Glyphs {
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let rows = self.rows.total();
        let size = rows.saturating_mul(SIDE * SIDE);
        if size > reading.limits.total_bytes {
            return Err(DataErrors::from(DataError::Limit {
                file: ENTRY.name.to_owned(),
                line: None,
                what: "the images' size in bytes".to_owned(),
                found: size as u64,
                limit: reading.limits.total_bytes as u64,
                option: "total_bytes",
            }));
        }
        let mut labels = Labels::default();
        let mut pixels = Vec::with_capacity(size);
        let mut canvas = Canvas::new();
        for part in PARTS {
            let typefaces = loaded(part)?;
            let name = format!("{}/{}", ENTRY.name, part_name(part));
            for row in 0..self.rows.of(part) as u64 {
                let mut stream = Seed(self.data_seed).stream(&name, row);
                let Some(drawn) = Drawn::draw(&mut stream, self.digits, &typefaces) else {
                    continue;
                };
                self.paint(&mut stream, drawn.outline, &mut canvas, &mut pixels);
                labels.push(&drawn, part);
            }
        }
        labels.table(rows, pixels).map_err(DataErrors::from)
    }
}

impl Glyphs {
    fn paint(
        &self,
        stream: &mut Stream,
        outline: &Outline,
        canvas: &mut Canvas,
        pixels: &mut Vec<u8>,
    ) {
        let contours = Distortion::draw(stream, self.distortion).apply(outline);
        let least = self.distortion.min(1.0);
        let finish = Finish {
            blur: BLUR * least * stream.uniform(),
            contrast: 1.0 - FADE * least * stream.uniform(),
            noise: self.noise * stream.uniform(),
        };
        canvas.draw(&contours, finish, stream, pixels);
    }
}

/// A typeface with the outlines of each of its faces.
type Loaded = (&'static Typeface, Vec<Vec<Outline>>);

/// The typefaces of a part.
fn loaded(part: Part) -> Result<Vec<Loaded>, DataError> {
    let of_part = TYPEFACES.iter().filter(|typeface| typeface.part == part);
    of_part
        .map(|typeface| {
            let faces = typeface.faces.iter();
            let outlines = faces.map(|face| outline::outlines(&(face.font)()?));
            let outlines = outlines.collect::<Option<_>>();
            let outlines = outlines.ok_or_else(|| DataError::Format {
                file: typeface.name.to_owned(),
                line: None,
                problem: "the embedded font is not there or lacks a digit or capital letter"
                    .to_owned(),
                help: None,
            })?;
            Ok((typeface, outlines))
        })
        .collect()
}

/// What a row shows.
struct Drawn<'a> {
    /// Of [`CHARACTERS`].
    character: usize,
    typeface: &'static Typeface,
    face: &'static Face,
    outline: &'a Outline,
}

impl<'a> Drawn<'a> {
    /// `None` only if there were no typefaces, or a typeface without styles.
    fn draw(stream: &mut Stream, digits: f64, typefaces: &'a [Loaded]) -> Option<Self> {
        let character = if stream.uniform() < digits {
            stream.below(DIGITS)
        } else {
            DIGITS + stream.below(LETTERS)
        };
        let (typeface, faces) = typefaces.get(stream.below(typefaces.len()))?;
        let style = stream.below(faces.len());
        Some(Self {
            character,
            typeface,
            face: typeface.faces.get(style)?,
            outline: faces.get(style)?.get(character)?,
        })
    }
}

/// The columns.
#[derive(Default)]
struct Labels {
    digit: Words,
    letter: Words,
    slanted: Words,
    bold: Words,
    serif: Words,
    typeface: Words,
    split: Words,
    parts: Vec<Part>,
}

impl Labels {
    fn push(&mut self, drawn: &Drawn<'_>, part: Part) {
        let is_digit = drawn.character < DIGITS;
        let character = CHARACTERS.get(drawn.character..=drawn.character);
        self.digit.push(character.filter(|_| is_digit));
        self.letter.push(character.filter(|_| !is_digit));
        self.slanted.push(yes_or_no(drawn.face.is_slanted));
        self.bold.push(yes_or_no(drawn.face.is_bold));
        self.serif.push(yes_or_no(drawn.typeface.is_serif));
        self.typeface.push(Some(drawn.typeface.name));
        self.split.push(Some(part_name(part)));
        self.parts.push(part);
    }

    fn table(self, rows: usize, pixels: Vec<u8>) -> Result<Table, DataError> {
        let mut table = Table::new(ENTRY.name, rows);
        for (name, words) in [
            ("digit", self.digit),
            ("letter", self.letter),
            ("slanted", self.slanted),
            ("bold", self.bold),
            ("serif", self.serif),
            ("typeface", self.typeface),
            ("split", self.split),
        ] {
            table.push(name, Values::Text(words))?;
        }
        table.set_images(Images::new([1, SIDE, SIDE], pixels)?)?;
        table.set_split(self.parts)?;
        Ok(table)
    }
}

fn yes_or_no(value: bool) -> Option<&'static str> {
    Some(if value { "yes" } else { "no" })
}
