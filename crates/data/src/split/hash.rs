//! By a hash of a column: equal values stay together, and adding rows moves none.
//!
//! A value's place in [0, 1) is the first eight bytes of BLAKE3(salt, value) over 2⁶⁴; the parts lie there in the order
//! train, val, test. The run's seed has no say: a test row stays one whatever is tried.

use polytask_config::Entry;

use super::{Part, Rest, Shares, Split, bad_cell};
use crate::error::DataErrors;

pub(crate) const ENTRY: Entry<Split> = Entry {
    name: "hash",
    summary: "by a hash of a column: groups stay together, and adding rows moves none",
    source: "",
    new: |fields| {
        Split::Hash(Hash {
            column: fields
                .text("column", "rows with equal values stay together")
                .required(),
            key: fields.key_path("column"),
            salt: fields.text("salt", "another text divides otherwise").or(""),
            shares: Shares::options(fields),
        })
    },
    facts: (),
};

/// The options of `hash`.
#[derive(Clone, Debug, PartialEq)]
pub struct Hash {
    pub(super) column: String,
    pub(super) key: String,
    salt: String,
    shares: Shares,
}

impl Hash {
    pub(super) fn assign(&self, rest: &Rest<'_>) -> Result<Vec<Part>, DataErrors> {
        let shares = self.shares.resolve(rest.brought)?;
        let part_of: Vec<Part> = rest
            .words
            .dictionary()
            .iter()
            .map(|word| part(place(&self.salt, word), shares))
            .collect();
        let mut errors = DataErrors::default();
        let mut parts = Vec::with_capacity(rest.rows.len());
        for &row in rest.rows {
            let code = rest
                .words
                .codes()
                .get(row)
                .map_or(usize::MAX, |&code| code as usize);
            let part = part_of.get(code).copied();
            if part.is_none() {
                errors.push(bad_cell(
                    rest,
                    row,
                    &self.column,
                    None,
                    "a value that says which group the row belongs to",
                ));
            }
            parts.push(part.unwrap_or(Part::Train));
        }
        errors.into_result(parts)
    }
}

/// The value's place in [0, 1).
fn place(salt: &str, value: &str) -> f64 {
    let mut hasher = blake3::Hasher::new_derive_key("polytask 2026 hash split v1");
    hasher.update(&(salt.len() as u64).to_le_bytes());
    hasher.update(salt.as_bytes());
    hasher.update(value.as_bytes());
    let bits = hasher
        .finalize()
        .as_bytes()
        .iter()
        .take(8)
        .fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    // 53 bits: the quotient is below 1.
    (bits >> 11) as f64 * (-53f64).exp2()
}

fn part(place: f64, [train, val, test]: [f64; 3]) -> Part {
    if place < train || (val <= 0.0 && test <= 0.0) {
        Part::Train
    } else if place < train + val || test <= 0.0 {
        Part::Val
    } else {
        Part::Test
    }
}
