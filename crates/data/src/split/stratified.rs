//! At random, but every class of a task has the same share of each part.
//!
//! Rows without a label are a class of their own. A class of a single row is for training.

use polytask_config::Entry;

use super::shares::Dealer;
use super::{Part, Rest, Shares, Split};
use crate::doubts::Doubts;
use crate::error::{DataError, DataErrors};
use crate::options::{TaskOptions, TaskType};

pub(crate) const ENTRY: Entry<Split> = Entry {
    name: "stratified",
    summary: "at random, but every class of a task has the same share of each part",
    source: "",
    new: |fields| {
        Split::Stratified(Stratified {
            task: fields
                .text("task", "the task whose classes are shared out; the first one that has classes by default")
                .or(""),
            key: fields.key_path("task"),
            shares: Shares::options(fields),
        })
    },
    facts: (),
};

/// The options of `stratified`.
#[derive(Clone, Debug, PartialEq)]
pub struct Stratified {
    pub(super) task: String,
    pub(super) key: String,
    pub(super) shares: Shares,
}

impl Stratified {
    pub(super) fn assign(&self, rest: &Rest<'_>) -> Result<Vec<Part>, DataErrors> {
        let shares = self.shares.resolve(rest.brought)?;
        let words = rest.words;
        // Positions within `rest.rows` by class, missing labels last.
        let mut classes: Vec<Vec<usize>> = vec![Vec::new(); words.dictionary().len() + 1];
        for (position, &row) in rest.rows.iter().enumerate() {
            let code = words
                .codes()
                .get(row)
                .map_or(usize::MAX, |&code| code as usize);
            let class = code.min(words.dictionary().len());
            if let Some(class) = classes.get_mut(class) {
                class.push(position);
            }
        }
        let mut parts = vec![Part::Train; rest.rows.len()];
        let mut stream = rest.seed.stream("data/split", 0);
        for class in &mut classes {
            stream.shuffle(class);
            // Each class begins anew, with training: a rare one is learnt before it is tested.
            let mut dealer = Dealer::new(shares);
            for &position in class.iter() {
                if let Some(part) = parts.get_mut(position) {
                    *part = dealer.next();
                }
            }
        }
        Ok(parts)
    }
}

/// The column of the classes that a stratified split of this task, which this key names, shares out; an empty name is the
/// first task that has classes.
///
/// # Errors
/// No such task, or none with classes; unless what the tasks are is in doubt.
pub(crate) fn stratified_by(
    (task, key): (&str, &str),
    tasks: &[(String, TaskOptions)],
    doubts: &Doubts,
) -> Result<String, DataError> {
    let has_classes = |options: &TaskOptions| {
        !matches!(options.kind, TaskType::Regression | TaskType::Multilabel)
    };
    let found = tasks.iter().find(|(name, options)| {
        if task.is_empty() {
            has_classes(options)
        } else {
            name == task
        }
    });
    let is_doubtful = match found {
        Some((_, options)) => doubts.touch(&format!("{}.type", options.key)),
        None if task.is_empty() => doubts.touch("tasks"),
        None => doubts.touch(&format!("tasks.{task}")),
    };
    let target = |options: &TaskOptions| options.target.first().cloned().unwrap_or_default();
    match found {
        Some((_, options)) if has_classes(options) => Ok(target(options)),
        _ if is_doubtful || doubts.touch(key) => Ok(String::new()),
        Some(_) => Err(DataError::Option {
            key: Some(key.to_owned()),
            problem: format!("task {task} has no classes to share out"),
            help: None,
        }),
        None => {
            let names: Vec<&str> = tasks.iter().map(|(name, _)| name.as_str()).collect();
            let problem = match task {
                "" => "no task has classes to share out".to_owned(),
                _ => format!("there is no task `{task}`"),
            };
            let help = Some(format!("the tasks are: {}", names.join(", ")));
            Err(DataError::Option {
                key: Some(key.to_owned()),
                problem,
                help,
            })
        }
    }
}
