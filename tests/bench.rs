//! `bench planted`: every family reaches its marks in its quick version, and what it writes can be tried by hand.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::harness::Folder;

#[test]
fn every_family_reaches_its_marks() {
    let folder = Folder::new("");
    let document = folder
        .run(&["bench", "planted", "--quick", "--json"])
        .expect(0)
        .json();
    let families = document["families"].as_array().unwrap();
    assert_eq!(families.len(), 8);
    assert_eq!(
        (&document["quick"], &document["passed"]),
        (&true.into(), &true.into())
    );
    for (number, family) in (1..).zip(families) {
        assert_eq!(family["family"], format!("P{number}"));
        assert_eq!(family["passed"], true, "{family:#}");
        let checks = family["checks"].as_array().unwrap();
        let judged = checks.iter().filter(|check| !check["mark"].is_null());
        assert!(judged.clone().count() >= 3, "{family:#}");
        assert!(
            judged.into_iter().all(|check| check["passed"] == true),
            "{family:#}"
        );
        assert!(
            family["truth"]
                .as_object()
                .is_some_and(|truths| !truths.is_empty())
        );
    }
    // Every number is a record, under a key that says nothing of the seed; words are words.
    for family in families {
        let checks = family["checks"].as_array().unwrap();
        let keys: BTreeSet<&str> = checks
            .iter()
            .map(|check| check["key"].as_str().unwrap())
            .collect();
        assert_eq!(keys.len(), checks.len(), "{keys:?}");
        for check in checks {
            let found = &check["found"];
            let is_record = ["value", "unit", "estimator", "n", "se", "interval", "flags"]
                .iter()
                .all(|field| found.get(field).is_some());
            assert!(found.is_string() || is_record, "{check}");
            assert!(is_record != found["estimator"].as_str().is_none_or(str::is_empty));
            assert!(
                !check["quantity"].as_str().unwrap().contains('±'),
                "{check}"
            );
        }
    }
    let transferred = families[1]["checks"].as_array().unwrap();
    let transferred = transferred
        .iter()
        .find(|check| check["key"] == "relatedness_0_5_transferred")
        .unwrap();
    assert_eq!(transferred["found"]["unit"], "bits");
    assert!(transferred["found"]["se"].as_f64().unwrap() > 0.0);
    // The flagship: the same label information, opposite cures.
    let cures: Vec<&Value> = families[7]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|check| check["quantity"].as_str().unwrap().contains("cures"))
        .map(|check| &check["found"])
        .collect();
    assert_eq!(cures, ["trunk, trunk", "joint head, joint head"]);
}

#[test]
fn a_family_is_the_same_for_the_same_seed_and_told_as_a_table() {
    let folder = Folder::new("");
    let run = |seed: &str| {
        let arguments = [
            "bench", "planted", "--family", "P6,P8", "--quick", "--seed", seed,
        ];
        folder.run(&arguments).expect(0).out
    };
    let text = run("3");
    assert_eq!(text, run("3"));
    assert_ne!(text, run("4"));
    assert!(
        text.starts_with("P6: ") && text.contains("\nP8: "),
        "{text}"
    );
    assert!(
        text.contains("triples that the screen flags") && !text.contains("NO"),
        "{text}"
    );
    let help = folder.run(&["bench", "planted", "--help"]).expect(0).out;
    for family in 1..=8 {
        assert!(help.contains(&format!("- P{family}:")), "{help}");
    }
    folder
        .run(&["bench", "planted", "--family", "P9"])
        .expect(2);
}

#[test]
fn what_is_written_can_be_tried_by_hand() {
    let folder = Folder::new("");
    let arguments = ["bench", "planted", "--family", "P6", "--output", "mine"];
    folder.run(&arguments).expect(0);
    let truth: Value = serde_json::from_str(&folder.read("mine/synergy/truth.json")).unwrap();
    assert_eq!(truth["total_correlation_bits"], 1.0);
    let document = folder
        .run(&["info", "mine/synergy/config.toml", "--json"])
        .expect(0)
        .json();
    let synergies = document["report"]["synergies"].as_array().unwrap();
    assert_eq!(synergies.len(), 1);
    folder.run(&["check", "mine/synergy/config.toml"]).expect(0);
    assert!(
        folder
            .read("mine/synergy/data.csv")
            .starts_with("x_0,x_1,x_2,x_3,y_0,")
    );
    // A folder that cannot be made.
    folder.write("file", "");
    let arguments = [
        "bench",
        "planted",
        "--family",
        "P6",
        "--output",
        "file/mine",
    ];
    folder.run(&arguments).expect(10);
}
