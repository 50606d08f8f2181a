//! One checkpoint, one file: named parts with a checksum each, texts beside them, and a checksum over the whole.
//!
//! The file is a pure function of the checkpoint: equal checkpoints give equal files. Its layout is in `format.rs`.

mod format;
mod header;
mod opened;
mod read;
mod source;
mod write;

use std::collections::BTreeMap;

pub use format::Limits;
pub use read::{read, verify};
pub(crate) use read::{read_header_in, read_in, verify_in};
pub use write::write;
pub(crate) use write::write_in;

use crate::Digest;

/// Key in [`Checkpoint::meta`] of the step after which it was taken, in decimal.
pub const STEP: &str = "step";
/// The key of a checkpoint's text that names the run that wrote it: what [`RunRecord::id`](crate::RunRecord) says.
pub const RUN: &str = "run";
/// Key in [`Checkpoint::meta`] of the epoch, in decimal.
pub const EPOCH: &str = "epoch";
/// Key in [`Checkpoint::meta`] of the number that picks the best checkpoint; higher is better, absent if undefined.
pub const SCORE: &str = "score";

/// Named bytes of one kind: one tensor, one counter, one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Unique in its checkpoint, for example `model/heads.digit.weight`. At most 1024 bytes, no control characters.
    pub name: String,
    /// What one element is: `f32`, `f64`, `u64`, `i64`, `u32`, `i32`, `u8`, `flag` (all little endian), `text`, or a
    /// word of the caller's own. The number of bytes of the numeric kinds is checked against the shape.
    pub kind: String,
    /// Sides, outermost first; empty for a single value.
    pub shape: Vec<u64>,
    /// The elements, little endian.
    pub bytes: Vec<u8>,
}

impl Part {
    /// A tensor of `f32`, row-major.
    ///
    /// ```
    /// use polytask_store::Part;
    /// let part = Part::f32("model/bias", vec![2], &[1.0, -2.0]);
    /// assert_eq!(part.bytes, [0, 0, 128, 63, 0, 0, 0, 192]);
    /// ```
    #[must_use]
    pub fn f32(name: impl Into<String>, shape: Vec<u64>, values: &[f32]) -> Self {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Self {
            name: name.into(),
            kind: "f32".to_owned(),
            shape,
            bytes,
        }
    }

    /// Numbers in `f64`.
    #[must_use]
    pub fn f64(name: impl Into<String>, shape: Vec<u64>, values: &[f64]) -> Self {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Self {
            name: name.into(),
            kind: "f64".to_owned(),
            shape,
            bytes,
        }
    }

    /// Counts.
    #[must_use]
    pub fn u64(name: impl Into<String>, shape: Vec<u64>, values: &[u64]) -> Self {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Self {
            name: name.into(),
            kind: "u64".to_owned(),
            shape,
            bytes,
        }
    }

    /// A text in UTF-8. Large texts belong here rather than in [`Checkpoint::meta`], which is limited.
    #[must_use]
    pub fn text(name: impl Into<String>, text: &str) -> Self {
        Self {
            name: name.into(),
            kind: "text".to_owned(),
            shape: Vec::new(),
            bytes: text.as_bytes().to_vec(),
        }
    }
}

/// All that a run needs to continue, or a prediction to be made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Texts by key: [`STEP`], [`EPOCH`], [`SCORE`], and whatever the caller adds (config, preprocessing, versions).
    /// Together with the list of parts at most 16 MiB.
    pub meta: BTreeMap<String, String>,
    /// Sorted by name after reading; any order when writing. Names are unique.
    pub parts: Vec<Part>,
}

impl Checkpoint {
    /// An empty checkpoint taken after `step` steps.
    #[must_use]
    pub fn at_step(step: u64) -> Self {
        Self {
            meta: BTreeMap::from([(STEP.to_owned(), step.to_string())]),
            parts: Vec::new(),
        }
    }

    /// Adds a part.
    #[must_use]
    pub fn with_part(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }

    /// Adds or replaces a text.
    #[must_use]
    pub fn with_meta(mut self, key: impl Into<String>, text: impl Into<String>) -> Self {
        self.meta.insert(key.into(), text.into());
        self
    }

    /// Sets the score, bit for bit. NaN and infinities are never best, so they are stored as no score.
    ///
    /// ```
    /// use polytask_store::Checkpoint;
    /// assert_eq!(Checkpoint::at_step(7).with_score(Some(0.1 + 0.2)).score(), Some(0.1 + 0.2));
    /// assert_eq!(Checkpoint::at_step(7).with_score(Some(f64::NAN)).score(), None);
    /// ```
    #[must_use]
    pub fn with_score(mut self, score: Option<f64>) -> Self {
        match score.filter(|score| score.is_finite()) {
            Some(score) => self.meta.insert(SCORE.to_owned(), format!("{score:?}")),
            None => self.meta.remove(SCORE),
        };
        self
    }

    /// The part called `name`.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// The step after which it was taken.
    #[must_use]
    pub fn step(&self) -> Option<u64> {
        step_of(&self.meta)
    }

    /// The epoch in which it was taken.
    #[must_use]
    pub fn epoch(&self) -> Option<u64> {
        epoch_of(&self.meta)
    }

    /// The score, if it was defined.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        score_of(&self.meta)
    }
}

pub(crate) fn step_of(meta: &BTreeMap<String, String>) -> Option<u64> {
    meta.get(STEP)?.parse().ok()
}

pub(crate) fn epoch_of(meta: &BTreeMap<String, String>) -> Option<u64> {
    meta.get(EPOCH)?.parse().ok()
}

pub(crate) fn score_of(meta: &BTreeMap<String, String>) -> Option<f64> {
    meta.get(SCORE)?
        .parse()
        .ok()
        .filter(|score: &f64| score.is_finite())
}

/// What [`write()`] wrote, read back and verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Length of the file.
    pub bytes: u64,
    /// BLAKE3 of the file before its trailer's hash: its identity. For the content alone see [`crate::digest`].
    pub digest: Digest,
}

/// What [`verify`] found in a sound file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Version of the format.
    pub format: u32,
    /// Length of the file.
    pub bytes: u64,
    /// As [`Written::digest`].
    pub digest: Digest,
    /// As [`Checkpoint::meta`].
    pub meta: BTreeMap<String, String>,
    /// Every part but its bytes, sorted by name.
    pub parts: Vec<PartSummary>,
}

impl Summary {
    /// The step after which it was taken.
    #[must_use]
    pub fn step(&self) -> Option<u64> {
        step_of(&self.meta)
    }

    /// The epoch in which it was taken.
    #[must_use]
    pub fn epoch(&self) -> Option<u64> {
        epoch_of(&self.meta)
    }

    /// The score, if it was defined.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        score_of(&self.meta)
    }
}

/// A part without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartSummary {
    /// As [`Part::name`].
    pub name: String,
    /// As [`Part::kind`].
    pub kind: String,
    /// As [`Part::shape`].
    pub shape: Vec<u64>,
    /// Number of bytes.
    pub bytes: u64,
    /// BLAKE3 of the bytes.
    pub digest: Digest,
}
