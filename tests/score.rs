//! The score where validation labels are few: what has none is left out and said, what can have no value is refused.

use crate::harness::{Folder, TABLE};

/// A split by column, so that `passed` has no validation label, or one class only there.
fn folder(passed_in_val: &str) -> Folder {
    let table = TABLE.replace(
        "ids = [\"id\"]",
        "ids = [\"id\"]\nsplit = { type = \"column\", column = \"part\" }",
    );
    let folder = Folder::new(&table);
    let mut rows = String::from("id,age,hours,school,passed,final grade,part\n");
    for row in 0..120 {
        let part = ["train", "train", "val", "test"][row % 4];
        let hours = row * 13 % 29;
        let passed = match part {
            "val" => passed_in_val,
            _ if hours > 12 => "yes",
            _ => "no",
        };
        let (age, grade) = (15 + row % 8, 2.0 + hours as f64 / 4.0);
        rows.push_str(&format!(
            "s{row},{age},{hours},GP,{passed},{grade:.1},{part}\n"
        ));
    }
    folder.write("students.csv", &rows);
    folder
}

const PATIENT: &str = "early_stopping.patience=2";

#[test]
fn a_task_without_a_validation_label_has_no_part_in_the_score() {
    let folder = folder("");
    let note = "task passed: no validation row has a label, so it has no part in the score";
    let checked = folder
        .run(&["check", "config.toml", "--level", "data"])
        .expect(0);
    assert!(checked.out.contains(note), "{}", checked.out);
    let trained = folder
        .run(&[
            "train",
            "config.toml",
            "--run-dir",
            "r",
            "-s",
            PATIENT,
            "--ui",
            "none",
        ])
        .expect(0);
    assert_eq!(trained.err.matches(note).count(), 1, "{}", trained.err);
    assert!(
        !trained.err.contains("there is no score"),
        "{}",
        trained.err
    );
    assert!(trained.out.contains("best checkpoint"), "{}", trained.out);
    let resolved = folder.read("r/config.resolved.toml");
    let score = resolved.split("[score]").nth(1).unwrap();
    assert!(
        score.contains("val/grade/r2") && !score.contains("passed"),
        "{score}"
    );
}

#[test]
fn a_metric_without_a_value_on_the_validation_labels_gives_way_to_the_loss() {
    let folder = folder("yes");
    let auroc = "tasks.passed.metrics=['auroc']";
    let checked = folder.run(&["check", "config.toml", "-s", auroc]).expect(0);
    let note = "task passed: auroc has no value on the labels of the validation rows, so its loss";
    assert!(checked.out.contains(note), "{}", checked.out);
    folder.train("r", &["-s", auroc, "-s", PATIENT]);
    assert!(
        folder
            .read("r/config.resolved.toml")
            .contains("val/passed/loss")
    );
}

#[test]
fn a_score_that_can_have_no_value_is_refused_where_it_stands() {
    let (without, of_one_class) = (folder(""), folder("yes"));
    let auroc = "score={'val/passed/auroc'=1}";
    let cases = [
        (
            &without,
            auroc,
            "no validation row has a label of task passed",
        ),
        (
            &without,
            "score={'val/passed/loss'=1}",
            "no validation row has a label",
        ),
        (
            &of_one_class,
            auroc,
            "auroc of task passed has no value on the labels of the validation",
        ),
    ];
    for (folder, score, message) in cases {
        for command in ["check", "train"] {
            let told = folder.run(&[command, "config.toml", "-s", score]).expect(3);
            assert!(told.err.contains(message), "{}", told.err);
            assert!(
                told.err.contains("P0306") && told.err.contains("--set"),
                "{}",
                told.err
            );
        }
    }
    // With both classes or another metric it has one.
    of_one_class.train("r", &["-s", "score={'val/passed/accuracy'=1}"]);
}

#[test]
fn where_nothing_can_be_scored_the_run_is_not_stopped() {
    let folder = folder("");
    let config = folder.read("config.toml");
    let (tasks, rest) = config.split_once("[tasks.grade]").unwrap();
    let rest = rest.split_once("[device]").unwrap().1;
    folder.write("config.toml", &format!("{tasks}[device]{rest}"));
    let trained = folder
        .run(&[
            "train",
            "config.toml",
            "--run-dir",
            "r",
            "-s",
            "early_stopping.patience=1",
            "--ui",
            "none",
        ])
        .expect(0);
    trained.said("there is no score: no checkpoint is best, and early stopping stops nothing");
    let run = folder.read("r/metrics.jsonl");
    // Four epochs of four steps, as the config asks for.
    assert!(
        run.lines().last().unwrap().contains("\"epoch\":4") || run.contains("\"epoch\":3"),
        "{run}"
    );
    assert_eq!(folder.record("r")["status"], "finished");
}
