//! No command replaces what a run has saved, and files that are not what their name says are told.

use crate::harness::{Folder, PICTURES};

#[test]
fn no_output_replaces_a_checkpoint() {
    let folder = Folder::with_table();
    folder.train("r", &["-s", "sharing=latent"]);
    let saved = last(&folder);
    let before = std::fs::read(folder.path(&saved)).unwrap();
    let canonical = ["inspect", "r", "--canonical", "--output", &saved];
    folder.run(&canonical).expect(2).said("exists already");
    let predict = ["predict", "r", "-i", "students.csv", "-o", &saved];
    let ended = folder.run(&[&predict[..], &["--format", "csv"]].concat());
    ended.expect(2).said("is a checkpoint");
    assert_eq!(std::fs::read(folder.path(&saved)).unwrap(), before);

    let told = ["inspect", "r", "--canonical", "--output", "canonical.ckpt"];
    folder.run(&told).expect(0);
    let verified = folder.run(&["verify", "canonical.ckpt"]).expect(0);
    assert!(verified.out.contains("predicts only"), "{}", verified.out);
    let document = folder
        .run(&["verify", "canonical.ckpt", "--json"])
        .expect(0)
        .json();
    assert!(document["resumable"].is_null(), "{document}");
}

#[test]
fn a_checkpoint_under_the_name_of_another_is_not_valid() {
    let folder = Folder::new(PICTURES);
    folder.train("r", &["-s", "checkpoint.keep_last=2"]);
    let from = folder.path("r/checkpoints/step-00000018.ckpt");
    std::fs::copy(from, folder.path("r/checkpoints/step-00000012.ckpt")).unwrap();
    folder
        .run(&["verify", "r"])
        .expect(6)
        .said("its name says step 12, it holds step 18");
}

#[test]
fn the_resolved_config_keeps_metrics_with_options_and_all_that_the_data_decided() {
    let folder = Folder::with_table();
    let metrics = "tasks.passed.metrics=['auroc',{type='f1',threshold=0.3}]";
    let first = folder.train("r", &["-s", metrics]);
    let resolved = folder.read("r/config.resolved.toml");
    assert!(
        resolved.contains("metrics = [\"auroc\", { type = \"f1\", threshold = 0.3 }]"),
        "{resolved}"
    );
    assert!(resolved.contains("[score]"), "{resolved}");
    assert!(!resolved.contains("metrics = []"), "{resolved}");
    folder
        .run(&["train", "r/config.resolved.toml", "--run-dir", "again"])
        .expect(0);
    assert_eq!(folder.digest("again"), first);
}

#[test]
fn what_deserves_a_look_is_told_even_without_progress() {
    let folder = Folder::with_table();
    let ended = folder
        .run(&[
            "train",
            "config.toml",
            "--ui",
            "none",
            "-s",
            "tasks.passed.weight=1e30",
            "-s",
            "train.on_nan=skip_step",
            "-s",
            "train.epochs=1",
        ])
        .expect(0);
    ended.said("step 1 skipped");
}

#[test]
fn a_metric_that_no_number_of_labels_defines_is_refused_where_it_stands() {
    let folder = Folder::new(PICTURES);
    for k in [10, 30] {
        let metric = format!("tasks.digit.metrics=['accuracy',{{type='top_k',k={k}}}]");
        let told = folder
            .run(&["train", "config.toml", "-s", &metric])
            .expect(3);
        told.said(&format!(
            "top_k(k={k}) has no value for a task of 10 classes"
        ));
    }
    let metric = "tasks.digit.metrics=[{type='top_k',k=9}]";
    folder
        .run(&["check", "config.toml", "-s", metric])
        .expect(0);
}

#[test]
fn a_run_that_cannot_begin_says_so_in_json_too() {
    let folder = Folder::new(PICTURES);
    folder.train("r", &[]);
    let again = ["train", "config.toml", "--run-dir", "r", "--json"];
    let told = folder.run(&again);
    let last: serde_json::Value = serde_json::from_str(told.out.lines().last().unwrap()).unwrap();
    assert_eq!(last["event"], "failed");
    assert_eq!(last["exit_code"], told.code);
    for arguments in [
        &["resume", "nope", "--json"][..],
        &["info", "nope.toml", "--json"],
        &["transfer", "nope.toml", "--json"],
        &["group", "nope.toml", "--json"],
    ] {
        let told = folder.run(arguments);
        let document: serde_json::Value = serde_json::from_str(&told.out).unwrap();
        assert_eq!(document["exit_code"], told.code, "{arguments:?}");
    }
}

/// The newest checkpoint of the run `r`.
fn last(folder: &Folder) -> String {
    let files = std::fs::read_dir(folder.path("r/checkpoints")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let name = names.filter(|name| name.ends_with(".ckpt")).max().unwrap();
    format!("r/checkpoints/{name}")
}

#[test]
fn the_digest_is_that_of_the_weights_that_are_evaluated() {
    let folder = Folder::new(PICTURES);
    folder.train("plain", &[]);
    folder.train("averaged", &["-s", "train.ema=0.9"]);
    let digest = |arguments: &[&str]| {
        let document = folder
            .run(&[arguments, &["--json"]].concat())
            .expect(0)
            .json();
        let digest = document["digest"].as_str().map(str::to_owned);
        (digest.unwrap(), document["of"].as_str().unwrap().to_owned())
    };
    let plain = digest(&["digest", "plain"]);
    let averaged = digest(&["digest", "averaged"]);
    // The steps are the same, so that only what is evaluated differs.
    assert_eq!(
        (plain.1.as_str(), averaged.1.as_str()),
        ("weights", "averaged weights")
    );
    assert_ne!(plain.0, averaged.0);
    assert_ne!(digest(&["digest", "averaged", "--all"]).0, averaged.0);
    let evaluated = ["evaluate", "averaged", "--checkpoint", "last", "--json"];
    let evaluated = folder.run(&evaluated).expect(0).json();
    assert_eq!(evaluated["checkpoint"]["digest"], averaged.0.as_str());
    let seen = folder.run(&["inspect", "averaged", "--tensors"]).expect(0);
    assert!(seen.out.contains("their moving average"), "{}", seen.out);
    let seen = folder.run(&["inspect", "plain", "--tensors"]).expect(0);
    assert!(seen.out.contains("as trained"), "{}", seen.out);
}
