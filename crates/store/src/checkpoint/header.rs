//! The header: what it says, its one spelling, and what it must satisfy.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as DeserializeDerive, Serialize};

use super::format::{
    LONGEST_NAME, MOST_PARTS, MOST_SIDES, MOST_TEXTS, PREAMBLE, aligned, element_bytes,
};
use super::{Checkpoint, PartSummary};
use crate::{Digest, Flaw};

/// A flaw and the field that it is in.
pub(super) type Finding = (String, Flaw);

#[derive(Debug, Serialize, DeserializeDerive)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    #[serde(deserialize_with = "texts")]
    pub(super) meta: BTreeMap<String, String>,
    #[serde(deserialize_with = "bounded::<_, _, MOST_PARTS>")]
    pub(super) parts: Vec<Entry>,
}

#[derive(Debug, Serialize, DeserializeDerive)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: String,
    #[serde(deserialize_with = "bounded::<_, _, MOST_SIDES>")]
    pub(super) shape: Vec<u64>,
    pub(super) offset: u64,
    pub(super) length: u64,
    pub(super) blake3: Digest,
}

impl Header {
    /// Describes `checkpoint`, parts sorted by name, with all offsets zero: they depend on the header's own length.
    pub(super) fn describe(checkpoint: &Checkpoint) -> Self {
        let mut parts: Vec<Entry> = checkpoint
            .parts
            .iter()
            .map(|part| Entry {
                name: part.name.clone(),
                kind: part.kind.clone(),
                shape: part.shape.clone(),
                offset: 0,
                length: part.bytes.len() as u64,
                blake3: Digest::of(&part.bytes),
            })
            .collect();
        parts.sort_by(|a, b| a.name.cmp(&b.name));
        Self {
            meta: checkpoint.meta.clone(),
            parts,
        }
    }

    /// Reads a header, which must be written exactly as we write it.
    pub(super) fn parse(text: &[u8]) -> Result<Self, Finding> {
        let header: Self = serde_json::from_slice(text)
            .map_err(|error| ("header".to_owned(), Flaw::json(&error)))?;
        let mut rest = Same { expected: text };
        if serde_json::to_writer(&mut rest, &header).is_err() || !rest.expected.is_empty() {
            return Err(("header".to_owned(), Flaw::NotCanonical));
        }
        Ok(header)
    }

    /// Names, sizes and shapes agree with each other.
    pub(super) fn check(&self) -> Result<(), Finding> {
        limit("header.parts", self.parts.len(), MOST_PARTS)?;
        limit("header.meta", self.meta.len(), MOST_TEXTS)?;
        for key in self.meta.keys() {
            check_name("header.meta", key)?;
        }
        if let Some(step) = self.meta.get(super::STEP) {
            check_decimal("header.meta.step", step)?;
        }
        for (index, part) in self.parts.iter().enumerate() {
            part.check(index)?;
        }
        for (index, (one, next)) in self.parts.iter().zip(self.parts.iter().skip(1)).enumerate() {
            let field = || format!("header.parts[{}].name", index + 1);
            match one.name.cmp(&next.name) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal => return Err((field(), Flaw::Duplicate)),
                std::cmp::Ordering::Greater => return Err((field(), Flaw::NotCanonical)),
            }
        }
        Ok(())
    }

    /// Calls `place` with each entry and the offset that it must have after a header of `length` bytes; the end of the
    /// last part, padded.
    pub(super) fn lay_out(
        &mut self,
        length: u64,
        mut place: impl FnMut(usize, &mut Entry, u64) -> Result<(), Finding>,
    ) -> Result<u64, Finding> {
        let overflow = |field: String| {
            (
                field,
                Flaw::Limit {
                    value: u64::MAX,
                    limit: i64::MAX as u64,
                },
            )
        };
        let mut offset = PREAMBLE
            .checked_add(length)
            .and_then(aligned)
            .ok_or_else(|| overflow("header.length".to_owned()))?;
        for (index, entry) in self.parts.iter_mut().enumerate() {
            place(index, entry, offset)?;
            offset = offset
                .checked_add(entry.length)
                .and_then(aligned)
                .ok_or_else(|| overflow(format!("header.parts[{index}].length")))?;
        }
        Ok(offset)
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, Finding> {
        serde_json::to_vec(self).map_err(|error| ("header".to_owned(), Flaw::json(&error)))
    }
}

impl Entry {
    fn check(&self, index: usize) -> Result<(), Finding> {
        check_name(&format!("header.parts[{index}].name"), &self.name)?;
        check_name(&format!("header.parts[{index}].kind"), &self.kind)?;
        limit(
            &format!("header.parts[{index}].shape"),
            self.shape.len(),
            MOST_SIDES,
        )?;
        let Some(size) = element_bytes(&self.kind) else {
            return Ok(());
        };
        let stated = self
            .shape
            .iter()
            .try_fold(size, |product, &side| product.checked_mul(side))
            .unwrap_or(u64::MAX);
        if stated == self.length {
            return Ok(());
        }
        Err((
            format!("header.parts[{index}].length"),
            Flaw::Length {
                stated,
                found: self.length,
            },
        ))
    }

    pub(super) fn summary(self) -> PartSummary {
        PartSummary {
            name: self.name,
            kind: self.kind,
            shape: self.shape,
            bytes: self.length,
            digest: self.blake3,
        }
    }
}

fn limit(field: &str, value: usize, limit: usize) -> Result<(), Finding> {
    if value <= limit {
        return Ok(());
    }
    Err((
        field.to_owned(),
        Flaw::Limit {
            value: value as u64,
            limit: limit as u64,
        },
    ))
}

fn check_name(field: &str, name: &str) -> Result<(), Finding> {
    limit(field, name.len(), LONGEST_NAME)?;
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err((field.to_owned(), Flaw::Text));
    }
    Ok(())
}

fn check_decimal(field: &str, text: &str) -> Result<(), Finding> {
    match text.parse::<u64>() {
        Ok(number) if number.to_string() == text => Ok(()),
        _ => Err((field.to_owned(), Flaw::NotCanonical)),
    }
}

/// A writer that accepts only the bytes that it expects: compares an encoding without holding it.
struct Same<'a> {
    expected: &'a [u8],
}

impl io::Write for Same<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.expected.strip_prefix(bytes) {
            Some(rest) => {
                self.expected = rest;
                Ok(bytes.len())
            }
            None => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A list that is given up as soon as it is too long, before it is held.
fn bounded<'de, D: Deserializer<'de>, T: Deserialize<'de>, const MOST: usize>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    struct Bounded<T, const MOST: usize>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Bounded<T, MOST> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MOST}")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = list.next_element()? {
                if items.len() == MOST {
                    return Err(de::Error::invalid_length(MOST + 1, &self));
                }
                items.push(item);
            }
            Ok(items)
        }
    }
    deserializer.deserialize_seq(Bounded::<T, MOST>(PhantomData))
}

/// A map of texts, likewise, in which no key appears twice.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    struct Texts;
    impl<'de> Visitor<'de> for Texts {
        type Value = BTreeMap<String, String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "at most {MOST_TEXTS} different keys with a text each")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut texts = BTreeMap::new();
            while let Some((key, text)) = map.next_entry()? {
                if texts.len() == MOST_TEXTS || texts.insert(key, text).is_some() {
                    return Err(de::Error::custom(
                        "a key appears twice, or there are too many",
                    ));
                }
            }
            Ok(texts)
        }
    }
    deserializer.deserialize_map(Texts)
}
