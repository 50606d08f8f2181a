//! Damaged files: any error, never a panic, a hang or memory beyond the file's size.

use std::panic::{AssertUnwindSafe, catch_unwind};

use polytask_random::{Seed, Stream};

use crate::written::{idx, npy, zip};
use crate::{Folder, options, table};

/// Flips, cuts, repeats, overwrites: one to four times.
fn mutated(bytes: &[u8], stream: &mut Stream) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=stream.below(4) {
        let at = stream.below(bytes.len().max(1));
        let length = stream.below(16).min(bytes.len().saturating_sub(at));
        match stream.below(6) {
            0 if !bytes.is_empty() => bytes[at] ^= 1 << stream.below(8),
            1 => bytes.truncate(at),
            2 => bytes[at..at + length].fill([0, 0xFF, b'"', b',', b'\n', b'\r'][stream.below(6)]),
            3 => {
                let part = bytes[at..at + length].to_vec();
                bytes.splice(at..at, part);
            }
            4 => drop(bytes.drain(at..at + length)),
            _ => bytes.insert(at, stream.below(256) as u8),
        }
    }
    bytes
}

fn survives(name: &str, good: &[u8], source: &str, tasks: &str) {
    let folder = Folder::new();
    let config = format!(
        "[data]\nsource = {source}\nmissing = \"impute\"\nlimits.total_bytes = 1000000\n{tasks}"
    );
    let (options, problems) = options(&folder.0, &config);
    assert_eq!(problems, Vec::<String>::new());
    let mut stream = Seed(7).stream(name, 0);
    let mut accepted = 0;
    for round in 0..1500 {
        let bytes = if round == 0 {
            good.to_vec()
        } else {
            mutated(good, &mut stream)
        };
        std::fs::write(folder.path(name), &bytes).unwrap();
        let result = catch_unwind(AssertUnwindSafe(|| {
            polytask_data::prepare(&options.data, &options.inputs, &options.tasks, Seed(1))
        }));
        match result {
            Ok(Ok(prepared)) => {
                accepted += 1;
                let batch = prepared.encoded.batch(&prepared.splits.train);
                assert!(
                    batch
                        .numeric
                        .iter()
                        .chain(&batch.image)
                        .all(|value| value.is_finite())
                );
                let labels = batch.targets.iter().flat_map(|labels| &labels.values);
                assert!(labels.into_iter().all(|value| value.is_finite()));
            }
            Ok(Err(errors)) => {
                assert!(round > 0, "{errors}");
                let shown = errors.to_string();
                let steers = |character: char| character.is_control() && character != '\n';
                assert!(!shown.contains(steers), "{shown:?}");
            }
            Err(_) => panic!("a panic on {bytes:?}"),
        }
    }
    assert!(accepted > 0);
}

const TASKS: &str =
    "[tasks.y]\ntype = \"regression\"\n[tasks.z]\ntype = \"multiclass\"\nunseen = \"mask\"\n";

#[test]
fn delimited_text() {
    let good = table("a,b,y,z", 40, |row| {
        format!(
            "{row},\"{}\",{}.5,{}",
            row * 7 % 5,
            row,
            ["p", "q"][row % 2]
        )
    });
    survives("a.csv", good.as_bytes(), "\"a.csv\"", TASKS);
}

#[test]
fn json_lines() {
    let good: String = (0..30)
        .map(|row| {
            format!(
                "{{\"a\": {row}, \"y\": {row}.5, \"z\": \"{}\", \"b\": null}}\n",
                row % 2
            )
        })
        .collect();
    survives("a.jsonl", good.as_bytes(), "\"a.jsonl\"", TASKS);
}

#[test]
fn idx_images() {
    let folder = Folder::new().with("labels", idx(8, &[12], &[0, 1, 2].repeat(4)));
    let labels = folder.path("labels");
    let source = format!(
        "{{ type = \"idx\", images = \"images\", labels.z.file = \"{}\" }}",
        labels.display()
    );
    survives(
        "images",
        &idx(8, &[12, 2, 2], &(0..48).collect::<Vec<u8>>()),
        &source,
        "[tasks.z]\ntype = \"multiclass\"\n",
    );
}

#[test]
fn npz_arrays() {
    let doubles: Vec<u8> = (0..24)
        .flat_map(|number| f64::from(number).to_le_bytes())
        .collect();
    let files = [
        ("x.npy", npy("<f8", "(12, 2)", &doubles)),
        ("z.npy", npy("|u1", "(12,)", &[0, 1, 2].repeat(4))),
    ];
    for is_packed in [false, true] {
        survives(
            "a.npz",
            &zip(&files, is_packed),
            "\"a.npz\"",
            "[tasks.z]\ntype = \"multiclass\"\nunseen = \"mask\"\n",
        );
    }
}
