//! What is wrong is said with its place, all at once.

use crate::{Folder, options, table};

const TASK: &str = "[tasks.y]\ntype = \"regression\"\n";

fn errors(csv: impl AsRef<[u8]>) -> String {
    Folder::new()
        .with("a.csv", csv)
        .errors(&format!("[data]\nsource = \"a.csv\"\n{TASK}"))
}

#[test]
fn defects_of_a_file_name_their_line() {
    let cases: [(&[u8], &[&str]); 14] = [
        (b"", &["a.csv: the file is empty"]),
        (b"\n\n", &["a.csv: the file is empty"]),
        (b"a,y\n", &["a.csv: there is a header and no row"]),
        (
            b"a,,y\n1,2,3\n",
            &["a.csv:1: column 2 has no name in the header"],
        ),
        (
            b"a,a,y\n1,2,3\n",
            &["a.csv:1: the header has `a` twice, as columns 1 and 2"],
        ),
        (
            b"a,y\n1,2\n1,2,3\n1\n",
            &[
                "a.csv:3: the record has 3 fields, the header has 2",
                "a.csv:4: the record has 1 fields",
            ],
        ),
        (
            b"a,y\n1,2\n\"1,2\n",
            &["a.csv:3: a quote is opened and never closed"],
        ),
        (b"a,y\n1,2\n1,\0\n", &["a.csv:3: there is a NUL byte"]),
        (
            b"\xFF\xFEa\0,\0y\0\n\0",
            &["a.csv:1: the file is in UTF-16"],
        ),
        (
            b"a,y\n1,2\n1,2\nx1,2\n",
            &["a.csv:4: column `a`: \"x1\" is not a number"],
        ),
        (
            b"a,y\n1,2\n1,2\nNaN,2\n",
            &["a.csv:4: column `a`: \"NaN\" is not a finite number"],
        ),
        (
            b"a,y\n1,2\n1,2\n1e39,2\n",
            &["\"1e39\" is not a number that a 32-bit float can hold"],
        ),
        (
            b"a,y\n1,2\n1,2\n1,inf\n",
            &["a.csv:4: column `y`: \"inf\" is not a finite number"],
        ),
        (
            b"a,y\n1,2\n1,2\n\xC3\x28,2\n",
            &["a.csv:4: column `a`:", "is not text in UTF-8"],
        ),
    ];
    for (csv, wanted) in cases {
        let found = errors(csv);
        for part in wanted {
            assert!(found.contains(part), "{part:?} in {found:?}");
        }
    }
}

#[test]
fn the_first_several_cells_are_shown_and_the_rest_counted() {
    let csv = table("a,b,y", 100, |row| {
        if row % 3 == 0 {
            format!("oops{row},1,1")
        } else {
            "1,x,1".to_owned()
        }
    });
    let found = errors(csv);
    assert!(
        found.contains("a.csv:2: column `a`: \"oops0\" is not a number"),
        "{found}"
    );
    assert!(
        found
            .contains("column `b` holds text: 66 of 100 cells are no numbers, the first one \"x\""),
        "{found}"
    );
    assert!(
        found.contains("`[inputs.table]` with `categorical = [\"b\"]`"),
        "{found}"
    );
    // 34 cells of `a` and the one column; ten are shown.
    assert!(found.ends_with("and 25 more"), "{found}");
}

#[test]
fn a_missing_feature_is_an_error_unless_the_configuration_says_what_to_do() {
    let csv = table("a,b,y", 20, |row| {
        format!("{},{},1", if row == 4 { "NA" } else { "1" }, row)
    });
    let folder = Folder::new().with("a.csv", csv);
    let config = |more: &str| {
        format!("[data]\nsource = \"a.csv\"\nmissing_values = [\"NA\"]\n{more}\n{TASK}")
    };
    let found = folder.errors(&config(""));
    assert!(
        found.contains("a.csv:6: column `a` has a missing value"),
        "{found}"
    );
    let dropped = folder.prepare(&config("missing = \"drop_row\"")).unwrap();
    assert_eq!((dropped.facts.rows, dropped.facts.dropped_rows), (19, 1));
    assert_eq!(
        folder
            .prepare(&config("missing = \"impute\""))
            .unwrap()
            .facts
            .rows,
        20
    );
}

#[test]
fn stray_text_is_missing_only_if_that_is_asked_for() {
    let csv = table("a,y", 20, |row| {
        format!(
            "{},1",
            if row == 4 {
                "n/k".to_owned()
            } else {
                row.to_string()
            }
        )
    });
    let folder = Folder::new().with("a.csv", csv);
    let config = "[data]\nsource = \"a.csv\"\nmissing = \"impute\"\nunparsable = \"missing\"\n";
    assert_eq!(
        folder
            .prepare(&format!("{config}{TASK}"))
            .unwrap()
            .facts
            .unparsable_cells,
        1
    );
    assert!(
        folder
            .errors(&format!(
                "[data]\nsource = \"a.csv\"\nmissing = \"impute\"\n{TASK}"
            ))
            .contains("\"n/k\" is not a number\n  help: `data.unparsable = \"missing\"` in training takes text as a missing number")
    );
}

#[test]
fn stray_text_in_a_target_is_a_missing_label_if_that_is_asked_for() {
    let csv = table("a,y", 20, |row| {
        let cell = if row % 10 == 4 {
            "n/k".to_owned()
        } else {
            row.to_string()
        };
        format!("{row},{cell}")
    });
    let folder = Folder::new().with("a.csv", csv);
    let all = "split = { type = \"random\", train = 1, val = 0, test = 0 }\n[tasks.y]\ntype = \"regression\"\n";
    let prepared = folder
        .prepare(&format!(
            "[data]\nsource = \"a.csv\"\nunparsable = \"missing\"\n{all}"
        ))
        .unwrap();
    let facts = prepared.facts;
    assert_eq!((facts.unparsable_cells, facts.unparsable_labels), (0, 2));
    assert_eq!(facts.splits["train"].tasks["y"].labelled, 18);
    let told = "2 cells hold text where a target's number should be, and counted as missing";
    assert!(
        facts.remarks().contains(&told.to_owned()),
        "{:?}",
        facts.remarks()
    );
    let refused = folder.errors(&format!("[data]\nsource = \"a.csv\"\n{all}"));
    assert!(
        refused.contains("column `y`: \"n/k\" is not a number"),
        "{refused}"
    );
    assert!(
        refused.contains(
            "help: `data.unparsable = \"missing\"` in training takes text as a missing label"
        ),
        "{refused}"
    );
}

#[test]
fn text_among_features_that_may_not_be_missing_is_still_told_as_text() {
    let csv = table("a,y", 20, |row| {
        format!("{},1", if row == 4 { "n/k" } else { "3" })
    });
    let folder = Folder::new().with("a.csv", csv);
    let config = format!("[data]\nsource = \"a.csv\"\nunparsable = \"missing\"\n{TASK}");
    let errors = folder.errors(&config);
    assert!(
        errors.contains("column `a`: \"n/k\" is not a number"),
        "{errors}"
    );
}

#[test]
fn numbers_that_single_precision_takes_for_one_are_not_called_constant() {
    let of = |cell: &dyn Fn(usize) -> String| {
        let csv = table("a,b,y", 20, |row| format!("{},{row},1{row}", cell(row)));
        let folder = Folder::new().with("a.csv", csv);
        let config = "[data]\nsource = \"a.csv\"\n[tasks.y]\ntype = \"regression\"\n";
        folder.prepare(config).unwrap().facts.notes
    };
    // Between 1e9 and 1e9 + 1 there is no other number of 24 bits.
    assert_eq!(
        of(&|row| format!("1000000000.{row:02}")),
        [
            "column `a` holds different numbers around 1.000000e9 that are one number in single precision, so it tells \
          the model nothing; subtract a constant first"
        ]
    );
    assert_eq!(
        of(&|_| "1000000000".to_owned()),
        ["column `a` is constant in training: it tells the model nothing"]
    );
    assert_eq!(of(&|row| row.to_string()), Vec::<String>::new());
}

#[test]
fn what_the_configuration_says_wrongly_has_its_key() {
    let csv = table("age,hours,school,passed,grade", 20, |row| {
        format!("{row},1,GP,{},2", row % 2)
    });
    let folder = Folder::new().with("students.csv", csv);
    let config = "[data]\nsource = \"students.csv\"\nids = [\"nr\"]\nsplit = { type = \"hash\", column = \"scool\" }\n\
        [inputs.profile]\ncolumns = [\"age\", \"hour\", \"passed\"]\ncategorical = [\"school\", \"jobs\"]\n\
        [tasks.passed]\ntype = \"binary\"\n[tasks.grade]\ntype = \"regression\"\ntarget = [\"grad\", \"weight\"]\n";
    let errors = folder.prepare(config).unwrap_err().errors;
    let found: Vec<(&str, String)> = errors
        .iter()
        .map(|error| (error.key().unwrap(), error.help().unwrap_or_default()))
        .collect();
    let keys: Vec<&str> = found.iter().map(|(key, _)| *key).collect();
    assert_eq!(
        keys,
        [
            "tasks.grade.target[0]",
            "tasks.grade.target[1]",
            "data.ids[0]",
            "data.split.column",
            "inputs.profile.columns[1]",
            "inputs.profile.columns[2]",
            "inputs.profile.categorical[0]",
            "inputs.profile.categorical[1]",
        ]
    );
    assert_eq!(found[0].1, "did you mean `grade`?");
    assert_eq!(
        found[1].1,
        "the columns are: age, hours, school, passed, grade"
    );
    assert_eq!(found[3].1, "did you mean `school`?");
    assert!(errors[5].to_string().contains("the target of task passed"));
}

#[test]
fn a_text_column_in_a_numeric_place_names_the_key_and_the_way_out() {
    let folder = Folder::new().with(
        "a.csv",
        table("age,school,y", 9, |row| format!("{row},GP,1")),
    );
    let config = format!(
        "[data]\nsource = \"a.csv\"\n[inputs.profile]\ncolumns = [\"age\", \"school\"]\n{TASK}"
    );
    let errors = folder.prepare(&config).unwrap_err().errors;
    assert_eq!(errors[0].key(), Some("inputs.profile.columns"));
    assert!(
        errors[0]
            .help()
            .unwrap()
            .contains("list it in `inputs.profile.categorical`")
    );
}

#[test]
fn a_wrong_delimiter_is_guessed_at() {
    let folder = Folder::new().with("a.csv", "age;y\n1;2\n3;4\n");
    let found = folder.errors(&format!("[data]\nsource = \"a.csv\"\n{TASK}"));
    assert!(
        found.contains("the header is the single column `age;y`: is `delimiter` right?"),
        "{found}"
    );
}

#[test]
fn a_missing_file_is_named_in_full_and_by_its_key() {
    let folder = Folder::new().with("a.csv", table("a,y", 9, |row| format!("{row},{row}")));
    let config = format!("[data]\nsource = \"a.csv\"\ntest = \"b.csv\"\n{TASK}");
    let errors = folder.prepare(&config).unwrap_err().errors;
    assert_eq!(errors[0].key(), Some("data.test"));
    assert!(
        errors[0]
            .to_string()
            .contains(folder.path("b.csv").to_str().unwrap()),
        "{}",
        errors[0]
    );
}

#[test]
fn options_that_cannot_be_meant_are_problems_of_the_configuration() {
    let folder = Folder::new();
    let problems = |config: &str| options(&folder.0, config).1;
    let task = "[tasks.y]\ntype = \"regression\"\n";
    for (config, wanted) in [
        (
            "[data]\nsource = \"a.xls\"\n",
            "data.source: the ending of `a.xls` does not say",
        ),
        (
            "[data]\nsource = \"csv\"\n",
            "data.source: there is no file `csv`",
        ),
        ("[data]\n", "data.source"),
        (
            "[data]\nsource = { type = \"csv\", file = \"a\", delimiter = \";;\" }\n",
            "data.source.delimiter: `delimiter` is one ASCII",
        ),
        (
            "[data]\nsource = { type = \"csv\", file = \"a\", names = [\"b\"] }\n",
            "data.source.names",
        ),
        (
            "[data]\nsource = { type = \"idx\" }\n",
            "data.source.images",
        ),
        (
            "[data]\nsource = \"a.csv\"\n[inputs.image]\ncategorical = [\"b\"]\n",
            "inputs.image.categorical",
        ),
        (
            "[data]\nsource = \"a.csv\"\n[tasks.z]\ntype = \"binary\"\nnormalize = \"none\"\n",
            "tasks.z.normalize: `normalize` has no effect on a binary task",
        ),
        (
            "[data]\nsource = \"a.csv\"\n[tasks.z]\ntype = \"binary\"\ntarget = [\"b\", \"c\"]\n",
            "tasks.z.target: 2 columns",
        ),
        (
            "[data]\nsource = \"a.csv\"\n[tasks.z]\ntype = \"multiclass\"\nclasses = [\"b\", \"b\"]\n",
            "tasks.z.classes: `b` is listed twice",
        ),
    ] {
        let found = problems(&format!("{config}{task}"));
        assert!(
            found.iter().any(|problem| problem.starts_with(wanted)),
            "{config}: {found:?}"
        );
    }
}
