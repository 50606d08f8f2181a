//! Labels of every kind.

use polytask_data::{Prepared, TaskKind};

use crate::{Folder, table};

const DATA: &str =
    "[data]\nsource = \"a.csv\"\nsplit = \"column\"\n[inputs.x]\ncolumns = [\"x\"]\n";

/// Ten rows for training, one for val, with these labels.
fn prepare(labels: [&str; 10], val: &str, task: &str) -> Result<Prepared, String> {
    let csv = table("x,split,y", 11, |row| match row {
        10 => format!("{row},val,{val}"),
        row => format!("{row},train,{}", labels[row]),
    });
    let folder = Folder::new().with("a.csv", csv);
    let config = format!("{DATA}[tasks.y]\n{task}");
    folder.prepare(&config).map_err(|_| folder.errors(&config))
}

const ANSWERS: [&str; 10] = ["yes", "no", "no", "", "yes", "no", "no", "no", "no", ""];

#[test]
fn binary_labels_are_the_negative_and_the_positive_class() {
    let prepared = prepare(ANSWERS, "yes", "type = \"binary\"").unwrap();
    let fit = &prepared.preprocessing.tasks()[0];
    assert_eq!(
        (&fit.kind, fit.classes.as_slice()),
        (
            &TaskKind::Binary,
            ["no".to_owned(), "yes".to_owned()].as_slice()
        )
    );
    assert_eq!(
        (fit.counts.as_slice(), fit.labelled),
        ([6, 2].as_slice(), 8)
    );
    let entropy = -(0.75f64 * 0.75f64.ln() + 0.25 * 0.25f64.ln());
    assert!((fit.entropy - entropy).abs() < 1e-12);
    let labels = prepared.encoded.labels(0, &[0, 1, 3, 10]);
    assert_eq!(
        (labels.values, labels.mask, labels.labelled),
        (vec![1.0, 0.0, 0.0, 1.0], vec![1.0, 1.0, 0.0, 1.0], 3)
    );
    let positive = prepare(ANSWERS, "yes", "type = \"binary\"\npositive = \"no\"").unwrap();
    assert_eq!(positive.preprocessing.tasks()[0].classes, ["yes", "no"]);
}

#[test]
fn a_binary_task_wants_two_labels() {
    let one = prepare(["1"; 10], "1", "type = \"binary\"").unwrap_err();
    assert!(
        one.contains(
            "task y: all training rows have the same label \"1\": there is nothing to learn"
        ),
        "{one}"
    );
    assert!(one.contains("active = false"), "{one}");
    let three = prepare(
        ["a", "b", "c", "a", "b", "c", "a", "b", "c", "a"],
        "a",
        "type = \"binary\"",
    )
    .unwrap_err();
    assert!(
        three.contains("a binary task has two labels, this one has 3: \"a\", \"b\", \"c\""),
        "{three}"
    );
    assert!(three.contains("type = \"multiclass\""), "{three}");
    let none = prepare([""; 10], "1", "type = \"binary\"").unwrap_err();
    assert!(
        none.contains("task y: no training row has a label"),
        "{none}"
    );
    let other = prepare(ANSWERS, "yes", "type = \"binary\"\npositive = \"ja\"").unwrap_err();
    assert!(other.contains("no label is \"ja\""), "{other}");
}

const GRADES: [&str; 10] = ["10", "9", "9", "2", "", "2", "10", "9", "2", "2"];

#[test]
fn classes_are_in_numeric_order_or_as_listed() {
    let prepared = prepare(GRADES, "9", "type = \"multiclass\"").unwrap();
    let fit = &prepared.preprocessing.tasks()[0];
    assert_eq!(
        (&fit.kind, fit.classes.join(" ")),
        (&TaskKind::Multiclass { classes: 3 }, "2 9 10".to_owned())
    );
    assert_eq!(fit.counts, [4, 3, 2]);
    assert_eq!(
        prepared.encoded.labels(0, &[0, 1, 10]).values,
        [2.0, 1.0, 1.0]
    );
    let listed = prepare(
        GRADES,
        "7",
        "type = \"multiclass\"\nclasses = [\"10\", \"9\", \"2\", \"7\"]",
    )
    .unwrap();
    let fit = &listed.preprocessing.tasks()[0];
    assert_eq!(
        (fit.classes.join(" "), fit.counts.as_slice()),
        ("10 9 2 7".to_owned(), [2, 3, 4, 0].as_slice())
    );
    assert!(
        listed
            .facts
            .notes
            .iter()
            .any(|note| note.contains("no training row has the label \"7\""))
    );
}

#[test]
fn a_label_that_training_never_saw_is_refused_or_masked() {
    let refused = prepare(GRADES, "3", "type = \"multiclass\"").unwrap_err();
    assert!(refused.contains("a.csv:12: column `y`: \"3\" is not a label of task y\n  help: its labels are \"2\", \"9\", \"10\"; `tasks.y.unseen = \"mask\"` takes any other as missing"), "{refused}");
    let masked = prepare(GRADES, "3", "type = \"multiclass\"\nunseen = \"mask\"").unwrap();
    assert!(!masked.encoded.has_label(0, 10));
    assert!(
        masked
            .facts
            .notes
            .iter()
            .any(|note| note.contains("1 label that no training row has is masked"))
    );
}

#[test]
fn a_column_of_numbers_is_no_class_label() {
    let csv = table("x,y", 1500, |row| format!("{row},{row}.5"));
    let folder = Folder::new().with("a.csv", csv);
    let found = folder.errors("[data]\nsource = \"a.csv\"\n[tasks.y]\ntype = \"multiclass\"\n");
    assert!(
        found.contains("different numbers in training") && found.contains("type = \"regression\""),
        "{found}"
    );
}

#[test]
fn levels_are_in_numeric_order_or_as_listed() {
    let numeric = prepare(GRADES, "9", "type = \"ordinal\"").unwrap();
    assert_eq!(
        numeric.preprocessing.tasks()[0].kind,
        TaskKind::Ordinal { levels: 3 }
    );
    let words = [
        "low", "high", "low", "mid", "mid", "high", "low", "", "low", "low",
    ];
    let unknown = prepare(words, "mid", "type = \"ordinal\"").unwrap_err();
    assert!(
        unknown.contains("`levels = [\"low\", \"middle\", \"high\"]` names them, lowest first"),
        "{unknown}"
    );
    let listed = prepare(
        words,
        "mid",
        "type = \"ordinal\"\nlevels = [\"low\", \"mid\", \"high\"]",
    )
    .unwrap();
    assert_eq!(listed.encoded.labels(0, &[0, 1, 3]).values, [0.0, 2.0, 1.0]);
}

#[test]
fn several_flags_are_columns_or_share_one() {
    let csv = table("x,red,green,both", 20, |row| {
        let (red, green) = (row % 2, usize::from(row % 3 == 0));
        let both = match (red, green) {
            (1, 1) => "green|red",
            (1, 0) => "red",
            (0, 1) => " green ",
            _ => "|",
        };
        match row {
            5 => format!("{row},,{green},"),
            row => format!("{row},{red},{},{both}", ["no", "yes"][green]),
        }
    });
    let folder = Folder::new().with("a.csv", csv);
    let config = "[data]\nsource = \"a.csv\"\n[inputs.x]\ncolumns = \"x\"\n\
        [tasks.columns]\ntype = \"multilabel\"\ntarget = [\"green\", \"red\"]\n\
        [tasks.shared]\ntype = \"multilabel\"\ntarget = \"both\"\nseparator = \"|\"\n";
    let prepared = folder.prepare(config).unwrap();
    let rows: Vec<u32> = (0..20).collect();
    let columns = prepared.encoded.labels(0, &rows);
    assert_eq!(columns, prepared.encoded.labels(1, &rows));
    assert_eq!(
        (&columns.values[..4], columns.mask[5]),
        ([1.0, 0.0, 0.0, 1.0].as_slice(), 0.0)
    );
    let [columns, shared] = prepared.preprocessing.tasks() else {
        panic!()
    };
    assert_eq!(columns.classes, ["green", "red"]);
    assert_eq!(
        (&columns.counts, &columns.kind, columns.entropy),
        (&shared.counts, &shared.kind, shared.entropy)
    );
    let of = |count: u64| {
        let share = count as f64 / columns.labelled as f64;
        -(share * share.ln() + (1.0 - share) * (1.0 - share).ln())
    };
    assert!((columns.entropy - of(columns.counts[0]) - of(columns.counts[1])).abs() < 1e-12);
}

#[test]
fn a_flag_that_is_none_is_named() {
    let folder = Folder::new().with(
        "a.csv",
        table("x,f,g", 9, |row| {
            format!("{row},1,{}", if row == 6 { "2" } else { "0" })
        }),
    );
    let found = folder.errors(
        "[data]\nsource = \"a.csv\"\n[tasks.y]\ntype = \"multilabel\"\ntarget = [\"f\", \"g\"]\n",
    );
    assert!(
        found.contains("a.csv:8: column `g`: \"2\" is not a flag: 0 or 1"),
        "{found}"
    );
}

#[test]
fn targets_are_scaled_by_the_training_rows_and_kept_in_their_unit() {
    let csv = table("x,split,low,high", 12, |row| match row {
        10 => "1,val,1000,1000".to_owned(),
        11 => "1,val,7,".to_owned(),
        row => format!("1,train,{row},{}", 100 + 2 * row),
    });
    let folder = Folder::new().with("a.csv", csv);
    let config = format!("{DATA}[tasks.y]\ntype = \"regression\"\ntarget = [\"low\", \"high\"]\n");
    let prepared = folder.prepare(&config).unwrap();
    let fit = &prepared.preprocessing.tasks()[0];
    assert_eq!(fit.kind, TaskKind::Regression { outputs: 2 });
    let std = 8.25f64.sqrt();
    assert!((fit.mean[0] - 4.5).abs() < 1e-12 && (fit.mean[1] - 109.0).abs() < 1e-12);
    assert!((fit.std[0] - std).abs() < 1e-12 && (fit.std[1] - 2.0 * std).abs() < 1e-12);
    assert!((fit.variance - 1.0).abs() < 1e-12);
    let labels = prepared.encoded.labels(0, &[9, 11]);
    assert!((f64::from(labels.values[0]) - 4.5 / std).abs() < 1e-6);
    assert_eq!(labels.mask, [1.0, 0.0], "a row needs all outputs");
    let value = |output| prepared.encoded.value(0, 10, output);
    assert_eq!(
        [value(0), value(1), value(2)],
        [Some(1000.0), Some(1000.0), None]
    );
    let raw = folder
        .prepare(&format!("{config}normalize = \"none\"\n"))
        .unwrap();
    let fit = &raw.preprocessing.tasks()[0];
    assert_eq!(
        (fit.mean.as_slice(), fit.std.as_slice()),
        ([0.0, 0.0].as_slice(), [1.0, 1.0].as_slice())
    );
    assert!((fit.variance - (8.25 + 33.0) / 2.0).abs() < 1e-9);
    assert_eq!(raw.encoded.labels(0, &[9]).values, [9.0, 118.0]);
}

#[test]
fn one_column_can_be_the_target_of_two_tasks() {
    let folder = Folder::new().with(
        "a.csv",
        table("x,grade", 20, |row| format!("{row},{}", row % 4)),
    );
    let config = "[data]\nsource = \"a.csv\"\n[tasks.number]\ntype = \"regression\"\ntarget = \"grade\"\n\
        [tasks.class]\ntype = \"multiclass\"\ntarget = \"grade\"\n";
    let prepared = folder.prepare(config).unwrap();
    assert_eq!(prepared.encoded.value(0, 7, 0), Some(3.0));
    assert_eq!(prepared.encoded.labels(1, &[7]).values, [3.0]);
    assert_eq!(prepared.preprocessing.input_shape().numeric, 1);
}

#[test]
fn an_empty_cell_can_mean_none_of_the_labels() {
    let cells = ["red", "", "red|green", "NA", "green"];
    let csv = table("x,tags", 20, |row| format!("{row},{}", cells[row % 5]));
    let folder = Folder::new().with("a.csv", csv);
    let config = |empty: &str| {
        format!(
            "[data]\nsource = \"a.csv\"\nmissing_values = [\"\", \"NA\"]\n[inputs.x]\ncolumns = \"x\"\n\
             [tasks.tags]\ntype = \"multilabel\"\nseparator = \"|\"\n{empty}"
        )
    };
    let rows: Vec<u32> = (0..5).collect();
    let labels = |empty: &str| {
        let prepared = folder.prepare(&config(empty)).unwrap();
        (prepared.encoded.labels(0, &rows), prepared.facts.notes)
    };
    let (masked, notes) = labels("");
    assert_eq!(masked.mask, [1.0, 0.0, 1.0, 0.0, 1.0]);
    assert!(
        notes
            .iter()
            .any(|note| note.starts_with("task tags: 8 rows have no label")),
        "{notes:?}"
    );
    let (none, notes) = labels("empty = \"none\"");
    assert_eq!(none.mask, [1.0, 1.0, 1.0, 0.0, 1.0]);
    // Classes in order: green, red.
    assert_eq!(
        none.values,
        [0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0]
    );
    assert_eq!(notes, Vec::<String>::new());
    // A new file is read alike.
    let prepared = folder.prepare(&config("empty = \"none\"")).unwrap();
    let (again, _) = prepared.preprocessing.load(folder.path("a.csv")).unwrap();
    assert_eq!(again.labels(0, &rows), none);
}

#[test]
fn rows_that_have_a_part_of_their_target_are_counted() {
    // Of ten rows three lack one column, two lack the other and one lacks both.
    let cells = [
        "1,0", ",1", "0,1", "1,", ",", ",0", "0,0", "1,1", ",1", "0,",
    ];
    let csv = table("x,one,two", 40, |row| format!("{row},{}", cells[row % 10]));
    let folder = Folder::new().with("a.csv", csv);
    for kind in ["regression", "multilabel"] {
        let config = format!(
            "[data]\nsource = \"a.csv\"\n[inputs.x]\ncolumns = \"x\"\n\
             [tasks.both]\ntype = \"{kind}\"\ntarget = [\"one\", \"two\"]\n"
        );
        let prepared = folder.prepare(&config).unwrap();
        let notes = &prepared.facts.notes;
        let told = notes
            .iter()
            .filter(|note| note.starts_with("task both: 20 rows have some"));
        assert_eq!(told.count(), 1, "{kind}: {notes:?}");
        let rows: Vec<u32> = (0..40).collect();
        assert_eq!(prepared.encoded.label_count(0, &rows), 16);
        // In a new file too.
        let (_, oddities) = prepared.preprocessing.load(folder.path("a.csv")).unwrap();
        assert_eq!(oddities.partial_labels.get("both"), Some(&20));
        assert!(
            oddities
                .notes()
                .iter()
                .any(|note| note.contains("20 rows have some"))
        );
    }
}
