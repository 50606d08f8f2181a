//! NPZ: NumPy arrays by name. An array of one axis is a column; of two axes, the columns `name_0`, `name_1`, …; the
//! one of three or four axes is the images. Pickled objects are never read.
//!
//! Arrays that nothing asks for are not read and need not fit the others.

mod listing;

use polytask_config::{Choice, Fields, TextsOr};
use serde::{Deserialize, Serialize};

use super::file::FileRef;
use super::layout::{Form, Layout};
use super::{Reading, RowReader, Source};
use crate::error::{DataError, DataErrors};
use crate::nearest::nearest;

use listing::Listing;

/// An NPZ file.
#[derive(Clone, Debug)]
pub(crate) struct Npz {
    pub(crate) file: FileRef,
    pub(crate) layout: NpzLayout,
}

/// Which arrays of the file are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NpzLayout {
    /// Only arrays whose names end so; the ending is no part of the column's name.
    pub(crate) suffix: String,
    /// Which of these; older checkpoints know no choice.
    #[serde(default, skip_serializing_if = "Arrays::is_all")]
    pub(crate) arrays: Arrays,
    /// The array that holds the images.
    pub(crate) images: Option<String>,
    pub(crate) channels: Channels,
}

/// Arrays by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Arrays {
    #[default]
    All,
    Listed(Vec<String>),
    AllExcept(Vec<String>),
}

impl Arrays {
    fn is_all(&self) -> bool {
        *self == Self::All
    }

    fn has(&self, name: &String) -> bool {
        match self {
            Self::All => true,
            Self::Listed(names) => names.contains(name),
            Self::AllExcept(names) => !names.contains(name),
        }
    }

    /// The names in the configuration, and the key of the list that they stand in.
    fn named(&self) -> (&[String], &'static str) {
        match self {
            Self::All => (&[], "arrays"),
            Self::Listed(names) => (names, "arrays"),
            Self::AllExcept(names) => (names, "arrays.all_except"),
        }
    }
}

impl Npz {
    /// Refuses names of arrays that are not among `there`.
    fn check_named(&self, there: &[String]) -> Result<(), DataErrors> {
        let (listed, list) = self.layout.arrays.named();
        let listed =
            (listed.iter().enumerate()).map(|(index, name)| (format!("{list}[{index}]"), name));
        let images = self.layout.images.iter();
        let images = images.map(|name| ("images".to_owned(), name));
        let mut errors = DataErrors::default();
        for (option, name) in listed.chain(images) {
            if there.contains(name) {
                continue;
            }
            // The file's own key stands beside those of its options.
            let table = self
                .file
                .key
                .as_ref()
                .and_then(|key| key.strip_suffix(".file"));
            errors.push(DataError::UnknownArray {
                key: table.map(|table| format!("{table}.{option}")),
                file: self.file.shown(),
                array: name.clone(),
                near: nearest(name, there),
                arrays: there.to_vec(),
            });
        }
        errors.into_result(())
    }
}

/// On which axis the channels of an image lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Channels {
    #[default]
    First,
    Last,
}

impl Choice for Channels {
    const ALL: &'static [(&'static str, Self, &'static str)] = &[
        ("first", Self::First, "[n, channels, height, width]"),
        ("last", Self::Last, "[n, height, width, channels]"),
    ];
}

pub(super) fn options(fields: &mut Fields<'_>) -> Box<dyn Source> {
    let key = Some(fields.key_path("file"));
    let path = fields.path("file", "the .npz file").required();
    let suffix = fields
        .text(
            "suffix",
            "only arrays whose names end so (\"_train\"); it is no part of the column's name",
        )
        .or("");
    let arrays = fields
        .texts_or_table(
            "arrays",
            "names, or { all_except = [names] }: the rest of the file is as if it were not there",
            |fields| {
                fields
                    .texts("all_except", "all arrays but these")
                    .required()
            },
        )
        .at_least_one()
        .optional();
    Box::new(Npz {
        file: FileRef { path, key },
        layout: NpzLayout {
            suffix,
            arrays: match arrays {
                Some(TextsOr::Texts(names)) => Arrays::Listed(names),
                Some(TextsOr::Table(names)) => Arrays::AllExcept(names),
                None => Arrays::All,
            },
            images: fields
                .text(
                    "images",
                    "the array of images, if not the only one of 3 or 4 axes",
                )
                .optional(),
            channels: fields
                .choice("channels", "the axis of the images' channels")
                .or(Channels::First),
        },
    })
}

impl Source for Npz {
    fn open(&self, reading: &Reading) -> Result<Option<Box<dyn RowReader>>, DataErrors> {
        Ok(Some(Box::new(Listing::open(self, reading)?)))
    }

    fn layout(&self) -> Layout {
        Layout(Form::Npz(self.layout.clone()))
    }
}
