//! What loading holds at its peak, counted by the allocator: nothing is timed, so nothing depends on the machine.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it measured"
)]

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use peak_alloc::PeakAlloc;
use polytask_config::{Document, Layers, read};
use polytask_data::{DataOptions, Prepared, TaskOptions, prepare};
use polytask_random::Seed;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ROWS: usize = 20_000;
const COLUMNS: usize = 50;
/// Of the features as 32-bit numbers.
const RAW: f64 = (ROWS * COLUMNS * 4) as f64;
/// What may be held at the peak: one copy of the numbers, the targets, and buffers that do not grow with the file. The bar
/// is 3; a second copy would be seen.
const MOST: f64 = 1.5;
/// What may be held afterwards.
const HELD: f64 = 1.25;

/// What was done, and how often the raw numbers it held at its peak and at its end.
fn measured<T>(what: &str, work: impl FnOnce() -> T) -> (T, f64, f64) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let made = work();
    let peak = ALLOCATOR.peak_usage().saturating_sub(before) as f64 / RAW;
    let held = ALLOCATOR.current_usage().saturating_sub(before) as f64 / RAW;
    println!("{what}: {peak:.2} times the raw numbers at the peak, {held:.2} after it");
    (made, peak, held)
}

fn loaded(folder: &Path, source: &str) -> Prepared {
    let text = format!(
        "[data]\nsource = {source}\n[tasks.y]\ntype = \"regression\"\n[tasks.z]\ntype = \"binary\"\n"
    );
    let document = Document::load(Layers::text("load.toml", text, folder)).unwrap();
    let (data, tasks) = read(&document, |fields| {
        let data = fields.table("data", "rows", DataOptions::options);
        (data, fields.tables("tasks", "tasks", TaskOptions::options))
    })
    .value;
    prepare(&data, &[], &tasks, Seed(1)).unwrap()
}

/// A cell of a feature: five digits, so that it is the same number in every format.
fn cell(row: usize, column: usize) -> f32 {
    ((row * 31 + column * 17 + row * column % 101) % 9973) as f32 / 8.0
}

fn csv(rows: std::ops::Range<usize>) -> String {
    let mut text: String = (0..COLUMNS).map(|column| format!("x_{column},")).collect();
    text.push_str("y,z\n");
    for row in rows {
        (0..COLUMNS).for_each(|column| text.push_str(&format!("{},", cell(row, column))));
        text.push_str(&format!("{},{}\n", row % 100, row % 2));
    }
    text
}

fn json_lines() -> String {
    let row = |row: usize| {
        let cells: String = (0..COLUMNS)
            .map(|column| format!("\"x_{column}\": {}, ", cell(row, column)))
            .collect();
        format!("{{{cells}\"y\": {}, \"z\": {}}}\n", row % 100, row % 2)
    };
    (0..ROWS).map(row).collect()
}

/// One array in NumPy's format.
fn npy(descriptor: &str, shape: &str, elements: Vec<u8>) -> Vec<u8> {
    let header =
        format!("{{'descr': '{descriptor}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(elements);
    bytes
}

/// A zip archive of stored files.
fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let sizes = [crc.sum(), content.len() as u32, content.len() as u32];
        let sizes: Vec<u8> = sizes.iter().flat_map(|size| size.to_le_bytes()).collect();
        let name_length = [(name.len() as u16).to_le_bytes(), [0; 2]].concat();
        let offset = (bytes.len() as u32).to_le_bytes();
        let start = [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &sizes, &name_length].concat();
        bytes.extend([b"PK\x03\x04", &start[..], name.as_bytes(), content].concat());
        directory.extend(
            [
                b"PK\x01\x02\x14\x00",
                &start[..],
                &[0; 10],
                &offset,
                name.as_bytes(),
            ]
            .concat(),
        );
    }
    let (count, size) = (
        (files.len() as u16).to_le_bytes(),
        (directory.len() as u32).to_le_bytes(),
    );
    let start = (bytes.len() as u32).to_le_bytes();
    bytes.extend(directory);
    bytes.extend(
        [
            b"PK\x05\x06\0\0\0\0",
            &count[..],
            &count,
            &size,
            &start,
            &[0; 2],
        ]
        .concat(),
    );
    bytes
}

fn archive(descriptor: &str, element: impl Fn(f32) -> Vec<u8>) -> Vec<u8> {
    let cells = (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| cell(row, column)));
    let x = npy(
        descriptor,
        &format!("({ROWS}, {COLUMNS})"),
        cells.flat_map(element).collect(),
    );
    let y = (0..ROWS)
        .flat_map(|row| ((row % 100) as f64).to_le_bytes())
        .collect();
    let z = (0..ROWS).map(|row| (row % 2) as u8).collect();
    let shape = format!("({ROWS},)");
    zip(&[
        ("x.npy", x),
        ("y.npy", npy("<f8", &shape, y)),
        ("z.npy", npy("|u1", &shape, z)),
    ])
}

/// The files that are loaded, gone at the end.
struct Files(PathBuf);

impl Files {
    fn write() -> Self {
        let folder = std::env::temp_dir().join(format!("polytask-memory-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, bytes: &[u8]| std::fs::write(folder.join(name), bytes).unwrap();
        let all = csv(0..ROWS);
        write("all.csv", all.as_bytes());
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(all.as_bytes()).unwrap();
        write("all.csv.gz", &packed.finish().unwrap());
        write("most.csv", csv(0..ROWS * 7 / 10).as_bytes());
        write("some.csv", csv(ROWS * 7 / 10..ROWS * 8 / 10).as_bytes());
        write("rest.csv", csv(ROWS * 8 / 10..ROWS).as_bytes());
        write("all.jsonl", json_lines().as_bytes());
        write(
            "single.npz",
            &archive("<f4", |cell| cell.to_le_bytes().to_vec()),
        );
        write(
            "double.npz",
            &archive("<f8", |cell| f64::from(cell).to_le_bytes().to_vec()),
        );
        Self(folder)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// One test, since what is counted is the whole process's.
#[test]
fn the_numbers_are_held_once_while_they_are_loaded() {
    let files = Files::write();
    for source in [
        "\"all.csv\"",
        "\"all.csv.gz\"",
        "\"most.csv\"\ntest = \"rest.csv\"\nval = \"some.csv\"",
        "\"all.jsonl\"",
        "\"single.npz\"",
        "\"double.npz\"",
    ] {
        let (prepared, peak, held) = measured(source, || loaded(&files.0, source));
        assert_eq!(prepared.encoded.rows(), ROWS);
        assert!(
            peak <= MOST,
            "{source}: {peak} times the raw numbers at the peak"
        );
        assert!(
            held <= HELD,
            "{source}: {held} times the raw numbers are held"
        );
    }
    // As `evaluate --data` reads a file, and as `predict` does.
    let preprocessing = loaded(&files.0, "\"all.csv\"").preprocessing;
    for name in ["all.csv", "all.jsonl", "double.npz"] {
        let file = files.0.join(name);
        let (_, peak, _) = measured(name, || preprocessing.load(file.clone()).unwrap());
        assert!(peak <= MOST, "{name}: {peak}");
    }
    let stream = || preprocessing.open(&files.0.join("all.csv")).unwrap();
    let (rows, peak, _) = measured("predict", || {
        stream()
            .map(|chunk| chunk.unwrap().encoded.rows())
            .sum::<usize>()
    });
    assert_eq!(rows, ROWS);
    assert!(peak <= 0.6, "a stream of rows: {peak}");
}
