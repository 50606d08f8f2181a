//! From columns to tasks and inputs.

use std::collections::BTreeSet;

use super::column::{Seen, has_word};
use super::sample::Sample;

/// Words in a header that say: this is what one wants to know.
const TARGETS: &[&str] = &[
    "target",
    "targets",
    "label",
    "labels",
    "outcome",
    "response",
    "diagnosis",
    "passed",
    "survived",
    "churn",
    "default",
    "price",
];
/// Words that say so at a header's end: `class of worker` is no class.
const LAST_WORDS: &[&str] = &["class", "grade", "rating", "species", "y"];
/// A class with fewer rows than this may be in one split only.
const RARE: usize = 20;

/// What kind of task a target makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskType {
    Binary,
    Multiclass,
    Regression,
}

impl TaskType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Binary => "binary",
            Self::Multiclass => "multiclass",
            Self::Regression => "regression",
        }
    }
}

/// A guessed task.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Task {
    pub(crate) name: String,
    pub(crate) column: String,
    pub(crate) kind: TaskType,
    /// Why this kind, in a few words.
    pub(crate) reason: String,
    /// Some class may have no training row.
    pub(crate) has_rare_class: bool,
}

/// The guess.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Guess {
    pub(crate) rows: usize,
    pub(crate) ids: Vec<String>,
    /// The first of the ids whose values repeat, such as persons with several rows each.
    pub(crate) group: Option<String>,
    /// The column of names of picture files.
    pub(crate) picture: Option<String>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) inputs: Vec<String>,
    pub(crate) categorical: Vec<String>,
    /// Columns that are left out, and why.
    pub(crate) left_out: Vec<(String, &'static str)>,
    /// The column that says which split a row belongs to.
    pub(crate) split: Option<String>,
    pub(crate) markers: Vec<String>,
    /// An input has missing values.
    pub(crate) is_incomplete: bool,
    /// The targets were not named, and no header says that it is one.
    pub(crate) is_last_resort: bool,
}

/// Why there is no guess.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    NoSuchColumn {
        name: String,
        columns: Vec<String>,
    },
    /// A target without two different values.
    Constant {
        name: String,
    },
    NoTarget,
    NoInput,
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchColumn { name, columns } => {
                write!(
                    f,
                    "there is no column '{name}'; the columns are: {}",
                    columns.join(", ")
                )
            }
            Self::Constant { name } => write!(
                f,
                "column '{name}' has fewer than two different values: nothing to learn"
            ),
            Self::NoTarget => {
                f.write_str("no column can be a target: each names rows or has one value only")
            }
            Self::NoInput => f.write_str("no column is left to be an input"),
        }
    }
}

/// Guesses; `wanted` are the targets if the user names them.
///
/// # Errors
/// A table that gives no task or no input.
pub(crate) fn guess(sample: &Sample, wanted: &[String]) -> Result<Guess, Unusable> {
    let columns = &sample.columns;
    let mut guess = Guess {
        rows: sample.rows,
        ..Guess::default()
    };
    guess.split = columns
        .iter()
        .find(|column| is_split(column))
        .map(|column| column.name.clone());
    guess.picture = columns
        .iter()
        .find(|column| column.is_picture)
        .map(|column| column.name.clone());
    let targets = guess.targets(columns, wanted)?;
    let mut names = BTreeSet::new();
    for column in columns {
        if targets.contains(&column.name) {
            let task = task(column, &mut names);
            guess.markers.extend(column.markers.clone());
            guess.tasks.push(task);
        } else if ![&guess.split, &guess.picture].contains(&&Some(column.name.clone())) {
            guess.sort_in(column);
        }
    }
    if guess.picture.is_some() {
        // The pictures are the input.
        let others = std::mem::take(&mut guess.inputs);
        let others = others
            .into_iter()
            .map(|name| (name, "the pictures are the input"));
        guess.left_out.extend(others);
        guess.categorical.clear();
        guess.is_incomplete = false;
    } else if guess.inputs.is_empty() {
        return Err(Unusable::NoInput);
    }
    guess.markers.sort();
    guess.markers.dedup();
    Ok(guess)
}

impl Guess {
    fn targets(&mut self, columns: &[Seen], wanted: &[String]) -> Result<Vec<String>, Unusable> {
        for name in wanted {
            let Some(column) = columns.iter().find(|column| column.name == *name) else {
                let columns = columns.iter().map(|column| column.name.clone()).collect();
                return Err(Unusable::NoSuchColumn {
                    name: name.clone(),
                    columns,
                });
            };
            if column.is_constant() {
                return Err(Unusable::Constant { name: name.clone() });
            }
        }
        if !wanted.is_empty() {
            return Ok(wanted.to_vec());
        }
        let can_be = |column: &&Seen| {
            !column.is_constant()
                && !column.names_rows()
                && !column.names_groups()
                && !column.is_picture
                && (column.is_numeric || column.can_be_classes())
                && self.split.as_ref() != Some(&column.name)
        };
        let hinted = columns
            .iter()
            .filter(can_be)
            .filter(|column| is_announced(&column.name) || is_numbered(&column.name));
        let hinted: Vec<String> = hinted.map(|column| column.name.clone()).collect();
        if !hinted.is_empty() {
            return Ok(hinted);
        }
        let last = columns
            .iter()
            .rfind(|column| can_be(column) && (column.is_numeric || column.has_few_values()))
            .ok_or(Unusable::NoTarget)?;
        self.is_last_resort = true;
        Ok(vec![last.name.clone()])
    }

    fn sort_in(&mut self, column: &Seen) {
        let name = column.name.clone();
        if column.names_rows() || column.names_groups() {
            if !column.names_rows() {
                self.group.get_or_insert_with(|| name.clone());
            }
            self.ids.push(name);
        } else if column.is_constant() {
            self.left_out
                .push((name, "fewer than two different values"));
        } else if !column.is_numeric && !column.has_few_values() {
            self.left_out
                .push((name, "text with too many different values"));
        } else {
            self.is_incomplete |= column.missing > 0;
            self.markers.extend(column.markers.clone());
            if !column.is_numeric {
                self.categorical.push(name.clone());
            }
            self.inputs.push(name);
        }
    }
}

/// A header that says of its column that one wants to know it.
fn is_announced(name: &str) -> bool {
    let last = name
        .rsplit(|character: char| !character.is_alphanumeric())
        .find(|word| !word.is_empty());
    has_word(name, TARGETS) || last.is_some_and(|word| has_word(word, LAST_WORDS))
}

/// `Y1`, `target2`: one of several targets that are told apart by a number.
fn is_numbered(name: &str) -> bool {
    let stem = name.trim_end_matches(|character: char| character.is_ascii_digit());
    stem.len() < name.len()
        && ["y", "target", "label", "output", "class"].contains(
            &stem
                .trim_end_matches(['_', '-', ' '])
                .to_lowercase()
                .as_str(),
        )
}

/// A column called `split` that holds nothing but names of splits, training among them.
fn is_split(column: &Seen) -> bool {
    has_word(&column.name, &["split", "partition", "fold", "subset"])
        && column.values.contains_key("train")
        && column.missing == 0
        && column
            .values
            .keys()
            .all(|word| matches!(word.as_str(), "train" | "val" | "test"))
}

fn task(column: &Seen, names: &mut BTreeSet<String>) -> Task {
    let distinct = column.distinct;
    let (kind, reason) = if distinct == 2 {
        let values: Vec<&str> = column.values.keys().map(String::as_str).collect();
        (
            TaskType::Binary,
            format!("two values: {}", values.join(", ")),
        )
    } else if column.is_numeric && !column.has_few_values() {
        (
            TaskType::Regression,
            format!("numbers, {distinct} different ones"),
        )
    } else {
        (TaskType::Multiclass, format!("{distinct} different values"))
    };
    Task {
        name: task_name(&column.name, names),
        column: column.name.clone(),
        has_rare_class: kind != TaskType::Regression && column.rarest() < RARE,
        kind,
        reason,
    }
}

/// A name that a config takes, [a-z][a-z0-9_]*, and that no other task has.
fn task_name(column: &str, names: &mut BTreeSet<String>) -> String {
    let mut name = String::new();
    for character in column.to_lowercase().chars() {
        match character {
            'a'..='z' | '0'..='9' => name.push(character),
            _ if name.ends_with('_') || name.is_empty() => {}
            _ => name.push('_'),
        }
    }
    let mut name = name.trim_end_matches('_').to_owned();
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        name.insert_str(0, if name.is_empty() { "task" } else { "task_" });
    }
    let base = name.clone();
    let mut number = 2;
    while !names.insert(name.clone()) {
        name = format!("{base}_{number}");
        number += 1;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::super::column::tests::seen;
    use super::*;

    fn students() -> Sample {
        let rows = 60;
        let mut columns = Vec::new();
        let text = |cell: &dyn Fn(usize) -> String| (0..rows).map(cell).collect::<Vec<_>>();
        for (name, cells) in [
            ("student_id", text(&|row| format!("S{row}"))),
            (
                "age",
                text(&|row| {
                    if row == 3 {
                        "?".to_owned()
                    } else {
                        (15 + row % 7).to_string()
                    }
                }),
            ),
            ("school", text(&|row| ["GP", "MS"][row % 2].to_owned())),
            ("Final grade", text(&|row| format!("{}.5", row * 7 % 41))),
            ("passed", text(&|row| ["yes", "no"][row / 7 % 2].to_owned())),
            ("country", text(&|_| "PT".to_owned())),
        ] {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            columns.push(seen(name, &cells));
        }
        Sample { rows, columns }
    }

    /// A column's name, and its cell in each row.
    type Made<'a> = (&'a str, fn(usize) -> String);

    /// Sixty rows or more of these columns, each cell made from its row.
    fn sample(rows: usize, columns: &[Made<'_>]) -> Sample {
        let columns = columns.iter().map(|(name, cell)| {
            let cells: Vec<String> = (0..rows).map(cell).collect();
            seen(name, &cells.iter().map(String::as_str).collect::<Vec<_>>())
        });
        Sample {
            rows,
            columns: columns.collect(),
        }
    }

    #[test]
    fn a_label_may_have_many_classes_if_each_has_rows() {
        let table = sample(
            400,
            &[
                ("x", |row| format!("{}.5", row * 7 % 41)),
                ("label", |row| format!("class {}", row % 40)),
            ],
        );
        let guess = guess(&table, &[]).unwrap();
        assert_eq!(
            (guess.tasks[0].column.as_str(), guess.tasks[0].kind),
            ("label", TaskType::Multiclass)
        );
        assert_eq!(guess.inputs, ["x"]);
    }

    #[test]
    fn numbered_targets_are_targets_all_of_them() {
        let number: fn(usize) -> String = |row| format!("{}.25", row * 13 % 53);
        let names = ["X1", "X2", "Y1", "Y2"];
        let guess = guess(&sample(60, &names.map(|name| (name, number))), &[]).unwrap();
        let tasks: Vec<&str> = guess.tasks.iter().map(|task| task.name.as_str()).collect();
        assert_eq!(tasks, ["y1", "y2"]);
        assert_eq!(guess.inputs, ["X1", "X2"]);
        assert!(!guess.is_last_resort);
        assert!(!is_numbered("year2") && !is_numbered("y") && is_numbered("Target_12"));
    }

    #[test]
    fn ids_targets_and_inputs_are_told_apart() {
        let guess = guess(&students(), &[]).unwrap();
        assert_eq!(guess.ids, ["student_id"]);
        let tasks: Vec<_> = guess
            .tasks
            .iter()
            .map(|task| (task.name.as_str(), task.kind))
            .collect();
        assert_eq!(
            tasks,
            [
                ("final_grade", TaskType::Regression),
                ("passed", TaskType::Binary)
            ]
        );
        assert_eq!(guess.inputs, ["age", "school"]);
        assert_eq!(guess.categorical, ["school"]);
        assert_eq!(
            (guess.is_incomplete, guess.markers),
            (true, vec!["?".to_owned()])
        );
        assert_eq!(guess.left_out[0].0, "country");
    }

    #[test]
    fn a_person_is_no_input_and_a_class_of_something_no_target() {
        let number: fn(usize) -> String = |row| format!("{}.25", row * 13 % 53);
        let table = sample(
            120,
            &[
                ("subject", |row| (row / 10).to_string()),
                ("class_worker", |row| ["a", "b", "c"][row % 3].to_owned()),
                ("age", number),
                ("total", number),
            ],
        );
        let found = guess(&table, &[]).unwrap();
        assert_eq!(
            (found.ids.as_slice(), found.group.as_deref()),
            (["subject".to_owned()].as_slice(), Some("subject"))
        );
        assert_eq!(found.inputs, ["class_worker", "age"]);
        assert_eq!(
            (found.tasks[0].column.as_str(), found.is_last_resort),
            ("total", true)
        );
        assert!(
            is_announced("Final grade (%)")
                && is_announced("default.payment")
                && !is_announced("class_worker")
        );
    }

    #[test]
    fn paths_of_pictures_are_the_input() {
        let table = sample(
            60,
            &[
                ("file", |row| format!("img/{row}.PNG")),
                ("height", |row| format!("{}.5", row % 9)),
                ("label", |row| ["cat", "dog"][row % 2].to_owned()),
            ],
        );
        let found = guess(&table, &[]).unwrap();
        assert_eq!(found.picture.as_deref(), Some("file"));
        assert_eq!(
            (found.tasks.len(), found.tasks[0].column.as_str()),
            (1, "label")
        );
        assert!(found.ids.is_empty() && found.inputs.is_empty());
        assert_eq!(found.left_out[0].0, "height");
    }

    #[test]
    fn the_user_may_name_the_targets() {
        let named = guess(&students(), &["age".to_owned()]).unwrap();
        assert_eq!(named.tasks[0].kind, TaskType::Multiclass);
        assert!(named.inputs.contains(&"passed".to_owned()));
        assert!(matches!(
            guess(&students(), &["agee".to_owned()]),
            Err(Unusable::NoSuchColumn { .. })
        ));
        assert!(matches!(
            guess(&students(), &["country".to_owned()]),
            Err(Unusable::Constant { .. })
        ));
    }

    #[test]
    fn every_header_makes_a_name_that_a_config_takes() {
        let mut names = BTreeSet::new();
        let made: Vec<String> = ["Final grade (%)", "2nd", "größe", "final_grade", "…"]
            .map(|name| task_name(name, &mut names))
            .to_vec();
        assert_eq!(
            made,
            ["final_grade", "task_2nd", "gr_e", "final_grade_2", "task"]
        );
    }
}
