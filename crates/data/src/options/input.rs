//! `[inputs.NAME]`: which columns the model sees, and how.

use polytask_config::{Choice, Fields, TextsOr};
use serde::{Deserialize, Serialize};

use crate::codes;

/// What an input is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// Columns of the table.
    Columns,
    /// The source's images.
    Image,
}

impl Choice for InputKind {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("columns", Self::Columns, "columns of the table"),
        ("image", Self::Image, "the source's images"),
    ];
}

/// How the pixels of an image become numbers. A byte is that many 255ths; a float is itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageScaling {
    /// Mean 0 and standard deviation 1 per channel, over the training images.
    Standard,
    /// As they are: bytes from 0 to 1.
    Unit,
}

impl Choice for ImageScaling {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "standard",
            Self::Standard,
            "mean 0, standard deviation 1 per channel over the training images",
        ),
        (
            "unit",
            Self::Unit,
            "bytes from 0 to 1, floats as they stand",
        ),
    ];
}

/// Which columns an input takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Columns {
    /// These.
    Listed(Vec<String>),
    /// All that are no target, id, split or group column, and none of these.
    AllExcept(Vec<String>),
}

/// `[inputs.NAME]`.
#[derive(Clone, Debug)]
pub struct InputOptions {
    /// Columns or images.
    pub kind: InputKind,
    /// Which columns.
    pub columns: Columns,
    /// Which of them are categories; the rest is numeric.
    pub categorical: Vec<String>,
    /// Each number that was missing in training is accompanied by a flag that says so.
    pub indicator: bool,
    /// How images become numbers.
    pub scaling: ImageScaling,
    /// Key path of the table: `inputs.profile`.
    pub(crate) key: String,
}

impl InputOptions {
    /// Lists the options of `[inputs.NAME]`. An input called `image` takes the source's images.
    pub fn options(name: &str, fields: &mut Fields<'_>) -> Self {
        let usual = if name == "image" {
            InputKind::Image
        } else {
            InputKind::Columns
        };
        let kind = fields
            .choice("type", "columns of the table, or the source's images; an input called `image` is the images")
            .or(usual);
        let given = fields
            .texts_or_table(
                "columns",
                "names, or { all_except = [names] }; all usable ones by default",
                |fields| {
                    fields
                        .texts(
                            "all_except",
                            "all columns that are no targets, ids or groups, but not these",
                        )
                        .required()
                },
            )
            .at_least_one()
            .optional();
        let columns = match given {
            Some(TextsOr::Texts(names)) => Columns::Listed(names),
            Some(TextsOr::Table(names)) => Columns::AllExcept(names),
            None => Columns::AllExcept(Vec::new()),
        };
        let categorical = fields
            .texts(
                "categorical",
                "which of the columns are categories; the rest is numeric",
            )
            .or(vec![]);
        let indicator = fields
            .flag(
                "indicator",
                "accompany each number that was missing in training by a flag that says so",
            )
            .or(false);
        let scaling = fields
            .choice("normalize", "how pixels become numbers")
            .or(ImageScaling::Standard);
        let (kind_name, foreign): (_, &[&str]) = match kind {
            InputKind::Image => ("image", &["columns", "categorical", "indicator"]),
            InputKind::Columns => ("columns", &["normalize"]),
        };
        for key in foreign {
            let beside = format!("on an input of type \"{kind_name}\"");
            fields.no_effect(key, codes::NO_EFFECT, &beside);
        }
        Self {
            kind,
            columns,
            categorical,
            indicator,
            scaling,
            key: fields
                .key_path("columns")
                .trim_end_matches(".columns")
                .to_owned(),
        }
    }
}
