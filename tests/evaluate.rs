//! `evaluate`: the numbers that training printed, gates, splits.

use crate::harness::{Folder, PICTURES};

#[test]
fn evaluation_gives_the_numbers_of_training() {
    let folder = Folder::new(PICTURES);
    let events = folder
        .run(&["train", "config.toml", "--json"])
        .expect(0)
        .events();
    let trained = events.last().unwrap();
    let evaluated = folder
        .run(&["evaluate", "latest", "--json"])
        .expect(0)
        .json();
    assert_eq!(evaluated["metrics"], trained["metrics"]);
    assert_eq!(
        (&evaluated["split"], &evaluated["backend"]),
        (&"test".into(), &"cpu".into())
    );
    assert!(evaluated["checkpoint"]["digest"].is_string() && evaluated["rows"]["digit"].is_u64());
    let named = folder
        .run(&[
            "eval",
            evaluated["checkpoint"]["path"].as_str().unwrap(),
            "--json",
        ])
        .expect(0)
        .json();
    assert_eq!(named["metrics"], evaluated["metrics"]);
}

#[test]
fn every_row_stands_once_in_the_confusion_matrix() {
    let folder = Folder::new(PICTURES);
    folder.run(&["train", "config.toml"]).expect(0);
    let document = folder
        .run(&["evaluate", "latest", "--json"])
        .expect(0)
        .json();
    for task in ["digit", "bold"] {
        let matrix = &document["confusion"][task];
        let counts: Vec<Vec<u64>> = serde_json::from_value(matrix["counts"].clone()).unwrap();
        assert_eq!(matrix["classes"].as_array().unwrap().len(), counts.len());
        let rows: u64 = counts.iter().flatten().sum();
        assert_eq!(rows, document["rows"][task]);
        let right: u64 = (0..counts.len()).map(|class| counts[class][class]).sum();
        let accuracy = document["metrics"][format!("test/{task}/accuracy")].as_f64();
        assert!((accuracy.unwrap() - right as f64 / rows as f64).abs() < 1e-12);
    }
    let text = folder
        .run(&["evaluate", "latest", "--confusion"])
        .expect(0)
        .out;
    assert!(text.contains("digit: true \\ predicted"), "{text}");
}

#[test]
fn validation_of_the_best_epoch_is_what_the_run_saw() {
    let folder = Folder::new(PICTURES);
    let events = folder
        .run(&["train", "config.toml", "--run-dir", "r", "--json"])
        .expect(0)
        .events();
    let best = events
        .iter()
        .rfind(|event| event["is_best"] == true && event["event"] == "epoch")
        .unwrap();
    let evaluated = folder
        .run(&[
            "evaluate",
            "r",
            "--split",
            "val",
            "--checkpoint",
            "best",
            "--json",
        ])
        .expect(0)
        .json();
    for key in ["val/digit/accuracy", "val/bold/log_loss"] {
        assert_eq!(evaluated["metrics"][key], best["metrics"][key], "{key}");
    }
}

#[test]
fn gates_go_in_the_direction_of_their_metric() {
    let folder = Folder::new(PICTURES);
    folder.train("r", &[]);
    let gate = |gates: &[&str]| {
        let gates: Vec<&str> = gates
            .iter()
            .flat_map(|gate| ["--fail-under", gate])
            .collect();
        folder.run(&[&["evaluate", "r"], gates.as_slice()].concat())
    };
    gate(&["test/digit/accuracy=0", "test/bold/log_loss=100"]).expect(0);
    let ended = gate(&[
        "test/digit/accuracy=1.1",
        "test/bold/log_loss=0.000001",
        "test/bold/accuracy=0",
    ])
    .expect(8);
    assert!(
        ended.err.contains("test/digit/accuracy") && ended.err.contains("test/bold/log_loss"),
        "{}",
        ended.err
    );
    assert!(!ended.err.contains("test/bold/accuracy"), "{}", ended.err);
    // Before anything is measured.
    let typo = gate(&["test/digit/acuracy=1"]).expect(2);
    let wanted = "error: --fail-under: there is no 'test/digit/acuracy' here\n  help: did you mean `test/digit/accuracy`?\n";
    assert!(
        typo.err.ends_with(wanted) && !typo.err.contains("split"),
        "{}",
        typo.err
    );
    gate(&["test/digit/accuracy"]).expect(2);
}

#[test]
fn a_gate_on_what_is_not_measured_is_refused_before_anything_is() {
    let folder = Folder::with_table();
    folder.train("r", &[]);
    std::fs::remove_file(folder.path("students.csv")).unwrap();
    let gate = |more: &[&str], key: &str| {
        let gate = format!("{key}=0");
        folder.run(&[&["evaluate", "r", "--fail-under", &gate], more].concat())
    };
    // The data is gone, and nobody asked for it.
    gate(&[], "train/grade/mae")
        .expect(2)
        .said("'train/grade/mae' is not measured: this evaluates test or val\n  help: write test/grade/mae, or evaluate --split train");
    gate(&["--split", "val"], "test/grade/mae")
        .expect(2)
        .said("write val/grade/mae, or evaluate --split test");
    gate(&[], "data/grade/mae")
        .expect(2)
        .said("write test/grade/mae, or name a file with --data");
    gate(&["--data", "new.csv"], "test/grade/mae")
        .expect(2)
        .said("write data/grade/mae, or evaluate --split test");
    gate(&[], "test/score")
        .expect(2)
        .said("there are: test/passed/");
    gate(&[], "tset/grade/mae")
        .expect(2)
        .said("did you mean `test/grade/mae`?");
    gate(&[], "test/grade/mea")
        .expect(2)
        .said("did you mean `test/grade/mae`?");
    gate(&[], "grade").expect(2).said("there are: test/passed/");
    gate(&[], "val/grade/mae").expect(4);
    folder.write("students.csv", &crate::harness::students(0..160));
    gate(&[], "val/grade/mae")
        .expect(2)
        .said("this evaluates test\n");
    gate(&["--split", "val"], "val/grade/mae").expect(8);
}

#[test]
fn a_checkpoint_of_another_run_is_not_this_one_s() {
    let folder = Folder::new(PICTURES);
    folder.train("mine", &[]);
    folder.train("other", &["--seed", "7"]);
    let name = "checkpoints/step-00000018.ckpt";
    let (mine, other) = (format!("mine/{name}"), format!("other/{name}"));
    folder.run(&["evaluate", &mine]).expect(0);
    std::fs::copy(folder.path(&other), folder.path(&mine)).unwrap();
    let id = |run: &str| {
        let record = std::fs::read_to_string(folder.path(run).join("run.json")).unwrap();
        let record: serde_json::Value = serde_json::from_str(&record).unwrap();
        record["id"].as_str().unwrap().to_owned()
    };
    let (of, lies_in) = (id("other"), id("mine"));
    let told = &format!("it is a checkpoint of run {of}, and lies in run {lies_in}");
    for arguments in [
        &["evaluate", "mine", "--checkpoint", "last"][..],
        &["evaluate", &mine],
        &["predict", "mine", "--checkpoint", "last", "-i", "none.csv"],
        &["verify", "mine"],
        &["verify", &mine],
        &["resume", "mine", "--strict", "-s", "train.epochs=4"],
        &["resume", &mine, "-s", "train.epochs=4"],
    ] {
        folder.run(arguments).expect(6).said(told);
    }
    // Beside a run it is a checkpoint like any other, and a run goes on from the newest that is its own.
    std::fs::copy(folder.path(&other), folder.path("copy.ckpt")).unwrap();
    folder.run(&["evaluate", "copy.ckpt"]).expect(0);
    let resumed = folder.run(&["resume", "mine", "-s", "train.epochs=4"]);
    resumed.expect(0).said(told);
    folder.run(&["verify", "mine"]).expect(0);
}

#[test]
fn a_split_that_is_not_there_is_a_wrong_use() {
    let folder = Folder::new(PICTURES);
    let rule = "data.split={type=\"random\",train=1,val=0,test=0}";
    folder.train("r", &["-s", "data.source.test=0", "-s", rule]);
    folder
        .run(&["evaluate", "r", "--split", "holdout"])
        .expect(2);
    let ended = folder.run(&["evaluate", "r", "--split", "test"]).expect(2);
    assert!(ended.err.contains("train, val"), "{}", ended.err);
    assert_eq!(
        folder.run(&["evaluate", "r", "--json"]).expect(0).json()["split"],
        "val"
    );
}

#[test]
fn a_run_of_training_rows_only_says_what_there_is() {
    let folder = Folder::with_table();
    let rule = "data.split={type=\"random\",train=1,val=0,test=0}";
    let arguments = [
        "train",
        "config.toml",
        "--run-dir",
        "r",
        "-s",
        rule,
        "-s",
        "early_stopping.patience=3",
    ];
    folder
        .run(&arguments)
        .expect(0)
        .said("there are no validation rows: early_stopping waits for the training loss to rise");
    folder
        .run(&["evaluate", "r"])
        .expect(2)
        .said("error: there are no test rows and no val rows; splits with rows: train\n  help: --split train");
}

#[test]
fn another_file_of_the_same_layout_is_evaluated() {
    let folder = Folder::with_table();
    folder.train("r", &[]);
    folder.write("new.csv", &crate::harness::students(200..240));
    let document = folder
        .run(&["evaluate", "r", "--data", "new.csv", "--json"])
        .expect(0)
        .json();
    assert!(
        document["metrics"]["data/grade/mae"].is_number(),
        "{document}"
    );
    assert!(document["rows"]["passed"].as_u64().unwrap() < 40);
}

#[test]
fn data_that_changed_is_refused() {
    let folder = Folder::with_table();
    folder.train("r", &[]);
    folder.write("students.csv", &crate::harness::students(1..161));
    folder.run(&["evaluate", "r"]).expect(4);
    folder
        .run(&["resume", "r", "-s", "train.epochs=6"])
        .expect(4);
}

/// A new file's unseen category and missing age are counted by evaluation and prediction alike.
#[test]
fn what_is_odd_about_a_new_file_is_said() {
    let folder = Folder::with_table();
    let impute = "data.missing=impute";
    folder.train("r", &["-s", impute]);
    folder.write(
        "new.csv",
        "id,age,hours,school,passed,final grade\na,17,12,Hogwarts,yes,5.0\nb,,12,GP,no,4.0\n",
    );
    let wanted = [
        "column `school`: 1 cell holds a category that no training row has",
        "1 feature cell is missing and filled in: `age` 1",
    ];
    let evaluated = folder
        .run(&["evaluate", "r", "--data", "new.csv", "--json"])
        .expect(0);
    let predicted = folder
        .run(&["predict", "r", "-i", "new.csv", "-o", "out.csv", "--json"])
        .expect(0);
    for ended in [evaluated, predicted] {
        for wanted in wanted {
            assert!(ended.err.contains(wanted), "{}", ended.err);
        }
        let document = ended.json();
        assert_eq!(document["oddities"]["unseen"]["school"], 1);
        assert_eq!(document["oddities"]["filled"]["age"], 1);
    }
}

/// An idx file: unsigned bytes of this shape.
fn idx(shape: &[u32], bytes: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut file = vec![0, 0, 8, shape.len() as u8];
    for side in shape {
        file.extend(side.to_be_bytes());
    }
    file.extend(bytes);
    file
}

#[test]
fn images_and_labels_in_files_of_their_own_are_named_together() {
    let folder = Folder::new(
        r#"
[data]
source = { type = "idx", images = "images", labels = { digit = { file = "labels" } } }
test = { type = "idx", images = "new-images", labels = { digit = { file = "new-labels" } } }
[inputs.image]
[encoder]
type = "mlp"
hidden = [4]
[tasks.digit]
type = "multiclass"
[device]
backend = "cpu"
[train]
epochs = 1
batch_size = 16
"#,
    );
    for (images, labels, count) in [
        ("images", "labels", 60_u32),
        ("new-images", "new-labels", 20),
    ] {
        let pixels = (0..count * 16).map(|pixel| (pixel * 37 % 251) as u8);
        std::fs::write(folder.path(images), idx(&[count, 4, 4], pixels)).unwrap();
        let classes = (0..count).map(|row| (row % 3) as u8);
        std::fs::write(folder.path(labels), idx(&[count], classes)).unwrap();
    }
    folder.train("r", &[]);
    let split = folder.run(&["evaluate", "r", "--json"]).expect(0).json();
    let files = "images=new-images,digit=new-labels";
    let named = folder
        .run(&["evaluate", "r", "--data", files, "--json"])
        .expect(0)
        .json();
    assert_eq!(named["data"], files);
    for metric in ["accuracy", "log_loss"] {
        let value = &split["metrics"][format!("test/digit/{metric}")];
        assert!(value.is_number(), "{split}");
        assert_eq!(&named["metrics"][format!("data/digit/{metric}")], value);
    }
    let alone = folder
        .run(&["evaluate", "r", "--data", "new-images"])
        .expect(4);
    assert!(
        alone.err.contains("images=new-images,digit=FILE"),
        "{}",
        alone.err
    );
}
