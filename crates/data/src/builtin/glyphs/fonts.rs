//! The typefaces that glyphs are drawn from, and the part that each belongs to.
//!
//! A family stands in one part only, with all its relatives: the DejaVu typefaces are drawn from one design, so are the
//! Computer Modern ones, and both are for training. What is tested are a Helvetica- and a Times-like design, each
//! upright, bold, slanted and both: typefaces that every reader knows and no training image shows.
//!
//! | crate | typefaces | licence of the fonts |
//! |---|---|---|
//! | `dejavu` | DejaVu Sans, Sans Mono, Serif | Bitstream Vera and Arev licences, changes in the public domain |
//! | `notosans` | Noto Sans | SIL OFL 1.1 |
//! | `ratex-katex-fonts` | KaTeX Main, SansSerif, Typewriter (Computer Modern) | SIL OFL 1.1 |
//! | `truce-font` | JetBrains Mono | SIL OFL 1.1 |
//! | `typst-assets` | Foxit Sans, Serif, Fixed | BSD 3-Clause (PDFium authors) |
//!
//! The fonts are bundled as they are; no glyph is changed or renamed. The `fonts` feature of `typst-assets` stays off: it
//! would bundle NewCM10-Regular, which is GPL with exceptions.

use std::borrow::Cow;

use crate::split::Part;

/// One style of a typeface.
#[derive(Debug)]
pub(super) struct Face {
    /// The font file; `None` if the crate that should embed it does not.
    pub(super) font: fn() -> Option<Cow<'static, [u8]>>,
    pub(super) is_bold: bool,
    pub(super) is_slanted: bool,
}

/// A design in one or more styles.
#[derive(Debug)]
pub(super) struct Typeface {
    /// What the column `typeface` says.
    pub(super) name: &'static str,
    /// Typefaces of one family stand in one part; only the test below reads it.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "a fact that the test of the parts checks")
    )]
    pub(super) family: &'static str,
    pub(super) part: Part,
    pub(super) is_serif: bool,
    pub(super) faces: &'static [Face],
}

/// The four usual styles.
macro_rules! faces {
    ($regular:expr, $bold:expr, $slanted:expr, $bold_slanted:expr) => {
        &[
            Face {
                font: || Some(Cow::Borrowed($regular)),
                is_bold: false,
                is_slanted: false,
            },
            Face {
                font: || Some(Cow::Borrowed($bold)),
                is_bold: true,
                is_slanted: false,
            },
            Face {
                font: || Some(Cow::Borrowed($slanted)),
                is_bold: false,
                is_slanted: true,
            },
            Face {
                font: || Some(Cow::Borrowed($bold_slanted)),
                is_bold: true,
                is_slanted: true,
            },
        ]
    };
}

/// A style of the KaTeX fonts.
macro_rules! katex {
    ($style:literal, $is_bold:literal, $is_slanted:literal) => {
        Face {
            font: || ratex_katex_fonts::ttf_bytes(concat!("KaTeX_", $style, ".ttf")),
            is_bold: $is_bold,
            is_slanted: $is_slanted,
        }
    };
}

/// All typefaces. Their order is part of the data: a row draws an index into those of its part.
pub(super) static TYPEFACES: &[Typeface] = &[
    Typeface {
        name: "dejavu_sans",
        family: "dejavu",
        part: Part::Train,
        is_serif: false,
        faces: {
            use dejavu::sans::{bold, bold_oblique, oblique, regular};
            faces!(regular(), bold(), oblique(), bold_oblique())
        },
    },
    Typeface {
        name: "dejavu_sans_mono",
        family: "dejavu",
        part: Part::Train,
        is_serif: false,
        faces: {
            use dejavu::sans_mono::{bold, bold_oblique, oblique, regular};
            faces!(regular(), bold(), oblique(), bold_oblique())
        },
    },
    Typeface {
        name: "dejavu_serif",
        family: "dejavu",
        part: Part::Train,
        is_serif: true,
        faces: {
            use dejavu::serif::{bold, bold_italic, italic, regular};
            faces!(regular(), bold(), italic(), bold_italic())
        },
    },
    Typeface {
        name: "computer_modern",
        family: "computer_modern",
        part: Part::Train,
        is_serif: true,
        faces: &[
            katex!("Main-Regular", false, false),
            katex!("Main-Bold", true, false),
            katex!("Main-Italic", false, true),
            katex!("Main-BoldItalic", true, true),
        ],
    },
    Typeface {
        name: "computer_modern_sans",
        family: "computer_modern",
        part: Part::Train,
        is_serif: false,
        faces: &[
            katex!("SansSerif-Regular", false, false),
            katex!("SansSerif-Bold", true, false),
            katex!("SansSerif-Italic", false, true),
        ],
    },
    Typeface {
        name: "computer_modern_typewriter",
        family: "computer_modern",
        part: Part::Train,
        is_serif: true,
        faces: &[katex!("Typewriter-Regular", false, false)],
    },
    Typeface {
        name: "noto_sans",
        family: "noto",
        part: Part::Train,
        is_serif: false,
        faces: {
            use notosans::{BOLD_ITALIC_TTF, BOLD_TTF, ITALIC_TTF, REGULAR_TTF};
            faces!(REGULAR_TTF, BOLD_TTF, ITALIC_TTF, BOLD_ITALIC_TTF)
        },
    },
    Typeface {
        name: "jetbrains_mono",
        family: "jetbrains",
        part: Part::Val,
        is_serif: false,
        faces: &[Face {
            font: || Some(Cow::Borrowed(truce_font::JETBRAINS_MONO)),
            is_bold: false,
            is_slanted: false,
        }],
    },
    Typeface {
        // Like Courier: thin, with slab serifs.
        name: "foxit_fixed",
        family: "foxit_fixed",
        part: Part::Val,
        is_serif: true,
        faces: {
            use typst_assets::pdf::{FIXED, FIXED_BOLD, FIXED_BOLD_ITALIC, FIXED_ITALIC};
            faces!(FIXED, FIXED_BOLD, FIXED_ITALIC, FIXED_BOLD_ITALIC)
        },
    },
    Typeface {
        // Like Helvetica.
        name: "foxit_sans",
        family: "foxit_sans",
        part: Part::Test,
        is_serif: false,
        faces: {
            use typst_assets::pdf::{SANS, SANS_BOLD, SANS_BOLD_ITALIC, SANS_ITALIC};
            faces!(SANS, SANS_BOLD, SANS_ITALIC, SANS_BOLD_ITALIC)
        },
    },
    Typeface {
        // Like Times.
        name: "foxit_serif",
        family: "foxit_serif",
        part: Part::Test,
        is_serif: true,
        faces: {
            use typst_assets::pdf::{SERIF, SERIF_BOLD, SERIF_BOLD_ITALIC, SERIF_ITALIC};
            faces!(SERIF, SERIF_BOLD, SERIF_ITALIC, SERIF_BOLD_ITALIC)
        },
    },
];

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn no_family_stands_in_two_parts() {
        let mut part_of = HashMap::new();
        for typeface in TYPEFACES {
            let part = *part_of.entry(typeface.family).or_insert(typeface.part);
            assert_eq!(part, typeface.part, "{}", typeface.family);
        }
    }

    #[test]
    fn no_font_file_stands_in_two_parts_or_twice() {
        let mut seen = HashMap::new();
        for typeface in TYPEFACES {
            for face in typeface.faces {
                let digest = blake3::hash(&(face.font)().unwrap());
                assert!(seen.insert(*digest.as_bytes(), typeface.name).is_none());
            }
        }
    }

    #[test]
    fn every_part_shows_both_values_of_every_style() {
        for part in [Part::Train, Part::Val, Part::Test] {
            let of_part = || {
                TYPEFACES
                    .iter()
                    .filter(move |typeface| typeface.part == part)
            };
            let faces = || of_part().flat_map(|typeface| typeface.faces);
            for value in [false, true] {
                assert!(of_part().any(|typeface| typeface.is_serif == value));
                assert!(faces().any(|face| face.is_bold == value));
                assert!(faces().any(|face| face.is_slanted == value));
            }
        }
    }
}
