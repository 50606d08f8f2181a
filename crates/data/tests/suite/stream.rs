//! Other files, read with what the checkpoint holds.

use polytask_data::{Chunk, Kept, Oddities, Preprocessing};

use crate::{Folder, table};

const CONFIG: &str = "[data]\nsource = { type = \"csv\", file = \"a.csv\", delimiter = \";\" }\nids = \"id\"\n\
    missing_values = \"?\"\nmissing = \"impute\"\n[inputs.x]\ncolumns = { all_except = [\"note\"] }\n\
    categorical = [\"school\"]\n[tasks.passed]\ntype = \"binary\"\n[tasks.grade]\ntype = \"regression\"\n";

fn csv(rows: usize) -> String {
    table("id;age;school;passed;grade;note", rows, |row| {
        let age = if row % 7 == 0 {
            "?".to_owned()
        } else {
            row.to_string()
        };
        format!(
            "r{row};{age};{};{};{}.25;\"a; {row}\"",
            ["GP", "MS"][row % 2],
            row % 2,
            row
        )
    })
}

/// Through JSON, as the checkpoint does it.
fn preprocessing(folder: &Folder) -> Preprocessing {
    let fitted = folder.prepare(CONFIG).unwrap().preprocessing;
    let text = serde_json::to_string(&fitted).unwrap();
    let again: Preprocessing = serde_json::from_str(&text).unwrap();
    assert_eq!(again, fitted, "to the last bit");
    again
}

#[test]
fn the_same_file_read_again_is_the_same_rows() {
    let folder = Folder::new().with("a.csv", csv(200));
    let prepared = folder.prepare(CONFIG).unwrap();
    let (again, odd) = preprocessing(&folder).load(folder.path("a.csv")).unwrap();
    let rows: Vec<u32> = (0..200).collect();
    assert_eq!(again.batch(&rows), prepared.encoded.batch(&rows));
    // Every seventh age is missing; nothing else is odd.
    assert_eq!(odd.filled, [("age".to_owned(), 29)].into());
    assert_eq!(odd.notes().len(), 1, "{odd:?}");
    assert_eq!(prepared.facts.filled, odd.filled);
}

#[test]
fn a_file_without_labels_is_predicted_chunk_by_chunk() {
    let folder = Folder::new().with("a.csv", csv(10_000));
    let prepared = folder.prepare(CONFIG).unwrap();
    let without: String = csv(10_000)
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.splitn(6, ';').collect();
            format!("{};{};{};{}\n", cells[5], cells[2], cells[0], cells[1])
        })
        .collect();
    let folder = folder.with("new.csv", without);
    let chunks: Vec<Chunk> = preprocessing(&folder)
        .open(&folder.path("new.csv"))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(chunks.len() > 1);
    let mut row = 0u32;
    for chunk in &chunks {
        assert_eq!(chunk.columns, ["note", "id"]);
        for index in 0..chunk.encoded.rows() as u32 {
            let (found, wanted) = (
                chunk.encoded.batch(&[index]),
                prepared.encoded.batch(&[row]),
            );
            assert_eq!(
                (found.numeric, found.categorical),
                (wanted.numeric, wanted.categorical)
            );
            assert_eq!(found.targets[0].mask, [0.0]);
            assert_eq!(
                chunk.kept[index as usize]
                    .iter()
                    .map(|kept| kept.text.as_str())
                    .collect::<Vec<_>>(),
                [format!("a; {row}"), format!("r{row}")]
            );
            row += 1;
        }
    }
    assert_eq!(row, 10_000);
}

#[test]
fn a_bad_row_ends_the_stream_with_its_place() {
    let folder = Folder::new().with("a.csv", csv(100));
    let folder = folder.with(
        "new.csv",
        table("age;school", 9000, |row| {
            if row == 8000 {
                "x;GP".to_owned()
            } else {
                format!("{row};GP")
            }
        }),
    );
    let mut chunks = preprocessing(&folder)
        .open(&folder.path("new.csv"))
        .unwrap();
    assert!(chunks.next().unwrap().is_ok());
    let error = chunks.next().unwrap().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("new.csv:8002: column `age`: \"x\" is not a number"),
        "{error}"
    );
    assert!(chunks.next().is_none());
}

#[test]
fn an_input_that_is_not_there_is_named() {
    let folder = Folder::new()
        .with("a.csv", csv(100))
        .with("new.csv", "agee;school\n1;GP\n");
    let error = preprocessing(&folder)
        .open(&folder.path("new.csv"))
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("there is no column `age`"),
        "{error}"
    );
    assert!(
        error.to_string().contains("did you mean `agee`?"),
        "{error}"
    );
    assert!(
        preprocessing(&folder)
            .open(&folder.path("none.csv"))
            .is_err()
    );
    assert!(
        preprocessing(&folder)
            .open(&folder.path("what.xls"))
            .is_err()
    );
}

#[test]
fn a_file_may_lack_the_labels_of_some_tasks_not_of_all() {
    let folder = Folder::new()
        .with("a.csv", csv(100))
        .with(
            "one.csv",
            table("age;school;grade", 10, |row| format!("{row};GP;{row}")),
        )
        .with(
            "none.csv",
            table("age;school", 10, |row| format!("{row};GP")),
        );
    let (encoded, _) = preprocessing(&folder).load(folder.path("one.csv")).unwrap();
    let rows: Vec<u32> = (0..10).collect();
    assert_eq!(
        (encoded.label_count(0, &rows), encoded.label_count(1, &rows)),
        (0, 10)
    );
    let error = preprocessing(&folder)
        .load(folder.path("none.csv"))
        .unwrap_err();
    assert!(
        error.to_string().contains("there is no column `passed`"),
        "{error}"
    );
}

#[test]
fn another_kind_of_file_is_read_by_its_name() {
    let objects = (0..10)
        .map(|row| format!("{{\"school\": \"MS\", \"age\": {row}, \"id\": \"q{row}\"}}\n"))
        .collect::<String>();
    let folder = Folder::new()
        .with("a.csv", csv(100))
        .with("new.jsonl", objects);
    let chunk = preprocessing(&folder)
        .open(&folder.path("new.jsonl"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    assert_eq!(
        (chunk.encoded.rows(), chunk.columns),
        (10, vec!["id".to_owned()])
    );
}

#[test]
fn what_is_odd_about_a_new_file_is_counted() {
    let config = CONFIG.replace(
        "missing = \"impute\"",
        "missing = \"impute\"\nunparsable = \"missing\"",
    );
    // 9,000 rows, so that several chunks are added up.
    let new = table("age;school;passed", 9000, |row| match row {
        10 | 8000 => format!("old;GP;{}", row % 2),
        20 | 5000 => format!("{row};Hogwarts;{}", row % 2),
        30 => "?;;1".to_owned(),
        _ => format!("{row};MS;{}", row % 2),
    });
    let folder = Folder::new().with("a.csv", csv(100)).with("new.csv", new);
    let preprocessing = folder.prepare(&config).unwrap().preprocessing;
    let mut streamed = Oddities::default();
    for chunk in preprocessing.open(&folder.path("new.csv")).unwrap() {
        streamed.add(&chunk.unwrap().oddities);
    }
    let wanted = Oddities {
        unseen: [("school".to_owned(), 2)].into(),
        filled: [("age".to_owned(), 3), ("school".to_owned(), 1)].into(),
        unparsable_cells: 2,
        ..Oddities::default()
    };
    assert_eq!(streamed, wanted);
    let (encoded, loaded) = preprocessing.load(folder.path("new.csv")).unwrap();
    assert_eq!((encoded.rows(), loaded), (9000, wanted));

    let dropping = CONFIG.replace("\"impute\"", "\"drop_row\"");
    let preprocessing = folder.prepare(&dropping).unwrap().preprocessing;
    let few = table("age;school;passed", 10, |row| {
        format!("{};GP;1", if row < 4 { "?" } else { "7" })
    });
    let folder = folder.with("few.csv", few);
    let (encoded, odd) = preprocessing.load(folder.path("few.csv")).unwrap();
    assert_eq!((encoded.rows(), odd.dropped_rows), (6, 4));
}

#[test]
fn remarks_say_every_count_that_is_not_zero() {
    // The last ten rows are for the test: one of them repeats a training row, two hold a new school.
    let rows = table("x;school;part;y", 40, |row| {
        let (x, school) = match row {
            35 => (3, "GP"),
            36 | 37 => (row, "NEW"),
            _ => (row, "GP"),
        };
        let part = if row < 30 { "train" } else { "test" };
        format!("{x};{school};{part};{}", row % 2)
    });
    let folder = Folder::new().with("a.csv", rows);
    let config = "[data]\nsource = { type = \"csv\", file = \"a.csv\", delimiter = \";\" }\n\
        split = { type = \"column\", column = \"part\" }\n[inputs.x]\ncolumns = [\"x\", \"school\"]\n\
        categorical = \"school\"\n[tasks.y]\ntype = \"binary\"\n";
    let facts = folder.prepare(config).unwrap().facts;
    assert_eq!(
        facts.remarks(),
        [
            "1 row of test has the inputs of a row of train: a duplicate measures memory too",
            "column `school`: 2 cells of test hold a category that no training row has",
        ]
    );
}

#[test]
fn a_row_without_a_feature_is_kept_and_not_predicted_where_training_left_it_out() {
    let dropping = CONFIG.replace("\"impute\"", "\"drop_row\"");
    let new = table("id;age;school", 6, |row| {
        let age = if row % 2 == 1 { "?" } else { "7" };
        format!("n{row};{age};GP")
    });
    let folder = Folder::new().with("a.csv", csv(100)).with("new.csv", new);
    let fitted = folder.prepare(&dropping).unwrap().preprocessing;
    let mut chunks = fitted.open(&folder.path("new.csv")).unwrap();
    let chunk = chunks.next().unwrap().unwrap();
    assert_eq!(chunk.answered, [true, false, true, false, true, false]);
    assert_eq!((chunk.encoded.rows(), chunk.kept.len()), (3, 6));
    assert_eq!(chunk.kept[3][0].text, "n3");
    assert_eq!(
        chunk.oddities.notes(),
        [
            "3 rows have no prediction, because a feature is missing and the model was trained with \
          `data.missing = \"drop_row\"`"
        ]
    );
    assert!(chunks.next().is_none());
}

#[test]
fn a_file_without_header_may_lack_the_targets() {
    let rows = |keep: usize| -> String {
        let cut = |row: String| row.split(',').take(keep).collect::<Vec<_>>().join(",");
        (0..30)
            .map(|row| cut(format!("r{row},{row},{}", row % 2)) + "\n")
            .collect()
    };
    let folder = Folder::new()
        .with("a.csv", rows(3))
        .with("new.csv", rows(2))
        .with("short.csv", rows(1));
    let config = "[data]\nsource = { type = \"csv\", file = \"a.csv\", header = false, names = [\"id\", \"x\", \"y\"] }\n\
        ids = \"id\"\n[tasks.y]\ntype = \"binary\"\n";
    let fitted = folder.prepare(config).unwrap().preprocessing;
    let chunk = |name: &str| {
        fitted
            .open(&folder.path(name))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
    };
    let (with, without) = (chunk("a.csv"), chunk("new.csv"));
    assert_eq!(with.columns, without.columns);
    assert_eq!(
        with.encoded.batch(&[7]).numeric,
        without.encoded.batch(&[7]).numeric
    );
    let refused = fitted
        .open(&folder.path("short.csv"))
        .err()
        .unwrap()
        .to_string();
    let wanted = "the first record has 1 fields, 3 names are given\n  help: a file without header has 3 fields: id, x, y; \
                  without the targets 2: id, x";
    assert!(refused.ends_with(wanted), "{refused}");
}

#[test]
fn what_is_no_string_in_json_lines_is_passed_through_as_it_stands() {
    let line = |row: usize| {
        format!(
            "{{\"id\": {row}, \"tag\": \"{row}\", \"none\": null, \"x\": {row}, \"y\": {}}}\n",
            row % 2
        )
    };
    let folder = Folder::new().with("a.jsonl", (0..30).map(line).collect::<String>());
    let config = "[data]\nsource = \"a.jsonl\"\n[inputs.x]\ncolumns = [\"x\"]\n[tasks.y]\ntype = \"binary\"\n";
    let fitted = folder.prepare(config).unwrap().preprocessing;
    let chunk = fitted
        .open(&folder.path("a.jsonl"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    let kept = |text: &str, is_bare| Kept {
        text: text.to_owned(),
        is_bare,
    };
    assert_eq!(chunk.columns, ["id", "tag", "none"]);
    assert_eq!(
        chunk.kept[4],
        [kept("4", true), kept("4", false), kept("", true)]
    );
}
