//! What is known of the data: the content of `data.json`.

mod remarks;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::encoded::Encoded;
use crate::label::LabelValues;
use crate::preprocessing::Preprocessing;
use crate::split::{Part, Splits};
use crate::table::{Table, Unparsable};
use crate::target::Masked;
use crate::vocabulary::Vocabulary;

/// Counts of everything that can surprise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataFacts {
    /// BLAKE3 of all inputs, labels and splits as they are trained on, in hexadecimal.
    pub fingerprint: String,
    /// The main source.
    pub file: String,
    /// Rows that are used.
    pub rows: u64,
    /// Columns of the main source.
    pub columns: u64,
    /// Numbers that a row gives the model.
    pub numeric: u64,
    /// Categories that a row gives the model.
    pub categorical: u64,
    /// Channels, height and width of its image.
    pub image: Option<[usize; 3]>,
    /// Per part: rows, and labels per task.
    pub splits: BTreeMap<String, SplitFacts>,
    /// Rows whose inputs equal those of a row of an earlier part (`val_in_train`, `test_in_train`, `test_in_val`), or of
    /// an earlier training row (`within_train`).
    pub duplicates: BTreeMap<String, u64>,
    /// Cells whose category no training row has.
    pub unseen: Vec<Unseen>,
    /// Rows left out because a feature is missing.
    pub dropped_rows: u64,
    /// Feature cells that were taken as missing because they are no numbers.
    pub unparsable_cells: u64,
    /// Cells of regression targets that were taken as missing because they are no numbers.
    #[serde(default)]
    pub unparsable_labels: u64,
    /// Feature cells per column that were missing and are filled in.
    pub filled: BTreeMap<String, u64>,
    /// What deserves a look.
    pub notes: Vec<String>,
}

/// One part of the data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitFacts {
    /// Its rows.
    pub rows: u64,
    /// Its labels per task.
    pub tasks: BTreeMap<String, LabelFacts>,
}

/// The labels of one task in one part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelFacts {
    /// Rows with a label.
    pub labelled: u64,
    /// Rows per class or label, in the order of the classes; empty for regression.
    pub classes: Vec<(String, u64)>,
}

/// Categories that no training row has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unseen {
    /// The column.
    pub column: String,
    /// The part.
    pub split: String,
    /// How many of its cells.
    pub cells: u64,
}

/// What the facts are made from.
pub(crate) struct Found<'a> {
    pub(crate) preprocessing: &'a Preprocessing,
    pub(crate) encoded: &'a Encoded,
    pub(crate) splits: &'a Splits,
    /// Of train, val and test, by the split rule; none if a column says.
    pub(crate) shares: Option<[f64; 3]>,
    pub(crate) file: String,
    pub(crate) columns: usize,
    pub(crate) dropped: u64,
    pub(crate) unparsable: Unparsable,
    /// Columns whose numbers differ, but not in single precision.
    pub(crate) flattened: Vec<String>,
    pub(crate) filled: BTreeMap<String, u64>,
    pub(crate) masked: Vec<Masked>,
    pub(crate) unseen: Vec<Unseen>,
}

impl DataFacts {
    pub(crate) fn new(found: &Found<'_>) -> Self {
        let shape = found.preprocessing.input_shape();
        Self {
            fingerprint: fingerprint(found),
            file: found.file.clone(),
            rows: found.encoded.rows() as u64,
            columns: found.columns as u64,
            numeric: shape.numeric as u64,
            categorical: shape.categorical.len() as u64,
            image: shape.image,
            splits: Part::ALL
                .into_iter()
                .map(|part| (part.name().to_owned(), split_facts(found, part)))
                .collect(),
            duplicates: duplicates(found.encoded, found.splits),
            unseen: found.unseen.clone(),
            dropped_rows: found.dropped,
            unparsable_cells: found.unparsable.features,
            unparsable_labels: found.unparsable.labels,
            filled: found.filled.clone(),
            notes: remarks::notes(found)
                .into_iter()
                .chain(remarks::without_rows(found))
                .collect(),
        }
    }
}

fn fingerprint(found: &Found<'_>) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("polytask 2026 data fingerprint v1");
    found.encoded.digest(&mut hasher);
    for part in Part::ALL {
        let rows = found.splits.of(part);
        hasher.update(&(rows.len() as u64).to_le_bytes());
        crate::encoded::feed(&mut hasher, rows.iter().map(|row| row.to_le_bytes()));
    }
    for task in found.preprocessing.tasks() {
        for text in std::iter::once(&task.name).chain(&task.classes) {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

fn split_facts(found: &Found<'_>, part: Part) -> SplitFacts {
    let rows = found.splits.of(part);
    let mut tasks = BTreeMap::new();
    for (index, fit) in found.preprocessing.tasks().iter().enumerate() {
        let mut counts = vec![0u64; fit.classes.len()];
        let mut labelled = 0;
        if let Some(labels) = found.encoded.labels.get(index) {
            for row in rows
                .iter()
                .map(|&row| row as usize)
                .filter(|&row| labels.present.get(row))
            {
                labelled += 1;
                match &labels.values {
                    LabelValues::Classes(classes) => {
                        let class = classes
                            .get(row)
                            .map_or(usize::MAX, |&class| usize::from(class));
                        counts
                            .get_mut(class)
                            .into_iter()
                            .for_each(|count| *count += 1);
                    }
                    LabelValues::Flags(flags) => {
                        let flags = flags.iter().skip(row * counts.len());
                        counts
                            .iter_mut()
                            .zip(flags)
                            .for_each(|(count, &flag)| *count += u64::from(flag));
                    }
                    LabelValues::Values(_) => counts.clear(),
                }
            }
        }
        let classes = fit.classes.iter().cloned().zip(counts);
        let classes = if fit.kind.classes().is_some() || fit.counts.len() == fit.classes.len() {
            classes.collect()
        } else {
            Vec::new()
        };
        tasks.insert(fit.name.clone(), LabelFacts { labelled, classes });
    }
    SplitFacts {
        rows: rows.len() as u64,
        tasks,
    }
}

/// Rows whose inputs stand in an earlier part already: a test that training has seen tests nothing.
fn duplicates(encoded: &Encoded, splits: &Splits) -> BTreeMap<String, u64> {
    // The part in the last two bits of the digest: a sorted list takes half the room of a map.
    let mut digests: Vec<u64> = Vec::with_capacity(encoded.rows());
    for (place, part) in Part::ALL.into_iter().enumerate() {
        let rows = splits.of(part).iter();
        digests.extend(rows.map(|&row| encoded.input_digest(row as usize) & !3 | place as u64));
    }
    digests.sort_unstable();
    let names = [
        "within_train",
        "val_in_train",
        "test_in_train",
        "test_in_val",
    ];
    let mut counts: BTreeMap<String, u64> =
        names.into_iter().map(|name| (name.to_owned(), 0)).collect();
    for equal in digests.chunk_by(|one, other| one >> 2 == other >> 2) {
        let part = |digest: &u64| Part::ALL.get((digest & 3) as usize).copied();
        let Some((Some(earlier), rest)) =
            equal.split_first().map(|(first, rest)| (part(first), rest))
        else {
            continue;
        };
        for part in rest.iter().filter_map(part) {
            let name = match (earlier, part) {
                (Part::Train, Part::Train) => "within_train".to_owned(),
                _ if earlier == part => continue,
                _ => format!("{}_in_{}", part.name(), earlier.name()),
            };
            *counts.entry(name).or_default() += 1;
        }
    }
    counts
}

/// Cells of val and test whose category no training row has.
pub(crate) fn unseen(preprocessing: &Preprocessing, table: &Table, splits: &Splits) -> Vec<Unseen> {
    let mut all = Vec::new();
    for vocabulary in &preprocessing.categorical {
        let Some(words) = table.words(&vocabulary.name) else {
            continue;
        };
        let codes: Vec<u32> = vocabulary.encode(words).collect();
        for part in [Part::Val, Part::Test] {
            let is_unseen = |row: &&u32| codes.get(**row as usize) == Some(&Vocabulary::UNSEEN);
            let cells = splits.of(part).iter().filter(is_unseen).count() as u64;
            if cells > 0 {
                all.push(Unseen {
                    column: vocabulary.name.clone(),
                    split: part.name().to_owned(),
                    cells,
                });
            }
        }
    }
    all
}
