//! All problems of a file are reported in one go: every pair of faults in one config is told in one run of `check`.
//!
//! A fault is one line in the place of a good one, and a text that tells it. Which pairs cannot be told together stands in
//! [`HIDES`], with the reason; two faults of one line are none. Not among the faults is what only cells say (a number that
//! is text): it is told when the headers are as the config has it.

use crate::harness::{Ended, Folder, students};

const GOOD: &str = r#"version = 1
name = "faults"
[data]
source = "students.csv"
val = "val.csv"
test = "test.csv"
split = { type = "hash", column = "id", train = 1.0 }
ids = ["id"]
missing_values = ["?"]
missing = "impute"
[inputs.profile]
columns = ["age", "hours", "school"]
categorical = ["school"]
[encoder]
hidden = [8]
activation = "relu"
[tasks.passed]
type = "binary"
target = "passed"
classes = ["no", "yes"]
metrics = ["accuracy"]
loss = "bce"
weight = 1.0
after = []
[tasks.grade]
type = "regression"
target = "final grade"
metrics = ["r2"]
[multitask]
weighting = "equal"
[score]
"val/passed/accuracy" = 1.0
[info]
stratify = "school"
[device]
backend = "cpu"
index = 0
[train]
epochs = 1
batch_size = 16
shuffle = true
"#;

/// One thing wrong.
struct Fault {
    name: &'static str,
    good: &'static str,
    bad: &'static str,
    /// What tells it, and nothing else.
    told: &'static str,
}

const fn fault(
    name: &'static str,
    good: &'static str,
    bad: &'static str,
    told: &'static str,
) -> Fault {
    Fault {
        name,
        good,
        bad,
        told,
    }
}

const FAULTS: &[Fault] = &[
    // Syntax.
    fault(
        "broken line",
        "shuffle = true",
        "shuffle = yes",
        "shuffle = yes",
    ),
    fault(
        "key twice",
        "name = \"faults\"",
        "name = \"faults\"\nname = \"again\"",
        "name = \"again\"",
    ),
    // Keys.
    fault(
        "unknown key",
        "hidden = [8]",
        "hidden = [8]\nhiden = [8]",
        "no option `hiden`",
    ),
    fault("unknown table", "[info]", "[inof]\n[info]", "`inof`"),
    // Types, ranges, words.
    fault(
        "wrong type",
        "epochs = 1",
        "epochs = \"many\"",
        "`train.epochs`",
    ),
    fault(
        "out of range",
        "batch_size = 16",
        "batch_size = 0",
        "`train.batch_size`",
    ),
    fault(
        "unknown word",
        "activation = \"relu\"",
        "activation = \"rellu\"",
        "rellu",
    ),
    fault(
        "unknown task type",
        "type = \"binary\"",
        "type = \"bnary\"",
        "bnary",
    ),
    fault("unknown loss", "loss = \"bce\"", "loss = \"bbce\"", "bbce"),
    fault(
        "unknown metric",
        "metrics = [\"accuracy\"]",
        "metrics = [\"acuracy\"]",
        "acuracy",
    ),
    fault(
        "metric twice",
        "metrics = [\"r2\"]",
        "metrics = [\"r2\", \"r2\"]",
        "`r2` is listed twice",
    ),
    fault(
        "class twice",
        "classes = [\"no\", \"yes\"]",
        "classes = [\"no\", \"no\"]",
        "`no` is listed twice",
    ),
    fault(
        "wrong missing_values",
        "missing_values = [\"?\"]",
        "missing_values = 3",
        "`data.missing_values`",
    ),
    fault(
        "wrong missing",
        "missing = \"impute\"",
        "missing = \"imptue\"",
        "imptue",
    ),
    fault(
        "wrong weight",
        "weight = 1.0",
        "weight = -1.0",
        "`tasks.passed.weight`",
    ),
    // References within the file.
    fault(
        "score of no metric",
        "\"val/passed/accuracy\" = 1.0",
        "\"val/passed/nonsense\" = 1.0",
        "nonsense",
    ),
    fault(
        "weighting of no task",
        "weighting = \"equal\"",
        "weighting = { type = \"auto_lambda\", primary = [\"none\"] }",
        "there is no task `none`",
    ),
    fault(
        "after no task",
        "after = []",
        "after = [\"nobody\"]",
        "nobody",
    ),
    // Columns.
    fault(
        "missing target",
        "target = \"final grade\"",
        "target = \"final_grade\"",
        "no column `final_grade`",
    ),
    fault(
        "missing target of the other task",
        "target = \"passed\"",
        "target = \"pased\"",
        "no column `pased`",
    ),
    fault(
        "missing input",
        "columns = [\"age\", \"hours\", \"school\"]",
        "columns = [\"aeg\", \"hours\", \"school\"]",
        "no column `aeg`",
    ),
    fault(
        "missing category",
        "categorical = [\"school\"]",
        "categorical = [\"scool\"]",
        "no column `scool`",
    ),
    fault(
        "missing id",
        "ids = [\"id\"]",
        "ids = [\"idd\"]",
        "no column `idd`",
    ),
    fault(
        "missing split column",
        "split = { type = \"hash\", column = \"id\", train = 1.0 }",
        "split = { type = \"hash\", column = \"person\", train = 1.0 }",
        "no column `person`",
    ),
    fault(
        "split by no task",
        "split = { type = \"hash\", column = \"id\", train = 1.0 }",
        "split = { type = \"stratified\", task = \"digit\" }",
        "there is no task `digit`",
    ),
    fault(
        "split by a task without classes",
        "split = { type = \"hash\", column = \"id\", train = 1.0 }",
        "split = { type = \"stratified\", task = \"grade\" }",
        "no classes to share out",
    ),
    fault(
        "share of what a file brings",
        "split = { type = \"hash\", column = \"id\", train = 1.0 }",
        "split = { type = \"random\", val = 0.2 }",
        "brings the val rows",
    ),
    fault(
        "missing column of the report",
        "stratify = \"school\"",
        "stratify = \"schol\"",
        "no column `schol`",
    ),
    fault(
        "a column that test lacks",
        "test = \"test.csv\"",
        "test = \"narrow.csv\"",
        "narrow.csv",
    ),
    // Layers.
    fault(
        "encoder of pictures",
        "hidden = [8]",
        "type = \"cnn\"",
        "needs a picture",
    ),
    // Files and device.
    fault(
        "missing source",
        "source = \"students.csv\"",
        "source = \"nosource.csv\"",
        "nosource.csv",
    ),
    fault(
        "missing val",
        "val = \"val.csv\"",
        "val = \"noval.csv\"",
        "noval.csv",
    ),
    fault(
        "missing test",
        "test = \"test.csv\"",
        "test = \"notest.csv\"",
        "notest.csv",
    ),
    fault(
        "val that is no path",
        "val = \"val.csv\"",
        "val = 5",
        "`data.val`",
    ),
    fault(
        "device that is not there",
        "index = 0",
        "index = 7",
        "has one device",
    ),
];

/// Faults that cannot be told beside another, by name (or its beginning) and theirs, and why.
const HIDES: &[(&str, &str, &str)] = &[
    (
        "missing source",
        "missing target",
        "the columns are those of the source",
    ),
    ("missing source", "missing input", "the same"),
    ("missing source", "missing category", "the same"),
    ("missing source", "missing id", "the same"),
    ("missing source", "missing split column", "the same"),
    ("missing source", "missing column of the report", "the same"),
    (
        "missing source",
        "encoder of pictures",
        "what the inputs are is not known without it",
    ),
];

fn is_hidden(one: &Fault, other: &Fault) -> bool {
    let pair = |a: &Fault, b: &Fault| {
        HIDES
            .iter()
            .any(|(name, hidden, _)| a.name == *name && b.name.starts_with(hidden))
    };
    pair(one, other) || pair(other, one)
}

fn folder() -> Folder {
    let folder = Folder::new(GOOD);
    folder.write("students.csv", &students(0..80));
    folder.write("val.csv", &students(80..100));
    folder.write("test.csv", &students(100..120));
    folder.write(
        "narrow.csv",
        "id,age,school,passed,final grade\ns900,15,GP,yes,3.5\n",
    );
    folder
}

fn check(folder: &Folder, faults: &[&Fault]) -> Ended {
    let text = faults.iter().fold(GOOD.to_owned(), |text, fault| {
        let lines = text.lines().filter(|line| *line == fault.good).count();
        assert_eq!(lines, 1, "{}: {:?} in\n{text}", fault.name, fault.good);
        let line = format!("\n{}\n", fault.good);
        text.replace(&line, &format!("\n{}\n", fault.bad))
    });
    folder.write("config.toml", &text);
    folder.run(&["check", "config.toml"])
}

fn is_told(ended: &Ended, fault: &Fault) -> bool {
    ended.err.contains(fault.told)
}

fn errors(ended: &Ended) -> usize {
    let lines = ended.err.lines();
    lines.filter(|line| line.starts_with("error")).count()
}

#[test]
fn every_pair_of_faults_is_told_in_one_go() {
    let folder = folder();
    check(&folder, &[]).expect(0);
    for fault in FAULTS {
        let ended = check(&folder, &[fault]);
        assert!(matches!(ended.code, 3 | 5), "{}: {}", fault.name, ended.err);
        assert!(is_told(&ended, fault), "{}:\n{}", fault.name, ended.err);
        for other in FAULTS.iter().filter(|other| other.name != fault.name) {
            let is_other = is_told(&ended, other);
            assert!(
                !is_other,
                "{} is told as {}:\n{}",
                fault.name, other.name, ended.err
            );
        }
        // One mistake is one error: nothing is told that only follows from it.
        assert_eq!(errors(&ended), 1, "{}:\n{}", fault.name, ended.err);
    }
    let mut missing = Vec::new();
    for (index, one) in FAULTS.iter().enumerate() {
        for other in FAULTS.iter().skip(index + 1) {
            if one.good == other.good || is_hidden(one, other) {
                continue;
            }
            let ended = check(&folder, &[one, other]);
            let untold: Vec<&str> = [one, other]
                .into_iter()
                .filter(|fault| !is_told(&ended, fault))
                .map(|fault| fault.name)
                .collect();
            let count = errors(&ended);
            if ended.code != 3 || !untold.is_empty() || count != 2 {
                missing.push(format!(
                    "=== {} and {}: exit code {}, {count} errors, not told: {untold:?}\n{}",
                    one.name, other.name, ended.code, ended.err
                ));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "{}\n{}",
        missing.len(),
        missing.join("\n")
    );
}

#[test]
fn all_faults_that_fit_into_one_file_are_told() {
    let mut faults: Vec<&Fault> = Vec::new();
    for fault in FAULTS {
        let fits = |known: &Fault| known.good != fault.good && !is_hidden(known, fault);
        if faults.iter().copied().all(fits) {
            faults.push(fault);
        }
    }
    assert!(faults.len() > 20, "{}", faults.len());
    let ended = check(&folder(), &faults).expect(3);
    for fault in &faults {
        assert!(is_told(&ended, fault), "{}:\n{}", fault.name, ended.err);
    }
    assert_eq!(errors(&ended), faults.len(), "{}", ended.err);
}
