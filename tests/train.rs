//! `train`: a run directory, a result, events.

use crate::harness::{Folder, PICTURES, exists, students};

/// The record says how gradients were told apart, for whoever looks at the run later.
#[test]
fn the_record_names_the_gradient_engine() {
    let folder = Folder::new(PICTURES);
    let of = |aggregator: &str| {
        let run = format!("r-{}", aggregator.len());
        let set = format!("multitask.aggregator={aggregator}");
        folder.train(&run, &["-s", &set, "-s", "train.epochs=1"]);
        folder.record(&run)["engine"].clone()
    };
    let exact = of("\"imtl_g\"");
    let exact = exact.as_str().unwrap();
    assert!(
        exact.contains("all shared parameters") && exact.contains("together"),
        "{exact}"
    );
    assert!(
        of("\"gradnorm\"")
            .as_str()
            .unwrap()
            .contains("last shared layer")
    );
    assert!(of("\"sum\"").is_null());
}

#[test]
fn a_run_leaves_everything_that_the_contract_names() {
    let folder = Folder::new(PICTURES);
    let ended = folder
        .run(&["train", "config.toml", "--run-dir", "r"])
        .expect(0);
    for name in [
        "run.json",
        "config.toml",
        "config.resolved.toml",
        "data.json",
        "metrics.jsonl",
        "log.jsonl",
        "lock",
        "checkpoints",
    ] {
        assert!(exists(&folder.path("r").join(name)), "{name}");
    }
    assert_eq!(folder.read("r/config.toml"), PICTURES);
    let record = folder.record("r");
    assert_eq!(
        (&record["status"], &record["exit_code"]),
        (&"finished".into(), &0.into())
    );
    for word in ["test split", "digit", "accuracy", "bold", "run r"] {
        assert!(ended.out.contains(word), "{word} in\n{}", ended.out);
    }
    // One line per epoch, and no byte that moves a cursor.
    assert_eq!(
        ended
            .err
            .lines()
            .filter(|line| line.contains("/3 "))
            .count(),
        3,
        "{}",
        ended.err
    );
    assert!(!ended.err.contains('\u{1b}') && !ended.out.contains('\u{1b}'));
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_does_not() {
    let folder = Folder::new(PICTURES);
    let first = folder.train("a", &[]);
    assert_eq!(first, folder.train("b", &[]));
    assert_ne!(first, folder.train("c", &["--seed", "7"]));
}

#[test]
fn training_from_the_resolved_config_gives_the_same_run() {
    let folder = Folder::new(PICTURES);
    let first = folder.train("a", &["-s", "train.optimizer.lr=0.003"]);
    folder
        .run(&["train", "a/config.resolved.toml", "--run-dir", "b"])
        .expect(0);
    assert_eq!(first, folder.digest("b"));
}

#[test]
fn two_runs_never_share_a_directory() {
    let folder = Folder::new(PICTURES);
    let arguments = ["train", "config.toml", "--set", "train.epochs=1", "--json"];
    let runs: Vec<String> = (0..2)
        .map(|_| {
            let events = folder.run(&arguments).expect(0).events();
            events.first().unwrap()["run"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_ne!(runs[0], runs[1]);
    let ended = folder
        .run(&["train", "config.toml", "--run-dir", &runs[0]])
        .expect(2);
    assert!(ended.err.contains("never reused"), "{}", ended.err);
    assert!(
        folder
            .run(&["inspect", "latest"])
            .expect(0)
            .out
            .contains(&runs[1])
    );
}

#[test]
fn events_tell_the_whole_story() {
    let folder = Folder::new(PICTURES);
    let events = folder
        .run(&["train", "config.toml", "--run-dir", "r", "--json"])
        .expect(0)
        .events();
    assert!(events.iter().all(|event| event["schema_version"] == 1));
    let of = |name: &str| {
        events
            .iter()
            .filter(|event| event["event"] == name)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (of("started").len(), of("epoch").len(), of("finished").len()),
        (1, 3, 1)
    );
    assert!(of("started")[0]["parameters"].as_u64().unwrap() > 12_000);
    let epoch = of("epoch")[2];
    assert!(
        epoch["metrics"]["val/digit/accuracy"].is_number() && epoch["weights"]["bold"].is_number(),
        "{epoch}"
    );
    assert!(epoch["samples_per_second"].as_f64().unwrap() > 0.0);
    assert!(!of("checkpoint").is_empty());
    let finished = of("finished")[0];
    assert_eq!(
        finished["digest"].as_str().unwrap(),
        folder.run(&["digest", "r"]).expect(0).out.trim()
    );
    assert!(
        finished["metrics"]["test/digit/accuracy"].is_number(),
        "{finished}"
    );
}

#[test]
fn the_loss_is_the_sum_of_its_parts() {
    let folder = Folder::new(PICTURES);
    let config = [
        "train",
        "config.toml",
        "--run-dir",
        "r",
        "--json",
        "-s",
        "multitask.weighting=uncertainty",
    ];
    let events = folder.run(&config).expect(0).events();
    let epoch = &events
        .iter()
        .find(|event| event["event"] == "epoch")
        .unwrap()["metrics"];
    for split in ["train", "val"] {
        let value = |key: &str| epoch[format!("{split}/{key}")].as_f64().unwrap_or(0.0);
        let parts = value("digit/weighted_loss") + value("bold/weighted_loss") + value("penalty");
        assert!(
            (value("loss") - parts).abs() < 1e-6 * value("loss").abs().max(1.0),
            "{epoch}"
        );
    }
}

/// A log file is as wide as it needs to be.
#[test]
fn the_line_of_an_epoch_has_every_task() {
    let tasks: String = (0..9)
        .map(|task| format!("task_{task}.type = \"binary\"\n"))
        .collect();
    let folder = Folder::new(&format!(
        "version = 1\nname = \"many\"\n[data]\nsource = {{ type = \"many_binary\", tasks = 9 }}\n\
         [encoder]\ntype = \"mlp\"\nhidden = [4]\n[train]\nepochs = 1\n[tasks]\n{tasks}"
    ));
    let ended = folder
        .run(&["train", "config.toml", "--run-dir", "r", "--ui", "lines"])
        .expect(0);
    let heads = ended.err.lines().find(|line| line.contains("train loss"));
    let heads = heads.unwrap_or_else(|| panic!("no heads in\n{}", ended.err));
    for task in 0..9 {
        assert!(heads.contains(&format!("task_{task} ")), "{heads}");
    }
}

#[test]
fn a_trial_leaves_nothing_behind() {
    let folder = Folder::new(PICTURES);
    folder
        .run(&["train", "config.toml", "--fast-dev-run"])
        .expect(0);
    let ended = folder.run(&["train", "config.toml", "--dry-run"]).expect(0);
    assert!(ended.out.contains("model   ok"), "{}", ended.out);
    assert!(!exists(&folder.path("runs")));
}

#[test]
fn a_run_that_cannot_begin_leaves_no_directory() {
    let folder = Folder::with_table();
    folder
        .run(&[
            "train",
            "config.toml",
            "--run-dir",
            "r",
            "-s",
            "inputs.profile.columns=[\"agee\"]",
        ])
        .expect(3);
    assert!(!exists(&folder.path("r")));
    folder.write(
        "students.csv",
        &students(0..160).replacen("s000,15,", "s000,old,", 1),
    );
    let ended = folder.run(&["train", "config.toml"]).expect(4);
    for word in ["students.csv:2", "age", "old"] {
        assert!(ended.err.contains(word), "{word} in {}", ended.err);
    }
    assert!(!exists(&folder.path("runs")));
}

#[test]
fn a_run_that_diverges_says_which_task() {
    let folder = Folder::with_table();
    let ended = folder
        .run(&[
            "train",
            "config.toml",
            "--run-dir",
            "r",
            "-s",
            "train.optimizer={type=\"sgd\",lr=1e30}",
        ])
        .expect(7);
    assert!(
        ended.err.contains("not finite") && ended.err.contains("step"),
        "{}",
        ended.err
    );
    assert_eq!(folder.record("r")["status"], "diverged");
    assert_eq!(folder.record("r")["exit_code"], 7);
}

/// What only the data can decide is in the resolved config too, and training from it is the same run.
#[test]
fn the_resolved_config_says_everything_and_gives_the_same_run() {
    for folder in [Folder::with_table(), Folder::new(PICTURES)] {
        let digest = folder.train("a", &[]);
        let resolved = folder.read("a/config.resolved.toml");
        for open in ["metrics = []", "\n[score]\n\n"] {
            assert!(!resolved.contains(open), "{open} in\n{resolved}");
        }
        assert!(resolved.contains("loss = { type = "), "{resolved}");
        assert!(resolved.contains("\"val/"), "{resolved}");
        assert!(
            resolved.contains("split = { type = \"random\", train = "),
            "{resolved}"
        );
        folder
            .run(&["train", "a/config.resolved.toml", "--run-dir", "b"])
            .expect(0);
        assert_eq!(folder.digest("b"), digest);
        assert_eq!(folder.read("b/config.resolved.toml"), resolved);
    }
}

/// Everything odd that was counted is said where the run is watched.
#[test]
fn what_is_odd_about_the_data_is_said() {
    let folder = Folder::with_table();
    let mut rows = students(0..160);
    // A training row may not repeat itself unseen: the same inputs again, ten times.
    for row in 0..10 {
        rows.push_str(&format!("again{row},17,12,GP,yes,5.0\n"));
    }
    folder.write("students.csv", &rows);
    let checked = folder
        .run(&["check", "config.toml", "--level", "data"])
        .expect(0);
    assert!(
        checked.out.contains("look at this:\n  ! "),
        "{}",
        checked.out
    );
    let shown = folder
        .run(&["train", "config.toml", "--run-dir", "shown"])
        .expect(0);
    let block = checked.out.split("look at this:\n").nth(1).unwrap();
    assert!(shown.err.contains(block.trim_end()), "{}", shown.err);
    assert!(
        shown.err.contains("the inputs of an earlier training row"),
        "{}",
        shown.err
    );
    let quiet = folder
        .run(&["train", "config.toml", "--run-dir", "quiet", "--ui", "none"])
        .expect(0);
    assert!(quiet.err.contains(block.trim_end()), "{}", quiet.err);
    let ended = folder
        .run(&[
            "train",
            "config.toml",
            "--run-dir",
            "events",
            "--json",
            "--ui",
            "none",
        ])
        .expect(0);
    assert!(!ended.err.contains("look at this"), "{}", ended.err);
    let events = ended.events();
    let notes: Vec<&str> = events
        .iter()
        .filter(|event| event["event"] == "note" && event["about"] == "data")
        .map(|event| event["message"].as_str().unwrap())
        .collect();
    assert_eq!(notes.len(), block.matches("  ! ").count());
    assert!(
        notes.iter().all(|note| block.contains(note)),
        "{notes:?}\n{block}"
    );
}

#[test]
fn the_learning_rate_of_each_step_is_kept() {
    let folder = Folder::with_table();
    let rule = "train.schedule={type=\"linear\",end=0}";
    folder.train(
        "r",
        &[
            "-s",
            rule,
            "-s",
            "logging.every_steps=1",
            "-s",
            "train.epochs=2",
        ],
    );
    let lines = folder.read("r/metrics.jsonl");
    let rates: Vec<f64> = lines
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .filter(|entry| entry["split"] == "step" && entry["metric"] == "learning_rate")
        .map(|entry| entry["value"].as_f64().unwrap())
        .collect();
    assert_eq!(rates.len(), 16);
    assert!((rates[0] - 0.01).abs() < 0.01 / 8.0, "{rates:?}");
    let fall = rates[0] - rates[1];
    assert!(
        fall > 0.0
            && rates
                .windows(2)
                .all(|pair| (pair[0] - pair[1] - fall).abs() < 1e-9),
        "{rates:?}"
    );
}
