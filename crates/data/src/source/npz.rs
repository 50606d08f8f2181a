//! NPZ: NumPy arrays by name. An array of one axis is a column; of two axes, the columns `name_0`, `name_1`, …; the
//! one of three or four axes is the images. Pickled objects are never read.

use polytask_config::{Choice, Fields};
use serde::{Deserialize, Serialize};

use super::array::{Array, Class, Kind};
use super::file::FileRef;
use super::layout::{Form, Layout};
use super::zip::{Entry, Zip};
use super::{Reading, Source};
use crate::error::{DataError, DataErrors};
use crate::limits::Limits;
use crate::quoted::shown;
use crate::table::Table;

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
    /// The array that holds the images.
    pub(crate) images: Option<String>,
    pub(crate) channels: Channels,
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
    Box::new(Npz {
        file: FileRef { path, key },
        layout: NpzLayout {
            suffix: fields
                .text("suffix", "only arrays whose names end so (\"_train\"); it is no part of the column's name")
                .or(""),
            images: fields.text("images", "the array of images, if not the only one of 3 or 4 axes").optional(),
            channels: fields.choice("channels", "the axis of the images' channels").or(Channels::First),
        },
    })
}

impl Source for Npz {
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let mut zip = Zip::open(&self.file)?;
        let mut errors = DataErrors::default();
        let mut arrays: Vec<(String, Array)> = Vec::new();
        for entry in zip.entries()? {
            let Some(name) = self.column(&entry) else {
                continue;
            };
            match self.array(&mut zip, &entry, &reading.limits) {
                Ok(array) => arrays.push((name, array)),
                Err(error) => errors.push(error),
            }
        }
        errors.into_result(())?;
        let Some(rows) = arrays.first().map(|(_, array)| array.rows()) else {
            let problem = format!(
                "there is no array whose name ends in `{}`",
                shown(&self.layout.suffix)
            );
            return Err(self.file.malformed(None, problem).into());
        };
        let mut table = Table::new(self.file.shown(), rows);
        for (name, array) in arrays {
            self.add(&mut table, &name, array, reading)?;
        }
        Ok(table)
    }

    fn layout(&self) -> Layout {
        Layout(Form::Npz(self.layout.clone()))
    }
}

impl Npz {
    /// The column that an entry makes; `None` if it is not asked for.
    fn column(&self, entry: &Entry) -> Option<String> {
        let name = entry.name.strip_suffix(".npy").unwrap_or(&entry.name);
        Some(name.strip_suffix(self.layout.suffix.as_str())?.to_owned())
    }

    fn array(&self, zip: &mut Zip<'_>, entry: &Entry, limits: &Limits) -> Result<Array, DataError> {
        let bytes = zip.read(entry, limits)?;
        parse(bytes).map_err(|problem| {
            self.file
                .malformed(None, format!("array `{}`: {problem}", shown(&entry.name)))
        })
    }

    fn add(
        &self,
        table: &mut Table,
        name: &str,
        array: Array,
        reading: &Reading,
    ) -> Result<(), DataError> {
        let limits = &reading.limits;
        let column = |index| reading.cells.blank(array.column(index));
        let about = |problem: String| {
            self.file
                .malformed(None, format!("array `{}` {problem}", shown(name)))
        };
        if array.rows() != table.rows() {
            let problem = format!(
                "has {} rows, the first array has {}",
                array.rows(),
                table.rows()
            );
            let DataError::Format {
                file,
                line,
                problem,
                ..
            } = about(problem)
            else {
                return Ok(());
            };
            let help =
                Some("`suffix = \"_train\"` takes only the arrays whose names end so".to_owned());
            return Err(DataError::Format {
                file,
                line,
                problem,
                help,
            });
        }
        let is_images = match &self.layout.images {
            Some(images) => images == name,
            None => array.shape.len() >= 3,
        };
        if is_images {
            if table.images().is_some() {
                return Err(about(
                    "is a second array of images: name one with `images`".to_owned(),
                ));
            }
            let is_last = self.layout.channels == Channels::Last;
            return table.set_images(array.images(is_last, &self.file, limits)?);
        }
        let width = array.width();
        match array.shape.len() {
            1 => table.push(name, column(0)),
            2 if width + table.columns().len() <= limits.columns => (0..width)
                .try_for_each(|index| table.push(format!("{name}_{index}"), column(index))),
            2 => {
                let sizes = (
                    (width + table.columns().len()) as u64,
                    limits.columns,
                    "columns",
                );
                Err(self.file.too_large(None, "the number of columns", sizes))
            }
            axes => Err(about(format!("has {axes} axes and is not the images"))),
        }
    }
}

/// An array in NumPy's format: magic, version, a header that is a Python dictionary, the elements.
pub(crate) fn parse(mut bytes: Vec<u8>) -> Result<Array, String> {
    let (length_at, header_at): (_, usize) = match bytes.get(..8) {
        Some([0x93, b'N', b'U', b'M', b'P', b'Y', 1, _]) => (8..10, 10),
        Some([0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _]) => (8..12, 12),
        _ => return Err("does not begin as an .npy file does".to_owned()),
    };
    let length = bytes.get(length_at).unwrap_or_default();
    let length = length
        .iter()
        .rev()
        .fold(0usize, |length, byte| length << 8 | usize::from(*byte));
    let header = bytes
        .get(header_at..header_at.saturating_add(length))
        .and_then(|header| std::str::from_utf8(header).ok())
        .ok_or("has a header that is cut short")?;
    let kind = kind(after(header, "'descr':")?)?;
    let is_fortran = after(header, "'fortran_order':")?.starts_with("True");
    let shape = shape(after(header, "'shape':")?)?;
    bytes.drain(..header_at + length);
    let wanted = shape
        .iter()
        .fold(kind.size, |bytes, &side| bytes.saturating_mul(side));
    if bytes.len() != wanted {
        return Err(format!(
            "has {} bytes for shape {shape:?}; {wanted} are wanted",
            bytes.len()
        ));
    }
    Ok(Array {
        kind,
        shape,
        is_fortran,
        bytes,
    })
}

fn after<'a>(header: &'a str, key: &str) -> Result<&'a str, String> {
    let (_, value) = header
        .split_once(key)
        .ok_or_else(|| format!("has no {key} in its header"))?;
    Ok(value.trim_start())
}

/// `'<f4'`: byte order, class, bytes.
fn kind(value: &str) -> Result<Kind, String> {
    let descriptor = value
        .strip_prefix('\'')
        .and_then(|value| value.split('\'').next())
        .unwrap_or("a structure");
    let unread = || {
        format!(
            "is of type {}; numbers, booleans and text are read",
            shown(descriptor)
        )
    };
    let (order, rest) = match descriptor.split_at_checked(1) {
        Some((order @ ("<" | ">" | "|" | "="), rest)) => (order, rest),
        _ => return Err(unread()),
    };
    let (class, count) = rest.split_at_checked(1).ok_or_else(unread)?;
    let count: usize = count.parse().map_err(|_| unread())?;
    let (class, size) = match (class, count) {
        ("b", 1) => (Class::Unsigned, 1),
        ("u", 1 | 2 | 4 | 8) => (Class::Unsigned, count),
        ("i", 1 | 2 | 4 | 8) => (Class::Signed, count),
        ("f", 2 | 4 | 8) => (Class::Float, count),
        ("U", 1..=100_000) => (Class::Unicode, 4 * count),
        ("S", 1..=100_000) => (Class::Bytes, count),
        _ => return Err(unread()),
    };
    Ok(Kind {
        class,
        size,
        is_big_endian: order == ">",
    })
}

/// `(60000, 28, 28)`.
fn shape(value: &str) -> Result<Vec<usize>, String> {
    let inside = value
        .strip_prefix('(')
        .and_then(|value| value.split(')').next())
        .ok_or("has no shape")?;
    let sides = inside
        .split(',')
        .map(str::trim)
        .filter(|side| !side.is_empty());
    let shape: Result<Vec<usize>, _> = sides.map(str::parse).collect();
    match shape {
        Ok(shape) if !shape.is_empty() => Ok(shape),
        Ok(_) => Err("has no axis; one row per entry is wanted".to_owned()),
        Err(_) => Err(format!("has shape ({})", shown(inside))),
    }
}
