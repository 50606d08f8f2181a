//! `[data]`: the source, how it is split, what counts as missing.

use std::path::PathBuf;
use std::sync::Arc;

use polytask_config::{Choice, Entry, Fields, PathOr};
use serde::{Deserialize, Serialize};

use crate::codes;
use crate::limits::Limits;
use crate::source::{CellRules, FileRef, Layout, SOURCES, Source, Unknown};
use crate::split::{SPLITS, Split};

use super::task::twice;

/// What happens to a row whose features are incomplete. A missing label always masks its task, whatever stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingPolicy {
    /// The data is refused.
    Error,
    /// The row is left out, and counted.
    DropRow,
    /// A number becomes the training mean, a category the one reserved for missing cells.
    Impute,
}

impl Choice for MissingPolicy {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "error",
            Self::Error,
            "refuse the data, naming row and column",
        ),
        ("drop_row", Self::DropRow, "leave the row out"),
        (
            "impute",
            Self::Impute,
            "the training mean; for categories, one of their own",
        ),
    ];
}

/// A number's cell that holds stray text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unparsable {
    Error,
    Missing,
}

impl Choice for Unparsable {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        (
            "error",
            Self::Error,
            "refuse the data, naming row, column and cell",
        ),
        (
            "missing",
            Self::Missing,
            "treat the cell as missing, be it a feature (of which `missing` decides) or a label, and count it",
        ),
    ];
}

/// `[data]`.
#[derive(Clone, Debug)]
pub struct DataOptions {
    /// Where the rows come from.
    pub source: Arc<dyn Source>,
    /// A source of validation rows.
    pub val: Option<Arc<dyn Source>>,
    /// A source of test rows.
    pub test: Option<Arc<dyn Source>>,
    /// How the source's rows are divided; 80 : 10 : 10 at random by default.
    pub split: Split,
    /// The share of the training rows that are learnt from, in (0, 1].
    pub train_share: f64,
    /// Columns that identify rows and are never inputs.
    pub ids: Vec<String>,
    /// A column whose values are the strata of permutation tests, and the key that names it; set by who asks for them.
    pub strata: Option<(String, String)>,
    /// What counts as missing in text.
    pub cells: CellRules,
    /// What a missing feature does.
    pub missing: MissingPolicy,
    /// How much of a file is believed.
    pub limits: Limits,
    /// Key path of the table: `data`.
    pub(crate) key: String,
}

impl DataOptions {
    /// Lists the options of `[data]`.
    ///
    /// ```
    /// use polytask_config::{Document, Layers, read};
    /// use polytask_data::DataOptions;
    ///
    /// let text = "[data]\nsource = \"students.csv\"\nsplit = { type = \"hash\", column = \"school\" }";
    /// let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
    /// let reading = read(&document, |fields| fields.table("data", "the rows", DataOptions::options));
    /// assert!(reading.problems.0.is_empty());
    /// ```
    pub fn options(fields: &mut Fields<'_>) -> Self {
        let source = fields
            .path_or_entry(
                "source",
                "a file (.csv .tsv .jsonl .npz), or { type = … }",
                SOURCES,
            )
            .required();
        let source = opened(fields, "source", source, &Layout::default());
        let layout = source
            .as_ref()
            .map(|source| source.layout())
            .unwrap_or_default();
        let val = fields
            .path_or_entry("val", "a separate source of validation rows", SOURCES)
            .optional();
        let val = val.and_then(|given| opened(fields, "val", given, &layout));
        let test = fields
            .path_or_entry("test", "a separate source of test rows", SOURCES)
            .optional();
        let test = test.and_then(|given| opened(fields, "test", given, &layout));
        let split = fields
            .entry(
                "split",
                "how the rows that no file or source assigns are divided",
                SPLITS,
            )
            .or("random")
            .value;
        let train_share = fields
            .number(
                "train_share",
                "share of the training rows that are learnt from; the others go unused, and smaller shares are parts of larger ones",
            )
            .above(0.0)
            .at_most(1.0)
            .or(1.0);
        let ids = fields
            .texts("ids", "columns that identify rows: never inputs")
            .or(vec![]);
        if let Some(twice) = twice(&ids) {
            let message = format!("`{twice}` is listed twice");
            fields.problem("ids", codes::BAD_VALUE, message, None);
        }
        let missing_values = fields
            .texts(
                "missing_values",
                "texts that mean a missing value, besides the empty cell",
            )
            .or(vec![]);
        let missing = fields
            .choice(
                "missing",
                "what a missing feature does; a missing label masks its task",
            )
            .or(MissingPolicy::Error);
        let unparsable = fields
            .choice("unparsable", "what text in the place of a number does")
            .or(Unparsable::Error);
        Self {
            source: source.unwrap_or_else(|| Arc::new(Nothing)),
            val,
            test,
            split,
            train_share,
            ids,
            strata: None,
            cells: CellRules {
                missing: missing_values,
                // Where a missing feature is an error, the text says best what is wrong.
                unparsable_is_missing: unparsable == Unparsable::Missing
                    && missing != MissingPolicy::Error,
                unparsable_label_is_missing: unparsable == Unparsable::Missing,
            },
            missing,
            limits: fields.table("limits", "how much of a file is believed", Limits::options),
            key: fields
                .key_path("source")
                .trim_end_matches(".source")
                .to_owned(),
        }
    }
}

/// The source that a key names.
fn opened(
    fields: &mut Fields<'_>,
    key: &'static str,
    given: PathOr<Box<dyn Source>>,
    layout: &Layout,
) -> Option<Arc<dyn Source>> {
    let path: PathBuf = match given {
        PathOr::Entry(chosen) => return Some(Arc::from(chosen.value)),
        // Nothing was given, which has been reported.
        PathOr::Path(path) if path.as_os_str().is_empty() => return None,
        PathOr::Path(path) => path,
    };
    let file = FileRef {
        path,
        key: Some(fields.key_path(key)),
    };
    let name = file
        .path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if let Some(entry) = SOURCES
        .iter()
        .find(|entry: &&Entry<Box<dyn Source>>| entry.name == name)
        && !file.path.exists()
    {
        let message = format!("there is no file `{name}`");
        let help = Some(format!(
            "did you mean the source {{ type = \"{}\" }}?",
            entry.name
        ));
        fields.problem(key, codes::BAD_VALUE, message, help);
        return None;
    }
    match layout.at(file) {
        Ok(source) => Some(source),
        Err(Unknown) => {
            let message = format!("the ending of `{name}` does not say what kind of file it is");
            fields.problem(
                key,
                codes::BAD_VALUE,
                message,
                Some(Unknown::HELP.to_owned()),
            );
            None
        }
    }
}

/// Stands in for a source that could not be read from the configuration; the problem has been reported.
#[derive(Debug)]
struct Nothing;

impl Source for Nothing {}
