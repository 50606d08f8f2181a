//! By a hash of a column: equal values stay together, and adding rows moves none.
//!
//! A value's place in [0, 1) is the first eight bytes of BLAKE3(salt, value) over 2⁶⁴; the parts lie there in the order
//! train, val, test. The run's seed has no say: a test row stays one whatever is tried.

use polytask_config::Entry;

use super::{Part, Rest, Shares, Split};
use crate::column::Words;
use crate::error::{DataError, DataErrors};
use crate::oddities::counted;
use crate::quoted::{quoted, shown};
use crate::table::Table;

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
    pub(super) shares: Shares,
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
                let wanted = "a value that says which group the row belongs to";
                let table = rest.table;
                errors.push(table.bad_cell(row, &self.column, "", wanted, None));
            }
            parts.push(part.unwrap_or(Part::Train));
        }
        errors.into_result(parts)
    }

    /// Groups that a separate file, or the source itself, puts into one part while other rows of theirs are in another.
    ///
    /// # Errors
    /// Any: the promise of this rule would not hold.
    pub(crate) fn check(
        &self,
        table: &Table,
        words: &Words,
        parts: &[Part],
    ) -> Result<(), DataErrors> {
        // Per group: the rows in each part, and the first row in a part that is brought.
        let mut groups = vec![[0u64; 3]; words.dictionary().len()];
        for (&code, &part) in words.codes().iter().zip(parts) {
            if let Some(count) = groups
                .get_mut(code as usize)
                .and_then(|counts| counts.get_mut(part as usize))
            {
                *count += 1;
            }
        }
        let mut errors = DataErrors::default();
        for (index, part) in [(1, Part::Val), (2, Part::Test)] {
            let straddle = |counts: &&[u64; 3]| {
                let own = counts.iter().skip(index).take(1).sum::<u64>();
                own > 0 && counts.iter().take(index).sum::<u64>() > 0
            };
            let count = groups.iter().filter(straddle).count();
            if count == 0 {
                continue;
            }
            let rows: u64 = groups
                .iter()
                .filter(straddle)
                .filter_map(|counts| counts.get(index))
                .sum();
            let named: Vec<String> = groups
                .iter()
                .zip(words.dictionary())
                .filter(|(counts, _)| straddle(counts))
                .take(NAMED)
                .map(|(_, word)| quoted(word))
                .collect();
            let more = if count > NAMED { ", …" } else { "" };
            let first = parts.iter().position(|&found| found == part);
            errors.push(DataError::Format {
                file: first.map_or_else(String::new, |row| table.place(row).file),
                line: None,
                problem: format!(
                    "{} of column `{}` in {} ({rows} of its rows) {} rows in an earlier part too, so they straddle: {}{more}",
                    counted(count as u64, "group", "groups"),
                    shown(&self.column),
                    part.name(),
                    if count == 1 { "has" } else { "have" },
                    named.join(", ")
                ),
                help: Some(
                    "leave their rows out of one of the files, or say with another `data.split` that groups may straddle"
                        .to_owned(),
                ),
            });
        }
        errors.into_result(())
    }
}

/// Groups that a message names.
const NAMED: usize = 3;

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
