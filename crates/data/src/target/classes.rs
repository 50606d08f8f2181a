//! Tasks of one class a row: binary, multiclass, ordinal.

use std::collections::{BTreeMap, HashMap};

use super::{Coding, Fitting, entropy};
use crate::error::DataErrors;
use crate::label::Bitmap;
use crate::natural::{natural_order, numbers};
use crate::options::TaskType;
use crate::quoted::quoted;
use crate::task::{TaskFit, TaskKind};

/// More classes than this in a column of numbers are taken for a mistake.
const MOST_NUMERIC_CLASSES: usize = 1000;
/// Labels are held in two bytes.
const MOST_CLASSES: usize = 1 << 16;

impl Coding<'_> {
    pub(super) fn classes(&mut self, classes: &mut [u16], present: &mut Bitmap) {
        let Some(name) = self.target.columns.first() else {
            return;
        };
        let Some(words) = self.table.words(name) else {
            return;
        };
        let index_of: HashMap<&str, u16> = self
            .fit
            .classes
            .iter()
            .map(String::as_str)
            .zip(0..=u16::MAX)
            .collect();
        let class_of: Vec<Option<u16>> = words
            .dictionary()
            .iter()
            .map(|word| index_of.get(word.as_ref()).copied())
            .collect();
        for ((row, &code), class) in words.codes().iter().enumerate().zip(classes) {
            let Some(word) = words.word(code) else {
                continue;
            };
            if let Some(&Some(known)) = class_of.get(code as usize) {
                *class = known;
                present.set(row);
            } else {
                self.unseen(row, name, word);
            }
        }
    }
}

impl Fitting<'_> {
    pub(super) fn classes(&self) -> Result<TaskFit, DataErrors> {
        let counted = self.counted();
        let mut found: Vec<String> = counted.keys().map(|word| (*word).to_owned()).collect();
        natural_order(&mut found);
        let classes = self.names(found)?;
        let counts: Vec<u64> = classes
            .iter()
            .map(|class| counted.get(class.as_str()).copied().unwrap_or(0))
            .collect();
        let kind = match self.options.kind {
            TaskType::Binary => TaskKind::Binary,
            TaskType::Ordinal => TaskKind::Ordinal {
                levels: classes.len(),
            },
            _ => TaskKind::Multiclass {
                classes: classes.len(),
            },
        };
        Ok(TaskFit {
            name: self.name.to_owned(),
            kind,
            labelled: counts.iter().sum(),
            entropy: entropy(&counts),
            classes,
            counts,
            mean: Vec::new(),
            std: Vec::new(),
            center: Vec::new(),
            variance: 0.0,
        })
    }

    /// How often each label of the training rows occurs in those that are learnt from.
    fn counted(&self) -> BTreeMap<&str, u64> {
        let mut counted = BTreeMap::new();
        let Some(words) = self
            .options
            .target
            .first()
            .and_then(|name| self.table.words(name))
        else {
            return counted;
        };
        for word in self.named.iter().filter_map(|&row| words.get(row as usize)) {
            counted.entry(word).or_insert(0);
        }
        for word in self.train.iter().filter_map(|&row| words.get(row as usize)) {
            *counted.entry(word).or_insert(0) += 1;
        }
        counted
    }

    /// The classes in their order.
    fn names(&self, found: Vec<String>) -> Result<Vec<String>, DataErrors> {
        let given = &self.options.classes;
        if found.is_empty() {
            return Err(self.unfit("no training row has a label".to_owned(), None));
        }
        let classes = if given.is_empty() {
            self.found(found)?
        } else {
            given.clone()
        };
        if classes.len() > MOST_CLASSES {
            return Err(self.wrong(
                "target",
                format!(
                    "there are {} classes, at most {MOST_CLASSES} are possible",
                    classes.len()
                ),
                None,
            ));
        }
        match &self.options.positive {
            Some(positive) if !classes.contains(positive) => {
                let problem = format!(
                    "no label is {}; there are {}",
                    quoted(positive),
                    listed(&classes)
                );
                Err(self.wrong("positive", problem, None))
            }
            // The positive class is the second.
            Some(positive) if classes.first() == Some(positive) => {
                Ok(classes.into_iter().rev().collect())
            }
            _ => Ok(classes),
        }
    }

    /// The classes, where the configuration does not name them.
    fn found(&self, found: Vec<String>) -> Result<Vec<String>, DataErrors> {
        let is_numeric = numbers(&found).is_some();
        match self.options.kind {
            TaskType::Binary if found.len() > 2 => {
                let problem = format!(
                    "a binary task has two labels, this one has {}: {}",
                    found.len(),
                    listed(&found)
                );
                Err(self.wrong(
                    "type",
                    problem,
                    Some("`type = \"multiclass\"` takes any number of classes"),
                ))
            }
            TaskType::Ordinal if !is_numeric => {
                let problem = format!(
                    "the labels are not all numbers, so their order is not known: {}",
                    listed(&found)
                );
                Err(self.wrong(
                    "levels",
                    problem,
                    Some("`levels = [\"low\", \"middle\", \"high\"]` names them, lowest first"),
                ))
            }
            _ if found.len() < 2 => Err(self.unfit(
                format!(
                    "all training rows have the same label {}: there is nothing to learn",
                    listed(&found)
                ),
                Some(match self.options.kind {
                    TaskType::Ordinal => "leave the task out (`active = false`), or name every level that there may be in `levels`",
                    _ => "leave the task out (`active = false`), or name every class that there may be in `classes`",
                }),
            )),
            _ if is_numeric && found.len() > MOST_NUMERIC_CLASSES => {
                let problem = format!(
                    "the target has {} different numbers in training",
                    found.len()
                );
                Err(self.wrong(
                    "type",
                    problem,
                    Some("for a number that is predicted as such: `type = \"regression\"`"),
                ))
            }
            _ => Ok(found),
        }
    }
}

fn listed(classes: &[String]) -> String {
    let shown: Vec<String> = classes.iter().take(8).map(|class| quoted(class)).collect();
    let more = if classes.len() > shown.len() {
        ", …"
    } else {
        ""
    };
    format!("{}{more}", shown.join(", "))
}
