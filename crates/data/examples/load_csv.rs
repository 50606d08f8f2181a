//! How fast a large table loads, and in how much memory.
//!
//! `cargo run --release -p polytask-data --example load_csv -- [ROWS] [COLUMNS]` writes a CSV file of 200,000 rows and
//! 100 numeric columns to the temporary folder (once), prepares it, and prints seconds and peak memory. The yardstick is
//! the features as raw 32-bit numbers: 80 MB.

#![allow(
    clippy::print_stdout,
    reason = "a program that prints what it measured"
)]

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::Instant;

use polytask_config::{Document, Layers, read};
use polytask_data::{DataOptions, TaskOptions, prepare};
use polytask_random::Seed;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut numbers = std::env::args().skip(1);
    let rows: usize = numbers.next().map_or(Ok(200_000), |text| text.parse())?;
    let columns: usize = numbers.next().map_or(Ok(100), |text| text.parse())?;
    let folder = std::env::temp_dir().join("polytask-load-csv");
    std::fs::create_dir_all(&folder)?;
    let name = format!("{rows}x{columns}.csv");
    let path = folder.join(&name);
    if !path.exists() {
        write_table(&path, rows, columns)?;
        println!(
            "wrote {}; run again to measure without the writing",
            path.display()
        );
    }
    let size = std::fs::metadata(&path)?.len();

    let text = format!(
        "[data]\nsource = \"{name}\"\n[tasks.y]\ntype = \"regression\"\n[tasks.z]\ntype = \"binary\"\n"
    );
    let document = Document::load(Layers::text("load.toml", &text, &folder))
        .map_err(|_| "the configuration is wrong")?;
    let (data, tasks) = read(&document, |fields| {
        let data = fields.table("data", "rows", DataOptions::options);
        (data, fields.tables("tasks", "tasks", TaskOptions::options))
    })
    .value;
    let before = peak_memory();
    let start = Instant::now();
    let prepared = prepare(&data, &[], &tasks, Seed(1))?;
    let seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let batches = prepared
        .splits
        .train
        .chunks(256)
        .map(|rows| prepared.encoded.batch(rows).rows.len())
        .sum::<usize>();
    let epoch = start.elapsed().as_secs_f64();

    let raw = (rows * columns * 4) as f64 / 1e6;
    println!("file             {:.1} MB", size as f64 / 1e6);
    println!(
        "load and prepare {seconds:.2} s ({:.0} MB/s)",
        size as f64 / 1e6 / seconds
    );
    println!("one epoch        {epoch:.2} s in batches of 256 ({batches} rows)");
    match (before, peak_memory()) {
        (Some(before), Some(peak)) => println!(
            "peak memory      {peak:.1} MB ({before:.1} MB before) = {:.2} times the raw {raw:.1} MB",
            peak / raw
        ),
        _ => println!("peak memory      not known on this system"),
    }
    Ok(())
}

fn write_table(path: &Path, rows: usize, columns: usize) -> std::io::Result<()> {
    let mut file = BufWriter::new(std::fs::File::create(path)?);
    let mut line: String = (0..columns).map(|column| format!("x{column},")).collect();
    line.push_str("y,z\n");
    file.write_all(line.as_bytes())?;
    for row in 0..rows {
        line.clear();
        let mut stream = Seed(1).stream("load_csv", row as u64);
        let mut sum = 0.0;
        for _ in 0..columns {
            let value = stream.between(-5.0, 5.0);
            sum += value;
            // Writing to a String cannot fail.
            let _ = write!(line, "{value:.5},");
        }
        let _ = writeln!(line, "{sum},{}", u8::from(sum > 0.0));
        file.write_all(line.as_bytes())?;
    }
    file.flush()
}

/// The high-water mark of this process in megabytes, where the system tells it.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024.0 / 1e6)
}
