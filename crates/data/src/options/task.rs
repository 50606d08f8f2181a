//! The data's part of `[tasks.NAME]`: what kind of labels, and where they are.

use polytask_config::{Choice, Fields, with_article};
use serde::{Deserialize, Serialize};

use crate::codes;

/// The kind of a task, before its classes are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskType {
    /// Two classes.
    Binary,
    /// Several classes without order.
    Multiclass,
    /// Any subset of several labels.
    Multilabel,
    /// Real numbers.
    Regression,
    /// Several classes in order.
    Ordinal,
}

impl Choice for TaskType {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("binary", Self::Binary, "one of two classes"),
        ("multiclass", Self::Multiclass, "one of several classes"),
        (
            "multilabel",
            Self::Multilabel,
            "any subset of several labels",
        ),
        (
            "regression",
            Self::Regression,
            "one or several real numbers",
        ),
        ("ordinal", Self::Ordinal, "one of several classes in order"),
    ];
}

/// How a regression target is scaled for training. Metrics are in the original unit whatever stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TargetScaling {
    /// Mean 0 and standard deviation 1 over the training rows.
    Standard,
    /// As it stands.
    None,
}

impl Choice for TargetScaling {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "standard",
            Self::Standard,
            "mean 0, standard deviation 1 over the training rows",
        ),
        ("none", Self::None, "as it stands"),
    ];
}

/// What a label does that no training row has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnseenLabels {
    /// The data is refused.
    Error,
    /// The task has no label for that row.
    Mask,
}

impl Choice for UnseenLabels {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "error",
            Self::Error,
            "refuse the data, naming row and value",
        ),
        (
            "mask",
            Self::Mask,
            "the task has no label for that row; counted",
        ),
    ];
}

/// What an empty cell means in a column whose cells list labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmptyCell {
    /// The row has no label.
    #[default]
    Missing,
    /// The row's label is the empty set.
    None,
}

impl Choice for EmptyCell {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "missing",
            Self::Missing,
            "the row has no label; the separator alone means none of the labels",
        ),
        (
            "none",
            Self::None,
            "none of the labels; a text of `data.missing_values` still means a missing label",
        ),
    ];
}

/// The data's part of `[tasks.NAME]`.
#[derive(Clone, Debug)]
pub struct TaskOptions {
    /// What kind of labels.
    pub kind: TaskType,
    /// The columns they are in; the task's name by default.
    pub target: Vec<String>,
    /// The classes, labels or levels in this order; those of the training rows by default.
    pub classes: Vec<String>,
    /// The positive class of a binary task.
    pub positive: Option<String>,
    /// What stands between the labels in a cell of a multilabel column.
    pub separator: Option<String>,
    /// What an empty cell of that column means.
    pub empty: EmptyCell,
    /// How a regression target is scaled.
    pub scaling: TargetScaling,
    /// What a label does that no training row has.
    pub unseen: UnseenLabels,
    /// Whether it is learnt. If not, rows are split as with it, and its columns are still no inputs.
    pub active: bool,
    /// Key path of the table: `tasks.passed`.
    pub(crate) key: String,
}

impl TaskOptions {
    /// Lists the data's options of `[tasks.NAME]`; loss, weight and metrics are listed by others on the same table.
    pub fn options(name: &str, fields: &mut Fields<'_>) -> Self {
        let kind = fields
            .choice("type", "what kind of labels the task has")
            .required();
        let target = fields
            .texts("target", "the column of the labels; several for multilabel and regression; by default the task's name")
            .at_least_one()
            .optional();
        let classes = fields
            .texts(
                "classes",
                "the classes or labels in this order; those of the training rows by default",
            )
            .or(vec![]);
        let levels = fields
            .texts(
                "levels",
                "the levels, lowest first; in numeric order by default",
            )
            .or(vec![]);
        let positive = fields
            .text(
                "positive",
                "the positive class; by default true, 1 or yes, else the second in order",
            )
            .optional();
        let separator = fields
            .text(
                "separator",
                "what stands between the labels in a cell, if they share one column",
            )
            .optional();
        let empty = fields
            .choice("empty", "what an empty cell means, beside `separator`")
            .or(EmptyCell::Missing);
        let scaling = fields
            .choice(
                "normalize",
                "how the target is scaled for training; metrics are in the original unit",
            )
            .or(TargetScaling::Standard);
        let unseen = fields
            .choice(
                "unseen",
                "what a label of another split does that no training row has",
            )
            .or(UnseenLabels::Error);
        let active = fields
            .flag(
                "active",
                "whether it is learnt; if not, its columns are still no inputs and rows are split as with it",
            )
            .or(true);
        let options = Self {
            kind,
            target: target.unwrap_or_else(|| vec![name.to_owned()]),
            classes: if kind == TaskType::Ordinal {
                levels
            } else {
                classes
            },
            positive,
            separator,
            empty,
            scaling,
            unseen,
            active,
            key: fields.key_path("type").trim_end_matches(".type").to_owned(),
        };
        options.check(fields);
        options
    }

    /// Reports options that have no effect on this kind of task, and those that contradict each other.
    fn check(&self, fields: &mut Fields<'_>) {
        if self.separator.as_deref() == Some("") {
            fields.problem(
                "separator",
                codes::BAD_VALUE,
                "the separator is empty".to_owned(),
                None,
            );
        }
        for (key, texts) in [("classes", &self.classes), ("target", &self.target)] {
            // What is ordered is called levels.
            let key = match (key, self.kind) {
                ("classes", TaskType::Ordinal) => "levels",
                _ => key,
            };
            if let Some(twice) = twice(texts) {
                let message = format!("`{twice}` is listed twice");
                fields.problem(key, codes::BAD_VALUE, message, None);
            }
        }
        // The rest is between the options and the kind.
        if !fields.is_reading() || fields.is_sound("type") {
            self.check_kind(fields);
        }
    }

    fn check_kind(&self, fields: &mut Fields<'_>) {
        let (kind, used): (_, &[&str]) = match self.kind {
            TaskType::Binary => ("binary", &["classes", "positive", "unseen"]),
            TaskType::Multiclass => ("multiclass", &["classes", "unseen"]),
            TaskType::Multilabel => ("multilabel", &["classes", "separator", "empty", "unseen"]),
            TaskType::Regression => ("regression", &["normalize"]),
            TaskType::Ordinal => ("ordinal", &["levels", "unseen"]),
        };
        for key in [
            "classes",
            "levels",
            "positive",
            "separator",
            "empty",
            "normalize",
            "unseen",
        ] {
            if !used.contains(&key) {
                fields.no_effect(
                    key,
                    codes::NO_EFFECT,
                    &format!("on {} task", with_article(kind)),
                );
            }
        }
        if self.kind == TaskType::Multilabel && self.separator.is_none() {
            fields.no_effect("empty", codes::NO_EFFECT, "without `separator`");
        }
        let takes_several = matches!(self.kind, TaskType::Multilabel | TaskType::Regression);
        if self.target.len() > 1 && (!takes_several || self.separator.is_some()) {
            let message = format!("{} columns are given, this task has one", self.target.len());
            let help =
                (self.kind != TaskType::Multilabel).then(|| "one task for each column".to_owned());
            fields.problem("target", codes::CONFLICT, message, help);
        }
        let key = if self.kind == TaskType::Ordinal {
            "levels"
        } else {
            "classes"
        };
        if self.classes.len() == 1 || (self.kind == TaskType::Binary && self.classes.len() > 2) {
            let message = format!(
                "{} task has {} classes here",
                with_article(kind),
                self.classes.len()
            );
            fields.problem(key, codes::BAD_VALUE, message, None);
        }
        if self.kind == TaskType::Multilabel && !self.classes.is_empty() && self.separator.is_none()
        {
            let message =
                "the labels are the target columns: `classes` is for one column with `separator`"
                    .to_owned();
            fields.problem("classes", codes::NO_EFFECT, message, None);
        }
    }
}

/// The first text that is in the list twice.
pub(crate) fn twice(texts: &[String]) -> Option<&String> {
    texts
        .iter()
        .enumerate()
        .find(|(index, text)| texts.iter().take(*index).any(|before| before == *text))
        .map(|(_, text)| text)
}
