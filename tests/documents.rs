//! JSON documents, and output that nobody reads.

use std::process::Stdio;

use crate::harness::{Folder, PICTURES, ended};

#[test]
fn every_document_parses_and_has_a_version() {
    let folder = Folder::new(PICTURES);
    folder.train("r", &[]);
    for arguments in [
        &["list"][..],
        &["list", "weightings"],
        &["list", "aggregators"],
        &["list", "weightings", "aggregators"],
        &["list", "encoders"],
        &["list", "sharings"],
        &["list", "bottlenecks"],
        &["list", "tasks"],
        &["list", "losses"],
        &["list", "metrics"],
        &["list", "optimizers"],
        &["list", "schedules"],
        &["list", "sources"],
        &["list", "backends"],
        &["devices"],
        &["inspect", "r"],
        &["inspect", "r", "--tensors"],
        &["verify", "r"],
        &["digest", "r"],
        &["evaluate", "r"],
        &["check", "config.toml"],
        &["info", "config.toml"],
        &["config", "show", "config.toml"],
        &["config", "explain"],
        &["config", "explain", "train.optimizer.lr"],
        &["config", "diff", "config.toml", "r/config.resolved.toml"],
    ] {
        let document = folder
            .run(&[arguments, &["--json"]].concat())
            .expect(0)
            .json();
        if let Some(entries) = document["entries"].as_array() {
            assert!(
                !entries.is_empty() && entries.iter().all(|entry| entry["name"].is_string()),
                "{arguments:?}"
            );
        }
    }
}

#[test]
fn the_schema_is_strict() {
    let folder = Folder::new("");
    let schema: serde_json::Value =
        serde_json::from_str(&folder.run(&["config", "schema"]).expect(0).out).unwrap();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert_eq!(schema["additionalProperties"], false);
    assert!(schema["properties"]["train"].is_object());
}

#[test]
fn a_config_equals_its_resolved_self() {
    let folder = Folder::new(PICTURES);
    let resolved = folder
        .run(&["config", "show", "config.toml", "--toml"])
        .expect(0)
        .out;
    folder.write("resolved.toml", &resolved);
    let diff = folder
        .run(&["config", "diff", "config.toml", "resolved.toml"])
        .expect(0)
        .out;
    assert_eq!(diff, "no difference\n");
    let diff = folder
        .run(&[
            "config",
            "diff",
            "config.toml",
            "resolved.toml",
            "--seed",
            "1",
        ])
        .expect(0)
        .out;
    assert!(diff.contains("seed"), "{diff}");
}

#[test]
fn a_reader_that_goes_away_ends_a_listing_quietly_and_a_run_not_at_all() {
    let folder = Folder::new(PICTURES);
    for arguments in [
        &["list", "metrics"][..],
        &["config", "schema"],
        &["completions", "zsh"],
        &["--help"],
    ] {
        let mut child = folder
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let ended = ended(child).expect(0);
        assert_eq!(ended.err, "");
    }
    for arguments in [
        &["train", "config.toml", "--run-dir", "a"][..],
        &["train", "config.toml", "--run-dir", "b", "--json"],
    ] {
        let mut child = folder
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        ended(child).expect(0);
    }
    assert_eq!(folder.digest("a"), folder.digest("b"));
    // Nor does one that never reads what is said.
    let mut child = folder
        .command(&["train", "config.toml", "--run-dir", "c"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stderr.take());
    ended(child).expect(0);
}

#[test]
fn a_full_disk_on_standard_output_is_told() {
    let folder = Folder::new("");
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else {
        return;
    };
    let child = folder
        .command(&["list"])
        .stdout(full.try_clone().unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    ended(child).expect(10);
    // A run goes on to its end all the same, and is saved.
    let folder = Folder::new(PICTURES);
    for arguments in [&["--json"][..], &[]] {
        let child = folder
            .command(&[&["train", "config.toml"], arguments].concat())
            .stdout(full.try_clone().unwrap())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let ended = ended(child).expect(10);
        assert!(
            ended.err.contains("the run is done and saved"),
            "{}",
            ended.err
        );
        folder.run(&["evaluate", "latest"]).expect(0);
    }
}
