//! `inspect --canonical`: the form obeys its definition, and its checkpoint predicts what the run's does.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::harness::{Folder, exists, students};

fn numbers(value: &Value) -> Vec<f64> {
    let cells = value.as_array().unwrap();
    cells.iter().map(|cell| cell.as_f64().unwrap()).collect()
}

/// Every number that `predict --proba` writes, by row and column.
fn predictions(folder: &Folder, of: &str) -> Vec<BTreeMap<String, Value>> {
    let given = ["predict", of, "-i", "new.csv", "-o", "out.jsonl", "--proba"];
    folder.run(&given).expect(0);
    let text = folder.read("out.jsonl");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn canonical(folder: &Folder, of: &str) -> Value {
    folder
        .run(&["inspect", of, "--canonical", "--json"])
        .expect(0)
        .json()["canonical"]
        .clone()
}

#[test]
fn the_canonical_checkpoint_predicts_the_same_and_stays_as_it_is() {
    for sharing in [
        "{ type = \"latent\", dimension = 3 }",
        "{ type = \"codes\", count = 3 }",
        "{ type = \"codes\", count = 3, l1 = 0.01, unit_norm = true }",
        "{ type = \"codes\", count = 3, alpha = \"per_task\" }",
    ] {
        let folder = Folder::with_table();
        folder.write("new.csv", &students(200..260));
        folder.train("r", &["-s", &format!("sharing={sharing}")]);
        let told = folder
            .run(&[
                "inspect",
                "r",
                "--canonical",
                "--output",
                "c.ckpt",
                "--json",
            ])
            .expect(0)
            .json()["canonical"]
            .clone();
        assert!(exists(&folder.path("c.ckpt")));
        assert!(
            told["largest_difference"].as_f64().unwrap() <= 1e-5,
            "{sharing}"
        );
        let (before, after) = (predictions(&folder, "r"), predictions(&folder, "c.ckpt"));
        assert_eq!(before.len(), 60);
        for (before, after) in before.iter().zip(&after) {
            for (key, was) in before {
                let Some(was) = was.as_f64() else { continue };
                let is = after[key].as_f64().unwrap();
                let size = was.abs().max(1.0);
                assert!(
                    (was - is).abs() <= 1e-5 * size,
                    "{sharing}, {key}: {was}, {is}"
                );
            }
        }

        let map: Vec<Vec<f64>> = told["map"]
            .as_array()
            .unwrap()
            .iter()
            .map(numbers)
            .collect();
        assert_eq!(map.len(), told["tasks"].as_array().unwrap().len());
        let usage = numbers(&told["usage"]);
        for code in 0..3 {
            let column = || map.iter().map(|row| row[code]);
            let sum: f64 = column().map(f64::abs).sum();
            assert!((sum - usage[code]).abs() < 1e-9);
            // A direction that no task reads has no sign; a private map takes that of the weights before it.
            if sharing.contains("per_task") || usage[code] < 1e-4 {
                continue;
            }
            // The students' tasks have one score each, so that the map has signs.
            let larger = |a: f64, b: f64| if b.abs() > a.abs() { b } else { a };
            assert!(
                column().fold(0.0, larger) > 0.0,
                "{sharing}, {code}: {map:?}"
            );
        }
        let falls = |values: &[f64]| values.windows(2).all(|pair| pair[0] >= pair[1] - 1e-6);
        if sharing.contains("latent") {
            // Σ_t W_tᵀ W_t is diagonal and descending.
            let gram = |a: usize, b: usize| map.iter().map(|row| row[a] * row[b]).sum::<f64>();
            assert!(falls(&[gram(0, 0), gram(1, 1), gram(2, 2)]));
            for (a, b) in [(0, 1), (0, 2), (1, 2)] {
                assert!(gram(a, b).abs() < 1e-4 * gram(0, 0), "{}", gram(a, b));
            }
        } else if !sharing.contains("per_task") {
            assert!(falls(&usage), "{usage:?}");
        }
        // Canonical already: a second time changes nothing.
        let twice = canonical(&folder, "c.ckpt");
        for (one, other) in map.iter().zip(twice["map"].as_array().unwrap()) {
            for (one, other) in one.iter().zip(numbers(other)) {
                assert!(
                    (one - other).abs() < 1e-4 * usage[0].max(1.0),
                    "{one}, {other}"
                );
            }
        }
    }
}

#[test]
fn what_has_no_canonical_form_says_so() {
    let folder = Folder::with_table();
    folder.train("r", &[]);
    let refused = folder.run(&["inspect", "r", "--canonical"]).expect(2);
    assert!(refused.err.contains("no canonical form"), "{}", refused.err);
    folder
        .run(&["inspect", "config.toml", "--canonical"])
        .expect(2);
    folder
        .run(&["inspect", "r", "--output", "c.ckpt"])
        .expect(2);
}
