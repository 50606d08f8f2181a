//! The command line and the config: flags, `--set`, standard input, exit codes.

use crate::harness::{Folder, PICTURES};

fn value(folder: &Folder, arguments: &[&str], key: &str) -> (serde_json::Value, serde_json::Value) {
    let shown = folder
        .run(&[&["config", "show", "--json"], arguments].concat())
        .expect(0)
        .json();
    let settings = shown["settings"].as_array().unwrap().clone();
    let setting = settings
        .iter()
        .find(|setting| setting["key"] == key)
        .unwrap();
    (setting["value"].clone(), setting["origin"]["kind"].clone())
}

#[test]
fn flags_stand_before_or_after_the_file_and_the_last_set_wins() {
    let folder = Folder::new(PICTURES);
    let arguments = [
        "--set",
        "train.epochs=7",
        "config.toml",
        "-s",
        "train.epochs=9",
        "--seed",
        "3",
    ];
    assert_eq!(
        value(&folder, &arguments, "train.epochs"),
        (9.into(), "set".into())
    );
    assert_eq!(
        value(&folder, &arguments, "seed"),
        (3.into(), "flag".into())
    );
    assert_eq!(
        value(&folder, &["config.toml"], "train.epochs"),
        (3.into(), "file".into())
    );
    assert_eq!(
        value(&folder, &["config.toml"], "train.shuffle"),
        (true.into(), "default".into())
    );
    assert_eq!(
        value(&folder, &["config.toml", "--name", "7"], "name"),
        ("7".into(), "flag".into())
    );
}

#[test]
fn a_profile_lies_between_the_file_and_the_flags() {
    let folder = Folder::new(&format!(
        "{PICTURES}\n[profiles.smoke]\n\"train.epochs\" = 1\nseed = 8\n"
    ));
    let arguments = ["config.toml", "--profile", "smoke", "--seed", "2"];
    assert_eq!(value(&folder, &arguments, "train.epochs").0, 1);
    assert_eq!(value(&folder, &arguments, "seed").0, 2);
    folder
        .run(&["config", "show", "config.toml", "--profile", "smoek"])
        .expect(3);
}

#[test]
fn a_config_may_come_from_standard_input() {
    let folder = Folder::new("");
    let ended = folder
        .run_with_input(
            &["train", "-", "--run-dir", "r", "-s", "train.epochs=1"],
            PICTURES,
        )
        .expect(0);
    assert!(ended.out.contains("digit"));
    assert_eq!(folder.read("r/config.toml"), PICTURES);
    folder
        .run_with_input(&["check", "-", "--level", "config"], "versoin = 1")
        .expect(3);
}

#[test]
fn all_problems_are_reported_in_one_go() {
    let folder = Folder::new(
        &PICTURES
            .replace("epochs = 3", "epochs = 0\nbatchsize = 3")
            .replace("dropout = 0.1", "dropout = \"much\""),
    );
    let ended = folder
        .run(&["train", "config.toml", "--set", "nonsense=1"])
        .expect(3);
    for word in [
        "epochs",
        "batchsize",
        "batch_size",
        "dropout",
        "nonsense",
        "config.toml:",
    ] {
        assert!(ended.err.contains(word), "{word} in\n{}", ended.err);
    }
    let listed = folder
        .run(&["check", "config.toml", "--json"])
        .expect(3)
        .json();
    assert_eq!(listed["valid"], false);
    assert_eq!(listed["problems"].as_array().unwrap().len(), 3, "{listed}");
}

#[test]
fn problems_of_the_data_stand_beside_those_of_the_text() {
    let folder = Folder::with_table();
    let arguments = [
        "check",
        "config.toml",
        "-s",
        "train.epochs=0",
        "-s",
        "inputs.profile.columns=[\"age\",\"schol\"]",
    ];
    let ended = folder.run(&arguments).expect(3);
    for word in ["train.epochs", "schol", "school"] {
        assert!(ended.err.contains(word), "{word} in\n{}", ended.err);
    }
}

#[test]
fn each_kind_of_failure_has_its_code() {
    let folder = Folder::with_table();
    let code = |arguments: &[&str], code: i32| {
        let ended = folder.run(arguments).expect(code);
        assert!(!ended.err.is_empty());
    };
    code(&["trian", "config.toml"], 2);
    code(&["train", "config.toml", "--sed", "1"], 2);
    code(&["train", "config.toml", "--backend", "cuda"], 2);
    code(&["train", "config.toml", "--ui", "tui"], 2);
    code(&["train"], 2);
    code(&["train", "nowhere.toml"], 3);
    code(&["train", "config.toml", "--name", "../elsewhere"], 3);
    code(
        &["train", "config.toml", "-s", "data.source=nowhere.csv"],
        3,
    );
    code(
        &["train", "config.toml", "--backend", "cpu", "--device", "3"],
        5,
    );
    code(&["evaluate", "nowhere"], 6);
    code(&["digest", "config.toml"], 6);
}

#[test]
fn a_misspelt_key_is_explained_as_what_was_meant() {
    let folder = Folder::new("");
    for (key, said) in [
        ("train.epoch", "did you mean `train.epochs`?"),
        ("tasks.digit.wieght", "did you mean `tasks.digit.weight`?"),
        ("train.optimiser.lr", "did you mean `train.optimizer.lr`?"),
        ("train.lr", "did you mean `train.optimizer.lr` (of "),
        ("epochs", "did you mean `train.epochs`?"),
        ("zzz", "`polytask config explain` lists the keys at the top"),
    ] {
        folder.run(&["config", "explain", key]).expect(2).said(said);
    }
}

#[test]
fn a_default_that_differs_by_type_is_told_for_each() {
    let folder = Folder::new("");
    let explain = ["config", "explain", "train.optimizer.lr"];
    let text = folder.run(&explain).expect(0).out;
    assert!(
        text.contains("  default  0.1 (sgd); 0.001 (adam, "),
        "{text}"
    );
    let json = folder.run(&[&explain[..], &["--json"]].concat()).json();
    assert_eq!(json["defaults"]["sgd"], 0.1);
    assert_eq!(json["defaults"]["adamw"], 0.001);
    assert!(json["default"].is_null(), "{json}");
    let weight = folder.run(&["config", "explain", "train.epochs", "--json"]);
    assert!(!weight.json()["default"].is_null());
}

#[test]
fn a_key_that_was_typed_as_a_flag_is_told_how_to_set() {
    let folder = Folder::with_table();
    let said = |arguments: &[&str]| folder.run(arguments).expect(2).err;
    for (arguments, key) in [
        (
            &["train", "config.toml", "--epochs", "3"][..],
            "`train.epochs`",
        ),
        (
            &["check", "--batch-size=8", "config.toml"],
            "`train.batch_size`",
        ),
        (
            &["train", "config.toml", "--lr", "0.1"],
            "`train.optimizer.lr` (of ",
        ),
    ] {
        let said = said(arguments);
        let tip = format!("is set with '--set KEY=VALUE': {key}");
        assert!(said.contains(&tip) && !said.contains("'-- "), "{said}");
    }
    // A flag that is spelled alike goes first, and where no key can be set none is named.
    assert!(said(&["train", "config.toml", "--sed", "1"]).contains("'--seed'"));
    assert!(!said(&["evaluate", "r", "--epochs", "3"]).contains("--set"));
}

#[test]
fn what_is_no_checkpoint_is_told_what_is_wanted() {
    let folder = Folder::new(PICTURES);
    folder
        .run(&["evaluate", "config.toml"])
        .expect(6)
        .said("a run directory or a checkpoint file is wanted here");
    folder
        .run(&["train", "config.toml", "--run-dir", "r"])
        .expect(0);
    folder
        .run(&["evaluate", "r", "--checkpoint", "step-5"])
        .expect(6)
        .said("`polytask verify RUN` lists the checkpoints");
    let verified = folder.run(&["verify", "r"]).expect(0);
    assert!(verified.out.contains("step-00000018"), "{}", verified.out);
}

#[test]
fn a_locked_run_names_who_holds_it() {
    use std::fs::File;

    let folder = Folder::new(PICTURES);
    folder.train("r", &[]);
    let lock = File::options()
        .write(true)
        .open(folder.path("r/lock"))
        .unwrap();
    lock.lock().unwrap();
    let ended = folder.run(&["resume", "r"]).expect(9);
    assert!(ended.err.contains("locked by process"), "{}", ended.err);
    // Readers need no lock.
    folder.run(&["evaluate", "r"]).expect(0);
    folder.run(&["digest", "r"]).expect(0);
}

#[test]
fn help_is_a_result_and_names_an_example() {
    let folder = Folder::new("");
    let help = folder.run(&["--help"]).expect(0);
    assert!(help.err.is_empty() && help.out.contains("polytask train"));
    for command in [
        "train",
        "resume",
        "evaluate",
        "predict",
        "check",
        "init",
        "inspect",
        "digest",
        "verify",
        "list",
        "devices",
        "doctor",
        "completions",
    ] {
        let help = folder.run(&[command, "--help"]).expect(0).out;
        assert!(help.contains("Example"), "{command}: {help}");
    }
    assert!(
        folder
            .run(&["completions", "bash"])
            .expect(0)
            .out
            .contains("evaluate")
    );
    assert!(folder.run(&["man"]).expect(0).out.starts_with(".ie"));
    assert!(folder.run(&["trian", "x"]).expect(2).err.contains("train"));
}

#[test]
fn a_run_is_compared_by_its_directory() {
    let folder = Folder::new(PICTURES);
    folder.train("r", &["-s", "train.epochs=2"]);
    let same = folder
        .run(&["config", "diff", "r", "r/config.resolved.toml"])
        .expect(0);
    assert_eq!(same.out, "no difference\n");
    let other = folder.run(&[
        "config",
        "diff",
        "r",
        "r",
        "--set",
        "train.epochs=1",
        "--json",
    ]);
    let differences = other.expect(0).json()["differences"].clone();
    assert_eq!(
        differences,
        serde_json::json!([{"key": "train.epochs", "left": 2, "right": 1}])
    );
}

#[test]
fn a_table_that_is_set_adds_to_the_files_unless_its_type_is_another() {
    let folder = Folder::new(&PICTURES.replace(
        "[train]",
        "[train]\noptimizer = { type = \"adamw\", lr = 0.25, weight_decay = 0.5 }",
    ));
    let lr = |set: &str| value(&folder, &["config.toml", "-s", set], "train.optimizer.lr").0;
    assert_eq!(lr("train.optimizer={weight_decay=0.1}"), 0.25);
    assert_eq!(
        lr("train.optimizer={type=\"adamw\",weight_decay=0.1}"),
        0.25
    );
    assert_ne!(lr("train.optimizer={type=\"sgd\"}"), 0.25);
}

#[test]
fn what_is_wrong_with_a_set_over_a_table_is_told_at_the_set() {
    let folder = Folder::new(&PICTURES.replace(
        "unseen = \"mask\"",
        "unseen = \"mask\"\nloss = { type = \"cross_entropy\", label_smoothing = 0.1 }",
    ));
    for (set, message) in [
        (
            "tasks.digit.loss={type=\"bce\"}",
            "loss `bce` is not for a multiclass task",
        ),
        (
            "tasks.digit.loss.type=\"bce\"",
            "loss `bce` is not for a multiclass task",
        ),
        (
            "tasks.digit.loss={type=\"cross_entropy\",class_weights={type=\"given\",weights=[1,2]}}",
            "`class_weights` has 2 numbers, and the task has 10",
        ),
        (
            "tasks.digit.loss.class_weights={type=\"given\",weights=[1,2]}",
            "`class_weights` has 2 numbers",
        ),
    ] {
        let told = folder
            .run(&["check", "config.toml", "--json", "-s", set])
            .expect(3);
        let problem = told.json()["problems"][0].clone();
        assert_eq!(problem["file"], "--set", "{problem}");
        assert!(
            problem["message"].as_str().unwrap().contains(message),
            "{problem}"
        );
    }
}
