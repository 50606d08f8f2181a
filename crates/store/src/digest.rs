//! Equal content, equal digest: in any process, whatever the order of the parts in the file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Checkpoint, Part};

/// 32 bytes of BLAKE3, written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

/// Parts whose name starts with this are the weights that are trained.
pub const WEIGHTS: &str = "model/";

/// Parts whose name starts with this are their moving average, if there is one; it is what evaluates and predicts.
pub const AVERAGE: &str = "average/";

/// For [`digest`]: the whole state.
#[must_use]
pub fn everything(_: &Part) -> bool {
    true
}

/// Whether the weights that evaluate and predict are a moving average.
#[must_use]
pub fn is_averaged(checkpoint: &Checkpoint) -> bool {
    let mut parts = checkpoint.parts.iter();
    parts.any(|part| part.name.starts_with(AVERAGE))
}

/// The digest of the weights that evaluate and predict: the moving average if there is one, else those that are trained.
/// Both go by the same names, so that equal weights give equal digests, averaged or not.
///
/// ```
/// use polytask_store::{Checkpoint, Part, weights_digest};
/// let part = |name: &str, value| Part::f32(name, vec![1], &[value]);
/// let plain = Checkpoint::at_step(1).with_part(part("model/bias", 1.0));
/// let averaged = plain.clone().with_part(part("average/bias", 0.5));
/// assert_ne!(weights_digest(&plain), weights_digest(&averaged));
/// let half = Checkpoint::at_step(2).with_part(part("model/bias", 0.5));
/// assert_eq!(weights_digest(&half), weights_digest(&averaged));
/// ```
#[must_use]
pub fn weights_digest(checkpoint: &Checkpoint) -> Digest {
    let prefix = if is_averaged(checkpoint) {
        AVERAGE
    } else {
        WEIGHTS
    };
    let parts = checkpoint.parts.iter().filter_map(|part| {
        let name = part.name.strip_prefix(prefix)?;
        Some((format!("{WEIGHTS}{name}"), part))
    });
    of_parts(parts.collect())
}

/// BLAKE3 over (name, kind, shape, bytes) of the parts that `filter` takes, in the order of their names.
///
/// Every field is preceded by its length, so that no two different lists of parts feed the hash the same bytes. `meta` is
/// not part of it: two runs that differ in version or data path only have equal digests.
///
/// ```
/// use polytask_store::{Checkpoint, Part, digest, everything, weights_digest};
/// let bias = Part::f32("model/bias", vec![2], &[1.0, 2.0]);
/// let moment = Part::f32("optimizer/bias/moment_1", vec![2], &[0.0, 0.1]);
/// let one = Checkpoint::at_step(1).with_part(bias.clone()).with_part(moment.clone());
/// let other = Checkpoint::at_step(2).with_part(moment).with_part(bias.clone());
/// assert_eq!(digest(&one, everything), digest(&other, everything));
///
/// let plain = Checkpoint::at_step(1).with_part(bias);
/// assert_eq!(weights_digest(&one), weights_digest(&plain));
/// assert_ne!(digest(&one, everything), digest(&plain, everything));
/// ```
#[must_use]
pub fn digest(checkpoint: &Checkpoint, filter: impl Fn(&Part) -> bool) -> Digest {
    let parts = checkpoint.parts.iter().filter(|part| filter(part));
    of_parts(parts.map(|part| (part.name.clone(), part)).collect())
}

/// The digest of parts under these names.
fn of_parts(mut parts: Vec<(String, &Part)>) -> Digest {
    parts.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut hasher = blake3::Hasher::new_derive_key("polytask 2026 canonical state v1");
    for (name, part) in parts {
        for field in [name.as_bytes(), part.kind.as_bytes()] {
            hasher.update(&(field.len() as u64).to_le_bytes());
            hasher.update(field);
        }
        hasher.update(&(part.shape.len() as u64).to_le_bytes());
        for side in &part.shape {
            hasher.update(&side.to_le_bytes());
        }
        hasher.update(&(part.bytes.len() as u64).to_le_bytes());
        hasher.update(&part.bytes);
    }
    Digest(*hasher.finalize().as_bytes())
}

impl Digest {
    /// BLAKE3 of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from_bytes(self.0).to_hex().as_str())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not 64 lower-case hexadecimal digits")]
pub struct NotADigest;

impl FromStr for Digest {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let digest = Self(
            *blake3::Hash::from_hex(text)
                .map_err(|_| NotADigest)?
                .as_bytes(),
        );
        // One spelling only: a header has one canonical form.
        if digest.to_string() == text {
            Ok(digest)
        } else {
            Err(NotADigest)
        }
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_do_not_run_into_each_other() {
        let part = |name: &str, kind: &str, bytes: &[u8]| Part {
            name: name.to_owned(),
            kind: kind.to_owned(),
            shape: vec![],
            bytes: bytes.to_vec(),
        };
        let of = |parts: Vec<Part>| {
            digest(
                &Checkpoint {
                    parts,
                    ..Checkpoint::default()
                },
                everything,
            )
        };
        assert_ne!(
            of(vec![part("ab", "c", b"")]),
            of(vec![part("a", "bc", b"")])
        );
        assert_ne!(
            of(vec![part("a", "b", b"c")]),
            of(vec![part("a", "bc", b"")])
        );
        assert_ne!(of(vec![part("a", "b", b"")]), of(vec![]));
        let flat = Part {
            shape: vec![4],
            ..part("a", "text", b"1234")
        };
        let square = Part {
            shape: vec![2, 2],
            ..flat.clone()
        };
        assert_ne!(of(vec![flat]), of(vec![square]));
    }

    #[test]
    fn the_canonical_digest_never_changes() {
        // Golden, computed by an independent program (see the test of the same bytes in tests/golden.rs).
        let digest = Digest::of(b"abc");
        assert_eq!(
            digest.to_string(),
            "6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85"
        );
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!(digest.to_string().to_uppercase().parse::<Digest>().is_err());
    }
}
