//! What the model is given.

use polytask_data::{CategoricalShape, Part};

use crate::{Folder, table};

const TASK: &str = "[tasks.y]\ntype = \"regression\"\n";

/// Every tenth row is for validation, so that what is fitted on which rows can be told.
fn folder() -> Folder {
    let school = ["GP", "MS", "", "GP"];
    Folder::new().with(
        "a.csv",
        table("age,flat,school,part,y", 40, |row| {
            let (age, school, part) = match row % 10 {
                3 => (1000, "NEW", "val"),
                _ => (row, school[row % 4], "train"),
            };
            format!("{age},7,{school},{part},1")
        }),
    )
}

const DATA: &str = "[data]\nsource = \"a.csv\"\nmissing = \"impute\"\nsplit = \"column\"\nids = []\n[data.limits]\n";

fn config(input: &str) -> String {
    format!(
        "{}\n[inputs.profile]\n{input}\n{TASK}",
        DATA.replace("\"column\"", "{ type = \"column\", column = \"part\" }")
    )
}

#[test]
fn numbers_are_standardised_on_the_training_rows_only() {
    let prepared = folder()
        .prepare(&config("columns = [\"age\", \"flat\"]"))
        .unwrap();
    let train = prepared.encoded.batch(&prepared.splits.train);
    let ages: Vec<f64> = train
        .numeric
        .chunks(2)
        .map(|row| f64::from(row[0]))
        .collect();
    let mean = ages.iter().sum::<f64>() / ages.len() as f64;
    let variance = ages.iter().map(|age| (age - mean).powi(2)).sum::<f64>() / ages.len() as f64;
    assert!(
        mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-6,
        "{mean} {variance}"
    );
    // The oracle for a row of another split.
    let raw: Vec<f64> = (0..40).filter(|row| row % 10 != 3).map(f64::from).collect();
    let raw_mean = raw.iter().sum::<f64>() / raw.len() as f64;
    let raw_std =
        (raw.iter().map(|age| (age - raw_mean).powi(2)).sum::<f64>() / raw.len() as f64).sqrt();
    let val = prepared.encoded.batch(&prepared.splits.val);
    assert!((f64::from(val.numeric[0]) - (1000.0 - raw_mean) / raw_std).abs() < 1e-5);
    assert!(
        train.numeric.chunks(2).all(|row| row[1] == 0.0),
        "a constant column is 0"
    );
    assert!(
        prepared
            .facts
            .notes
            .iter()
            .any(|note| note.contains("`flat` is constant"))
    );
}

#[test]
fn unseen_and_missing_categories_have_slots_of_their_own() {
    let prepared = folder()
        .prepare(&config(
            "columns = [\"school\"]\ncategorical = [\"school\"]",
        ))
        .unwrap();
    let shape = prepared.preprocessing.input_shape();
    assert_eq!(
        shape.categorical,
        [CategoricalShape {
            name: "school".into(),
            categories: 4,
            // Of each ten rows one is for validation: a GP or an MS.
            counts: vec![0, 10, 18, 8],
        }]
    );
    let codes = prepared.encoded.batch(&[0, 1, 2, 3]).categorical;
    assert_eq!(codes, [2, 3, 1, 0], "GP, MS, missing, unseen");
    assert_eq!(prepared.facts.unseen.len(), 1);
    assert_eq!(
        (
            prepared.facts.unseen[0].split.as_str(),
            prepared.facts.unseen[0].cells
        ),
        ("val", 4)
    );
}

#[test]
fn all_columns_but_those_that_are_something_else_are_the_default() {
    let csv = table("id,x,group,z,y", 30, |row| {
        format!("{row},{},{},{},1", row * 3, row % 5, row % 7)
    });
    let folder = Folder::new().with("a.csv", csv);
    let names = |inputs: &str| {
        let config = format!(
            "[data]\nsource = \"a.csv\"\nids = \"id\"\nsplit = {{ type = \"hash\", column = \"group\" }}\n{inputs}\n{TASK}"
        );
        folder
            .prepare(&config)
            .unwrap()
            .preprocessing
            .numeric_names()
    };
    assert_eq!(names(""), ["x", "z"]);
    assert_eq!(
        names("[inputs.rest]\ncolumns = { all_except = [\"x\"] }"),
        ["z"]
    );
    assert_eq!(
        names("[inputs.a]\ncolumns = [\"z\"]\n[inputs.b]\ncolumns = \"group\""),
        ["z", "group"]
    );
}

#[test]
fn an_indicator_says_where_a_number_was_missing() {
    let csv = table("a,b,y", 20, |row| {
        format!(
            "{},{row},1",
            if row % 4 == 0 {
                String::new()
            } else {
                row.to_string()
            }
        )
    });
    let folder = Folder::new().with("a.csv", csv);
    let config = format!(
        "[data]\nsource = \"a.csv\"\nmissing = \"impute\"\n[inputs.x]\nindicator = true\n{TASK}"
    );
    let prepared = folder.prepare(&config).unwrap();
    assert_eq!(
        prepared.preprocessing.numeric_names(),
        ["a", "b", "a is missing"]
    );
    assert_eq!(prepared.preprocessing.input_shape().numeric, 3);
    for row in 0..20 {
        let numeric = prepared.encoded.batch(&[row]).numeric;
        assert_eq!(numeric[2], f32::from(u8::from(row % 4 == 0)));
        assert!(row % 4 != 0 || numeric[0] == 0.0, "the mean is 0");
    }
}

#[test]
fn rows_that_repeat_across_splits_are_counted() {
    // Rows 0 to 9 for training; 10 to 14 repeat 0 to 4 in val; 15 to 19 repeat 10, 10, 1, 99, 99 in test.
    let age = |row: usize| match row {
        0..=9 => row,
        10..=14 => row - 10,
        15 | 16 => 50,
        17 => 1,
        _ => 99,
    };
    let part = |row: usize| ["train", "train", "val", "test"][row / 5];
    let csv = table("age,split,y", 20, |row| {
        format!("{},{},{row}", age(row), part(row))
    });
    let folder = Folder::new().with("a.csv", csv);
    let prepared = folder
        .prepare(&format!(
            "[data]\nsource = \"a.csv\"\nsplit = \"column\"\n{TASK}"
        ))
        .unwrap();
    let counts: Vec<(&str, u64)> = prepared
        .facts
        .duplicates
        .iter()
        .map(|(name, count)| (name.as_str(), *count))
        .collect();
    assert_eq!(
        counts,
        [
            ("test_in_train", 1),
            ("test_in_val", 0),
            ("val_in_train", 5),
            ("within_train", 0)
        ]
    );
    assert_eq!(prepared.splits.of(Part::Test), [15, 16, 17, 18, 19]);
}
