//! idx, the MNIST layout: images of unsigned bytes and one label file per task, gzip'd or not.
//!
//! Big-endian: two zero bytes, a type, the number of axes, the length of each axis, the elements. Several image files
//! may stand side by side, each with the labels of its own tasks: a row then has no label of the other tasks.

use std::io::Read;

use polytask_config::Fields;

use super::array::{Array, Class, Kind};
use super::file::FileRef;
use super::layout::{Form, Layout};
use super::{Reading, Source};
use crate::codes;
use crate::column::Values;
use crate::error::{DataError, DataErrors};
use crate::image::Images;
use crate::limits::Limits;
use crate::quoted::quoted;
use crate::table::Table;

/// Files in the MNIST layout.
#[derive(Clone, Debug)]
pub(crate) struct Idx {
    pub(crate) parts: Vec<IdxPart>,
}

/// One file of images and its label files, by name of the label column.
#[derive(Clone, Debug)]
pub(crate) struct IdxPart {
    pub(crate) images: FileRef,
    pub(crate) labels: Vec<(String, FileRef)>,
}

pub(super) fn options(fields: &mut Fields<'_>) -> Box<dyn Source> {
    let images = fields.path("images", "the file of images").optional();
    let labels = label_files(fields);
    let parts = fields.tables(
        "parts",
        "several files of images, each with the labels of its own tasks",
        |_, fields| {
            let key = fields.key_path("images");
            let path = fields.path("images", "the file of images").required();
            let labels = label_files(fields);
            IdxPart {
                images: FileRef {
                    path,
                    key: Some(key),
                },
                labels,
            }
        },
    );
    let mut parts: Vec<IdxPart> = parts.into_iter().map(|(_, part)| part).collect();
    match images {
        Some(path) => {
            if !parts.is_empty() {
                let message = "both `images` and `parts` are given".to_owned();
                fields.problem("parts", codes::CONFLICT, message, None);
            }
            let key = Some(fields.key_path("images"));
            parts.insert(
                0,
                IdxPart {
                    images: FileRef { path, key },
                    labels,
                },
            );
        }
        None if parts.is_empty() => {
            let message = "neither `images` nor `parts` is given".to_owned();
            fields.problem("images", codes::CONFLICT, message, None);
        }
        None => {}
    }
    Box::new(Idx { parts })
}

fn label_files(fields: &mut Fields<'_>) -> Vec<(String, FileRef)> {
    fields.tables(
        "labels",
        "one file of labels for each column name",
        |_, fields| {
            let key = Some(fields.key_path("file"));
            let path = fields.path("file", "the file of labels").required();
            FileRef { path, key }
        },
    )
}

impl Source for Idx {
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let mut errors = DataErrors::default();
        let mut images: Option<Images> = None;
        let mut columns: Vec<(String, Vec<f64>)> = Vec::new();
        for part in &self.parts {
            let before = images.as_ref().map_or(0, Images::len);
            let (more, labels) = match part.load(&reading.limits) {
                Ok(loaded) => loaded,
                Err(more) => {
                    errors.extend(more);
                    continue;
                }
            };
            if let Some(images) = &mut images {
                if let Err(error) = images.append(Some(more), &part.images.shown()) {
                    errors.push(error);
                }
            } else {
                images = Some(more);
            }
            for (name, values) in labels {
                let known = columns.iter_mut().find(|(known, _)| *known == name);
                let mut column = known
                    .map(|(_, column)| std::mem::take(column))
                    .unwrap_or_default();
                // The rows of other parts have no label of this name.
                column.resize(before, f64::NAN);
                column.extend(values);
                columns.retain(|(known, _)| *known != name);
                columns.push((name, column));
            }
        }
        errors.into_result(())?;
        let rows = images.as_ref().map_or(0, Images::len);
        let file = self.parts.first().map(|part| part.images.shown());
        let mut table = Table::new(file.unwrap_or_default(), rows);
        if let Some(images) = images {
            table.set_images(images)?;
        }
        for (name, mut values) in columns {
            values.resize(rows, f64::NAN);
            table.push(name, reading.cells.blank(Values::F64(values)))?;
        }
        Ok(table)
    }

    fn layout(&self) -> Layout {
        Layout(Form::Idx)
    }
}

/// Labels by the name of their column.
type NamedLabels = Vec<(String, Vec<f64>)>;

impl IdxPart {
    /// The images, and the labels.
    fn load(&self, limits: &Limits) -> Result<(Images, NamedLabels), DataErrors> {
        let mut errors = DataErrors::default();
        for file in self.labels.iter().map(|(_, file)| file) {
            // Looked for before the images are read, so that all that is missing is named at once.
            if let Err(error) = file.regular() {
                errors.push(error);
            }
        }
        let array = match read(&self.images, limits) {
            Ok(array) if errors.is_empty() => array,
            Ok(_) => return Err(errors),
            Err(error) => {
                let mut first = DataErrors::from(error);
                first.extend(errors);
                return Err(first);
            }
        };
        let images = array.images(&self.images, limits)?;
        if images.is_empty() {
            return Err(self.images.malformed(None, "there are no images").into());
        }
        let mut errors = DataErrors::default();
        let mut labels = Vec::new();
        for (name, file) in &self.labels {
            match labels_of(file, (self.images.shown(), images.len()), limits) {
                Ok(values) => labels.push((name.clone(), values)),
                Err(error) => errors.push(error),
            }
        }
        errors.into_result((images, labels))
    }
}

/// The labels in a file, of so many images of the file that is called so.
pub(super) fn labels_of(
    file: &FileRef,
    (images, rows): (String, usize),
    limits: &Limits,
) -> Result<Vec<f64>, DataError> {
    let array = read(file, limits)?;
    if array.shape.len() != 1 {
        let problem = format!("labels have one axis; these have {}", array.shape.len());
        return Err(file.malformed(None, problem));
    }
    if array.rows() != rows {
        let problem = format!(
            "there are {} labels for the {rows} images of {}",
            array.rows(),
            quoted(&images)
        );
        return Err(file.malformed(None, problem));
    }
    Ok(match array.column(0) {
        Values::F32(values) => values.into_iter().map(f64::from).collect(),
        Values::F64(values) => values,
        Values::Text(_) => Vec::new(),
    })
}

/// An idx file.
pub(crate) fn read(file: &FileRef, limits: &Limits) -> Result<Array, DataError> {
    let mut bytes = file.open(limits)?;
    let start: [u8; 4] = exactly(&mut bytes, file)?;
    let [0, 0, kind, axes] = start else {
        let problem = "this is no idx file: it does not begin with two zero bytes";
        return Err(file.malformed(None, problem));
    };
    let (class, size) = match kind {
        0x08 => (Class::Unsigned, 1),
        0x09 => (Class::Signed, 1),
        0x0B => (Class::Signed, 2),
        0x0C => (Class::Signed, 4),
        0x0D => (Class::Float, 4),
        0x0E => (Class::Float, 8),
        _ => return Err(file.malformed(None, format!("unknown idx element type 0x{kind:02X}"))),
    };
    if !(1..=4).contains(&axes) {
        return Err(file.malformed(
            None,
            format!("the idx file has {axes} axes; 1 to 4 are wanted"),
        ));
    }
    let mut shape = Vec::new();
    for _ in 0..axes {
        let length: [u8; 4] = exactly(&mut bytes, file)?;
        shape.push(u32::from_be_bytes(length) as usize);
    }
    let wanted = shape
        .iter()
        .fold(size, |bytes: usize, &side| bytes.saturating_mul(side));
    if wanted > limits.total_bytes {
        let sizes = (wanted as u64, limits.total_bytes, "total_bytes");
        return Err(file.too_large(None, "the size that the idx header states", sizes));
    }
    // The header is not believed: memory grows with the bytes that are there.
    let mut elements = Vec::new();
    let count = bytes
        .by_ref()
        .take(wanted as u64 + 1)
        .read_to_end(&mut elements)
        .map_err(|error| file.unreadable(None, &error))?;
    if count != wanted {
        let relation = if count < wanted { "only" } else { "more than" };
        let problem = format!(
            "the idx header states shape {shape:?}, {wanted} bytes; there are {relation} {} bytes",
            count.min(wanted)
        );
        return Err(file.malformed(None, problem));
    }
    let kind = Kind {
        class,
        size,
        is_big_endian: true,
    };
    Ok(Array {
        kind,
        shape,
        is_fortran: false,
        bytes: elements,
    })
}

fn exactly<const N: usize>(bytes: &mut impl Read, file: &FileRef) -> Result<[u8; N], DataError> {
    let mut buffer = [0; N];
    match bytes.read_exact(&mut buffer) {
        Ok(()) => Ok(buffer),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(file.malformed(None, "the file ends within its idx header"))
        }
        Err(error) => Err(file.unreadable(None, &error)),
    }
}
