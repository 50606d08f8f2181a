//! What the generators' tests share: a digest of a table, its numbers, and the independence of rows.

use polytask_random::Seed;

use crate::column::Values;
use crate::source::{Reading, Source};
use crate::table::Table;

pub(super) fn table(source: &dyn Source) -> Table {
    source.load(&Reading::new(Seed(0))).unwrap()
}

/// The first 16 digits of a BLAKE3 hash over names, cells, images and split, bit for bit.
pub(super) fn digest(source: &dyn Source) -> String {
    digest_in_run(source, 0)
}

/// The same, for a run with this seed.
pub(super) fn digest_in_run(source: &dyn Source, seed: u64) -> String {
    let table = source.load(&Reading::new(Seed(seed))).unwrap();
    let mut hasher = blake3::Hasher::new();
    for row in 0..table.rows() {
        hasher.update(&cells(&table, row));
    }
    hasher.finalize().to_hex().as_str()[..16].to_owned()
}

/// All that a row holds.
fn cells(table: &Table, row: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for column in table.columns() {
        bytes.extend(column.name.bytes());
        match &column.values {
            Values::F32(values) => bytes.extend(values[row].to_bits().to_le_bytes()),
            Values::F64(values) => bytes.extend(values[row].to_bits().to_le_bytes()),
            Values::Text(words) => bytes.extend(words.get(row).unwrap_or("\0").bytes()),
        }
    }
    if let Some(images) = table.images() {
        bytes.extend(images.get(row));
    }
    bytes.extend(format!("{:?}", table.split().unwrap()[row]).bytes());
    bytes
}

/// Ten training rows are the first ten of a hundred.
pub(super) fn assert_prefix(source: impl Fn(usize) -> Box<dyn Source>) {
    let (few, many) = (table(&*source(10)), table(&*source(100)));
    assert!(few.rows() >= 10 && many.rows() == 10 * few.rows());
    for row in 0..few.rows() {
        assert_eq!(cells(&few, row), cells(&many, row), "row {row}");
    }
}

/// The features (f32 columns) and the targets (f64 columns), row by row.
pub(super) fn numbers(table: &Table) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let (mut features, mut targets) = (vec![vec![]; table.rows()], vec![vec![]; table.rows()]);
    for column in table.columns() {
        for row in 0..table.rows() {
            match &column.values {
                Values::F32(values) => features[row].push(values[row].into()),
                Values::F64(values) => targets[row].push(values[row]),
                Values::Text(_) => {}
            }
        }
    }
    (features, targets)
}
