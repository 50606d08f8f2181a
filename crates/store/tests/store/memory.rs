//! B5 and B23: reading needs at most twice the file plus 64 MB, also when the file is made to cost more.

use std::path::Path;

use polytask_store::{Checkpoint, Part, read, verify, write};

use crate::samples::{child, child_argument};

const MEGABYTE: u64 = 1 << 20;

/// The other half: reads or verifies the file that it is given and says how high its memory rose.
#[test]
fn child_process() {
    let Some(argument) = child_argument() else {
        return;
    };
    let (how, path) = argument.split_once(':').unwrap();
    let before = peak();
    let outcome = match how {
        "read" => read(Path::new(path)).map(|checkpoint| checkpoint.parts.len()),
        _ => verify(Path::new(path)).map(|summary| summary.parts.len()),
    };
    println!("\nrose {} {}", peak() - before, outcome.is_ok());
}

/// Peak resident bytes of this process.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        * 1024
}

fn rise(how: &str, path: &Path) -> (u64, bool) {
    let output = child(
        "memory::child_process",
        &format!("{how}:{}", path.display()),
    )
    .output()
    .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("rose "))
        .expect(&text);
    let (rise, is_ok) = line.split_once(' ').unwrap();
    (rise.parse().unwrap(), is_ok == "true")
}

#[test]
fn memory_is_bounded_by_the_size_of_the_file() {
    if !Path::new("/proc/self/status").exists() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.ckpt");
    let sizes = [150 * MEGABYTE, 1, 40 * MEGABYTE];
    let parts = sizes.iter().enumerate().map(|(index, &size)| Part {
        name: format!("model/{index}"),
        kind: "u8".into(),
        shape: vec![size],
        bytes: vec![index as u8; size as usize],
    });
    write(
        &path,
        &Checkpoint {
            parts: parts.collect(),
            ..Checkpoint::at_step(1)
        },
    )
    .unwrap();
    let size = path.metadata().unwrap().len();
    let (rise_reading, is_ok) = rise("read", &path);
    assert!(
        is_ok && rise_reading < size + 16 * MEGABYTE,
        "{rise_reading}"
    );
    let (rise_verifying, is_ok) = rise("verify", &path);
    assert!(is_ok && rise_verifying < 16 * MEGABYTE, "{rise_verifying}");
}

#[test]
fn a_header_made_to_cost_memory_stays_within_the_bound() {
    if !Path::new("/proc/self/status").exists() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.ckpt");
    let entry = format!(
        r#"{{"name":"a","kind":"a","shape":[],"offset":0,"length":0,"blake3":"{}"}}"#,
        "0".repeat(64)
    );
    let fill = |unit: &str| unit.repeat((16 * MEGABYTE as usize - 200) / unit.len());
    let bombs = [
        (
            "parts",
            format!(
                r#"{{"meta":{{}},"parts":[{}{entry}]}}"#,
                fill(&format!("{entry},"))
            ),
        ),
        (
            "sides",
            format!(
                r#"{{"meta":{{}},"parts":[{{"name":"a","kind":"a","shape":[{}1]"#,
                fill("1,")
            ),
        ),
        (
            "texts",
            format!(
                r#"{{"meta":{{{}"#,
                (0..1_000_000)
                    .map(|key| format!("\"{key}\":\"\","))
                    .collect::<String>()
            ),
        ),
        (
            "escapes",
            format!(r#"{{"meta":{{"a":"{}"}},"parts":[]}}"#, fill("\\u0001")),
        ),
        (
            "one text",
            format!(r#"{{"meta":{{"a":"{}"}},"parts":[]}}"#, fill("x")),
        ),
        ("depth", fill("[")),
    ];
    for (name, header) in bombs {
        let mut file = b"\x89polytask\r\n\x1a\n\0\0\0".to_vec();
        file.extend_from_slice(&1u32.to_le_bytes());
        file.extend_from_slice(&[0; 4]);
        file.extend_from_slice(&(header.len() as u64).to_le_bytes());
        let hash = blake3::Hasher::new()
            .update(&file)
            .update(header.as_bytes())
            .finalize();
        file.extend_from_slice(hash.as_bytes());
        file.extend_from_slice(header.as_bytes());
        file.resize(file.len().next_multiple_of(64) + 48, 0);
        std::fs::write(&path, &file).unwrap();
        let (rise, is_ok) = rise("read", &path);
        assert!(!is_ok, "{name}");
        assert!(
            rise <= 2 * file.len() as u64 + 64 * MEGABYTE,
            "{name}: {rise}"
        );
    }
}

#[test]
fn a_huge_sparse_file_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sparse.ckpt");
    write(&path, &crate::samples::checkpoint(1)).unwrap();
    let begun = std::time::Instant::now();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    // Not every file system has room for the claim.
    for size in [1u64 << 33, 1 << 40] {
        if file.set_len(size).is_ok() {
            assert!(read(&path).is_err() && verify(&path).is_err());
        }
    }
    assert!(begun.elapsed().as_secs() < 2);
}
