//! A loss that is not finite is told with its task, and never reaches the weights.

use std::time::Instant;

use super::kills::start_and_kill;
use super::random::Random;
use super::{go_on, metrics, micro, newest_first, times};
use crate::harness::{Folder, students};

/// One row's target is so large that its square is no single-precision number.
fn with_a_monstrous_row() -> Folder {
    let folder = micro();
    let config = folder
        .read("config.toml")
        .replace(
            "ids = [\"id\"]",
            "ids = [\"id\"]\nval = \"val.csv\"\ntest = \"test.csv\"",
        )
        .replace(
            "target = \"final grade\"",
            "target = \"final grade\"\nnormalize = \"none\"\nloss = \"mse\"",
        )
        .replace("weighting = \"uncertainty\"", "weighting = \"equal\"")
        // Not at the mean of the targets, which the monstrous one makes monstrous.
        .replace("[encoder]", "[heads]\ninit = \"random\"\n[encoder]")
        .replace("epochs = 30", "epochs = 3");
    folder.write("config.toml", &config);
    folder.write("val.csv", &students(160..200));
    folder.write("test.csv", &students(200..240));
    let mut rows = students(0..160);
    rows.push_str("monster,16,4,GP,no,1e30\n");
    folder.write("students.csv", &rows);
    folder
}

#[test]
fn a_row_that_makes_a_loss_infinite_stops_the_run_and_is_named() {
    let folder = with_a_monstrous_row();
    let ended = folder
        .run(&["train", "config.toml", "--run-dir", "r"])
        .expect(7);
    // The monster is row 161 of the training file, and of the data.
    for word in ["grade", "step", "loss", "not finite", "data rows 161"] {
        assert!(ended.err.contains(word), "{word} in {}", ended.err);
    }
    let record = folder.record("r");
    assert_eq!(record["status"], "diverged");
    let reason = record["reason"].as_str().unwrap();
    assert!(reason.contains("data rows 161"), "{record}");
    // What was saved before is whole, and finite.
    folder.run(&["verify", "r"]).expect(0);
    folder
        .run(&["evaluate", "r", "--checkpoint", "last"])
        .expect(0);
}

#[test]
fn a_step_with_such_a_row_can_be_left_out() {
    let folder = with_a_monstrous_row();
    let skip = ["--set", "train.on_nan=skip_step"];
    let ended = folder
        .run(
            &[
                &["train", "config.toml", "--run-dir", "r", "--json"][..],
                &skip,
            ]
            .concat(),
        )
        .expect(0);
    let skipped: Vec<_> = ended
        .events()
        .into_iter()
        .filter(|event| event["event"] == "skipped")
        .collect();
    // The row comes once in each of the three epochs.
    assert_eq!(skipped.len(), 3, "{skipped:?}");
    assert!(
        skipped
            .iter()
            .all(|event| event["reason"].as_str().unwrap().contains("grade")),
        "{skipped:?}"
    );
    assert_eq!(folder.record("r")["status"], "finished");
    // Again, the same.
    assert_eq!(folder.train("again", &skip), folder.digest("r"));
}

#[test]
fn a_run_that_leaves_out_steps_is_resumed_to_the_same_bits() {
    let folder = with_a_monstrous_row();
    let config = folder.read("config.toml");
    let config = config.replace("epochs = 3\n", "epochs = 30\non_nan = \"skip_step\"\n");
    folder.write("config.toml", &config);
    let begun = Instant::now();
    let whole = folder.train("whole", &[]);
    let time = begun.elapsed();
    let mut random = Random::new(6);
    for kill in 0..times(3) {
        let directory = format!("killed-{kill}");
        let arguments = ["train", "config.toml", "--run-dir", &directory];
        let wait = time.mul_f64(random.share());
        start_and_kill(&folder, &arguments, wait, None);
        go_on(&folder, &directory);
        assert_eq!(folder.digest(&directory), whole, "kill {kill}");
        assert_eq!(metrics(&folder, &directory), metrics(&folder, "whole"));
    }
    // A step is left out in each epoch, so that every kill but one before the first has some before and some after it.
    let log = folder.read("whole/log.jsonl");
    assert_eq!(log.matches("\"skipped\"").count(), 30, "{log}");
}

#[test]
fn an_epoch_without_a_step_has_no_training_loss() {
    let folder = with_a_monstrous_row();
    let whole = [
        "train",
        "config.toml",
        "--run-dir",
        "r",
        "--json",
        "-s",
        "train.on_nan=skip_step",
        "-s",
        "train.batch_size=200",
        "-s",
        "train.accumulate=1",
        "-s",
        "train.epochs=2",
    ];
    let ended = folder.run(&whole).expect(0);
    let epochs: Vec<_> = ended
        .events()
        .into_iter()
        .filter(|event| event["event"] == "epoch")
        .collect();
    assert_eq!(epochs.len(), 2);
    for epoch in epochs {
        assert!(epoch["metrics"]["train/loss"].is_null(), "{epoch}");
        assert!(epoch["metrics"]["val/loss"].is_number(), "{epoch}");
    }
}

#[test]
fn a_checkpoint_with_weights_that_are_not_finite_is_refused() {
    let folder = micro();
    folder.train("r", &["--set", "train.epochs=2"]);
    // Checksums and all: as another program would write it.
    for path in newest_first(&folder, "r") {
        let mut checkpoint = polytask_store::read(&path).unwrap();
        let part = checkpoint
            .parts
            .iter_mut()
            .find(|part| part.name == "model/heads.grade.bias")
            .unwrap();
        part.bytes = f32::NAN.to_le_bytes().to_vec();
        polytask_store::write(&path, &checkpoint).unwrap();
    }
    folder.run(&["verify", "r"]).expect(0);
    folder.write("new.csv", &students(0..5));
    for arguments in [
        &["evaluate", "r"][..],
        &["predict", "r", "--input", "new.csv", "--output", "p.csv"],
        &["resume", "r", "--set", "train.epochs=3"],
    ] {
        let ended = folder.run(arguments).expect(6);
        let told = "'model/heads.grade.bias' holds a value that is not finite";
        assert!(ended.err.contains(told), "{arguments:?}: {}", ended.err);
    }
}
