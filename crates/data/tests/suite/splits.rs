//! Which rows are in which split.

use std::collections::BTreeMap;

use polytask_data::{Part, Prepared};
use polytask_random::Seed;

use crate::{Folder, options, table};

const TASKS: &str = "[inputs.x]\ncolumns = [\"x\"]\n[tasks.y]\ntype = \"multiclass\"\n";

fn rows(count: usize) -> String {
    // Class c is rare; groups have three rows each.
    table("x,group,y", count, |row| {
        format!(
            "{row},g{},{}",
            row / 3,
            if row % 50 == 0 {
                "c"
            } else {
                ["a", "b"][row % 2]
            }
        )
    })
}

fn prepare(rows: &str, split: &str, seed: u64) -> Prepared {
    let folder = Folder::new().with("a.csv", rows);
    folder
        .prepare_with(
            &format!("[data]\nsource = \"a.csv\"\nsplit = {split}\n{TASKS}"),
            Seed(seed),
        )
        .unwrap()
}

fn sizes(prepared: &Prepared) -> [usize; 3] {
    Part::ALL.map(|part| prepared.splits.of(part).len())
}

fn part_of_row(prepared: &Prepared) -> BTreeMap<u32, Part> {
    let parts = Part::ALL.into_iter();
    parts
        .flat_map(|part| prepared.splits.of(part).iter().map(move |&row| (row, part)))
        .collect()
}

#[test]
fn every_row_is_in_one_part_and_the_sizes_are_right() {
    for split in [
        "\"random\"",
        "{ type = \"random\", train = 0.8 }",
        "{ type = \"stratified\", val = 0.1, test = 0.1 }",
    ] {
        let prepared = prepare(&rows(1000), split, 1);
        assert_eq!(sizes(&prepared), [800, 100, 100], "{split}");
        assert_eq!(part_of_row(&prepared).len(), 1000, "{split}");
    }
    let few = table("x,group,y", 10, |row| format!("{row},g,{}", row % 2));
    assert_eq!(
        sizes(&prepare(
            &few,
            "{ type = \"random\", train = 0.7, val = 0.15, test = 0.15 }",
            1
        )),
        [7, 2, 1]
    );
}

#[test]
fn a_share_of_the_training_rows_is_part_of_a_larger_one_and_moves_no_other_row() {
    let folder = Folder::new().with("a.csv", rows(1000));
    let splits = |share: f64| {
        let text = format!("[data]\nsource = \"a.csv\"\ntrain_share = {share}\n{TASKS}");
        folder.prepare_with(&text, Seed(3)).unwrap().splits
    };
    let [all, half, eighth] = [1.0, 0.5, 0.125].map(splits);
    assert_eq!(
        [&all, &half, &eighth].map(|split| split.train.len()),
        [800, 400, 100]
    );
    assert!(half.train.iter().all(|row| all.train.contains(row)));
    assert!(eighth.train.iter().all(|row| half.train.contains(row)));
    assert_eq!((&all.val, &all.test), (&eighth.val, &eighth.test));
}

/// A class that a share happens to lack is a class all the same: learning curves and blocks of a code are of one task.
#[test]
fn a_share_of_the_training_rows_has_the_classes_of_all() {
    let rare = rows(1000) + "1,g,never\n2,g,never\n3,g,never\n";
    let folder = Folder::new().with("a.csv", rare);
    let fit = |share: f64| {
        let text = format!("[data]\nsource = \"a.csv\"\ntrain_share = {share}\n{TASKS}");
        let prepared = folder.prepare_with(&text, Seed(3)).unwrap();
        prepared.preprocessing.tasks()[0].clone()
    };
    let (all, few) = (fit(1.0), fit(0.01));
    assert_eq!(few.classes, all.classes);
    assert_eq!(few.counts.iter().sum::<u64>(), 8);
    let place = all
        .classes
        .iter()
        .position(|class| class == "never")
        .unwrap();
    assert!(all.counts[place] > 0 && few.counts[place] == 0);
}

#[test]
fn a_split_depends_on_the_seed_alone() {
    let one = prepare(&rows(300), "\"random\"", 1);
    assert_eq!(one.splits, prepare(&rows(300), "\"random\"", 1).splits);
    assert_ne!(one.splits, prepare(&rows(300), "\"random\"", 2).splits);
}

#[test]
fn a_stratified_split_shares_out_every_class() {
    let prepared = prepare(&rows(1000), "\"stratified\"", 3);
    for part in Part::ALL {
        let labels = prepared.encoded.labels(0, prepared.splits.of(part));
        let rare = labels.values.iter().filter(|class| **class == 2.0).count();
        assert_eq!(rare, [16, 2, 2][part as usize], "{part:?}");
    }
}

#[test]
fn groups_stay_together_and_adding_rows_moves_none() {
    let split = "{ type = \"hash\", column = \"group\", train = 0.6, val = 0.2, test = 0.2 }";
    let before = part_of_row(&prepare(&rows(900), split, 1));
    for group in 0..300u32 {
        assert_eq!(before[&(3 * group)], before[&(3 * group + 1)]);
        assert_eq!(before[&(3 * group)], before[&(3 * group + 2)]);
    }
    let after = part_of_row(&prepare(&rows(1800), split, 2));
    assert!(before.iter().all(|(row, part)| after[row] == *part));
    let shares = Part::ALL
        .map(|part| after.values().filter(|found| **found == part).count() as f64 / 1800.0);
    for (share, wanted) in shares.into_iter().zip([0.6, 0.2, 0.2]) {
        assert!((share - wanted).abs() < 0.06, "{shares:?}");
    }
    let salted = split.replace("train", "salt = \"other\", train");
    assert_ne!(part_of_row(&prepare(&rows(900), &salted, 1)), before);
}

#[test]
fn a_part_that_the_rule_leaves_without_rows_is_told() {
    let told = |count, split: &str| prepare(&rows(count), split, 1).facts.notes;
    // One group cannot be in three parts.
    let [first, second] = ["validation", "test"].map(|rows| {
        format!("the split leaves no {rows} rows: no group falls into their share of 0.100")
    });
    let lone = told(3, "{ type = \"hash\", column = \"group\" }");
    assert!(lone.contains(&first) && lone.contains(&second), "{lone:?}");
    // Nobody asked for rows of these parts; 1 - 0.7 - 0.3 is not quite 0.
    for split in [
        "{ type = \"hash\", column = \"group\", val = 0, test = 0 }",
        "{ type = \"random\", train = 0.7, val = 0.3 }",
        "{ type = \"random\" }",
    ] {
        let notes = told(300, split);
        let is_told = notes.iter().any(|note| note.contains("the split leaves"));
        assert!(!is_told, "{split}: {notes:?}");
    }
    let few = told(4, "{ type = \"random\", val = 0, test = 0.1 }");
    let row = "the split leaves no test rows: no row falls into their share of 0.100".to_owned();
    assert!(few.contains(&row), "{few:?}");
}

#[test]
fn a_column_names_the_part() {
    let csv = table("x,fold,y", 30, |row| {
        format!("{row},{},{}", ["learn", "dev", "test"][row % 3], row % 2)
    });
    let split = "{ type = \"column\", column = \"fold\", train = \"learn\" }";
    let prepared = prepare(&csv, split, 1);
    assert!(
        part_of_row(&prepared)
            .iter()
            .all(|(row, part)| *part as u32 == row % 3)
    );
    let folder = Folder::new().with("a.csv", csv);
    let found = folder.errors(&format!(
        "[data]\nsource = \"a.csv\"\nsplit = {{ type = \"column\", column = \"fold\" }}\n{TASKS}"
    ));
    assert!(
        found.contains("a.csv:2: column `fold`: \"learn\" is not one of train, training, val"),
        "{found}"
    );
}

#[test]
fn separate_files_keep_their_rows_and_the_rest_is_divided() {
    let folder = Folder::new()
        .with("a.csv", rows(100))
        .with("val.csv", rows(20))
        .with("test.csv", rows(30));
    let sizes = |config: &str| {
        sizes(
            &folder
                .prepare(&format!("[data]\nsource = \"a.csv\"\n{config}\n{TASKS}"))
                .unwrap(),
        )
    };
    assert_eq!(sizes("test = \"test.csv\""), [90, 10, 30]);
    assert_eq!(
        sizes("val = \"val.csv\"\ntest = \"test.csv\""),
        [100, 20, 30]
    );
    assert_eq!(
        sizes("test = \"test.csv\"\nsplit = { type = \"random\", val = 0.25 }"),
        [75, 25, 30]
    );
    assert_eq!(
        sizes("test = \"test.csv\"\nsplit = { type = \"random\", train = 0.5 }"),
        [50, 50, 30]
    );
    let found = folder.errors(&format!(
        "[data]\nsource = \"a.csv\"\ntest = \"test.csv\"\nsplit = {{ type = \"random\", test = 0.25 }}\n{TASKS}"
    ));
    assert!(
        found.contains("a file or the source brings the test rows"),
        "{found}"
    );
}

#[test]
fn columns_of_a_separate_file_may_stand_in_another_order() {
    let folder = Folder::new()
        .with(
            "a.csv",
            table("x,z,y", 20, |row| format!("{row},{},{}", 2 * row, row % 2)),
        )
        .with(
            "test.csv",
            table("y,extra,z,x", 6, |row| {
                format!("{},?,{},{row}", row % 2, 2 * row)
            }),
        )
        .with("bad.csv", table("y,x", 6, |row| format!("{row},{row}")));
    let config = |test: &str| {
        format!("[data]\nsource = \"a.csv\"\ntest = \"{test}\"\n[tasks.y]\ntype = \"binary\"\n")
    };
    let prepared = folder.prepare(&config("test.csv")).unwrap();
    for row in 0..6 {
        assert_eq!(
            prepared.encoded.batch(&[row]).numeric,
            prepared.encoded.batch(&[20 + row]).numeric
        );
        assert_eq!(
            prepared.encoded.labels(0, &[row]),
            prepared.encoded.labels(0, &[20 + row])
        );
    }
    assert!(
        folder
            .errors(&config("bad.csv"))
            .contains("there is no column `z` in bad.csv")
    );
}

#[test]
fn shares_that_do_not_add_up_are_told_with_the_config() {
    let folder = Folder::new();
    for (shares, wanted) in [
        ("train = 0.9, val = 0.3", Some("1.2")),
        ("val = 0.6, test = 0.6", Some("1.2")),
        ("train = 0.5, val = 0.2, test = 0.2", Some("0.9")),
        // What is not given takes what is left.
        ("train = 0.5, val = 0.2", None),
    ] {
        let config = format!(
            "[data]\nsource = \"a.csv\"\nsplit = {{ type = \"random\", {shares} }}\n{TASKS}"
        );
        let (_, problems) = options(&folder.path(""), &config);
        match wanted {
            Some(sum) => {
                let told = format!("the shares add up to {sum}, not to 1");
                assert!(
                    problems.len() == 1 && problems[0].contains(&told),
                    "{problems:?}"
                );
            }
            None => assert!(problems.is_empty(), "{problems:?}"),
        }
    }
}

#[test]
fn shares_are_checked() {
    let folder = Folder::new().with("a.csv", rows(100));
    for (split, wanted) in [
        (
            "{ type = \"random\", val = 0.5, test = 0.5 }",
            "no rows are left for training",
        ),
        (
            "{ type = \"stratified\", task = \"z\" }",
            "there is no task `z`",
        ),
    ] {
        let errors = folder
            .prepare(&format!(
                "[data]\nsource = \"a.csv\"\nsplit = {split}\n{TASKS}"
            ))
            .unwrap_err();
        assert!(errors.to_string().contains(wanted), "{split}: {errors}");
        assert!(
            errors.errors[0].key().unwrap().starts_with("data.split."),
            "{split}"
        );
    }
}

#[test]
fn groups_that_a_split_keeps_together_and_strata_are_known_row_by_row() {
    let folder = Folder::new().with("a.csv", rows(30));
    let text = |split: &str| format!("[data]\nsource = \"a.csv\"\nsplit = {split}\n{TASKS}");
    let hashed = text("{ type = \"hash\", column = \"group\" }");
    let prepared = folder.prepare_with(&hashed, Seed(1)).unwrap();
    let groups = prepared.encoded.groups(&[0, 2, 3, 29]).unwrap();
    assert_eq!(groups, [0, 0, 1, 9]);
    assert_eq!(prepared.encoded.strata(&[0]), None);
    let random = folder.prepare_with(&text("\"random\""), Seed(1)).unwrap();
    assert_eq!(random.encoded.groups(&[0]), None);
}

#[test]
fn groups_that_a_separate_file_tears_apart_are_refused() {
    let config = "[data]\nsource = \"a.csv\"\ntest = \"b.csv\"\nsplit = { type = \"hash\", column = \"group\" }\n";
    let folder = |first: usize| {
        // Groups g0 to g99 in the first file; three rows each from `first` on in the other.
        let test = table("x,group,y", 9, |row| {
            format!("{row},g{},{}", first + row / 3, ["a", "b"][row % 2])
        });
        Folder::new().with("a.csv", rows(300)).with("b.csv", test)
    };
    let apart = folder(100).prepare(&format!("{config}{TASKS}")).unwrap();
    assert_eq!(apart.splits.test.len(), 9);
    let errors = folder(98).errors(&format!("{config}{TASKS}"));
    assert!(
        errors.contains("b.csv: 2 groups of column `group` in test (6 of its rows) have rows in an earlier part too"),
        "{errors}"
    );
    assert!(errors.contains("\"g98\", \"g99\""), "{errors}");
    // Without a rule about groups the same files are fine.
    let random = config.replace("{ type = \"hash\", column = \"group\" }", "\"random\"");
    assert!(folder(98).prepare(&format!("{random}{TASKS}")).is_ok());
}
