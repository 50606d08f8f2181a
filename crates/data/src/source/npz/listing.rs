//! The arrays of an NPZ file: what each is by its header, and the reading of those that are wanted.

use std::collections::HashMap;
use std::io;

use super::{Channels, Npz};
use crate::error::{DataError, DataErrors};
use crate::image::Images;
use crate::quoted::shown;
use crate::source::array::{Class, image_shape};
use crate::source::cells::Want;
use crate::source::npy::Head;
use crate::source::typed::{Growing, as_wanted};
use crate::source::zip::{Entry, Unpacked, Zip};
use crate::source::{Reading, RowReader};
use crate::table::Table;

/// The arrays of a file before they are read.
pub(super) struct Listing {
    source: Npz,
    reading: Reading,
    arrays: Vec<Listed>,
    columns: Vec<String>,
    has_images: bool,
    is_done: bool,
}

/// One array.
struct Listed {
    name: String,
    entry: Entry,
    /// What its header says, or why it cannot be read.
    head: Result<Head, String>,
    place: Place,
}

/// What an array is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// So many columns from this one on.
    Columns(usize, usize),
    Images,
    /// It has too many axes for columns, and is not the images.
    None,
}

impl Listing {
    pub(super) fn open(source: &Npz, reading: &Reading) -> Result<Self, DataErrors> {
        let (file, layout) = (&source.file, &source.layout);
        let mut zip = Zip::open(file)?;
        let mut listing = Self {
            source: source.clone(),
            reading: reading.clone(),
            arrays: Vec::new(),
            columns: Vec::new(),
            has_images: false,
            is_done: false,
        };
        let mut names = Vec::new();
        for entry in zip.entries()? {
            let name = entry.name.strip_suffix(".npy").unwrap_or(&entry.name);
            let Some(name) = name.strip_suffix(layout.suffix.as_str()).map(str::to_owned) else {
                continue;
            };
            names.push(name.clone());
            if !layout.arrays.has(&name) {
                continue;
            }
            let mut bytes = zip.open_entry(&entry, &reading.limits)?;
            let head = Head::read(&mut bytes, entry.size).map_err(|problem| match bytes.finish() {
                Ok(()) => problem,
                Err(_) => "is damaged: size or checksum differ".to_owned(),
            });
            listing.list(name, entry, head)?;
        }
        if names.is_empty() {
            let suffix = shown(&layout.suffix);
            let problem = format!("there is no array whose name ends in `{suffix}`");
            return Err(file.malformed(None, problem).into());
        }
        source.check_named(&names)?;
        Ok(listing)
    }

    /// Takes up an array: as columns, as the images, or as neither.
    fn list(
        &mut self,
        name: String,
        entry: Entry,
        head: Result<Head, String>,
    ) -> Result<(), DataError> {
        let axes = head.as_ref().map_or(1, |head| head.shape.len());
        let is_images = match &self.source.layout.images {
            Some(images) => *images == name,
            None => axes >= 3,
        };
        let start = self.columns.len();
        let place = if is_images {
            self.has_images = true;
            Place::Images
        } else {
            match (axes, &head) {
                (2, Ok(head)) => {
                    let total = start.saturating_add(head.width());
                    let limit = self.reading.limits.columns;
                    if total > limit {
                        let sizes = (total as u64, limit, "columns");
                        return Err(self.source.file.too_large(
                            None,
                            "the number of columns",
                            sizes,
                        ));
                    }
                    let names = (0..head.width()).map(|index| format!("{name}_{index}"));
                    self.columns.extend(names);
                }
                (1, _) => self.columns.push(name.clone()),
                _ => {}
            }
            match self.columns.len() - start {
                0 => Place::None,
                count => Place::Columns(start, count),
            }
        };
        self.arrays.push(Listed {
            name,
            entry,
            head,
            place,
        });
        Ok(())
    }

    fn about(&self, name: &str, problem: &str, help: Option<&str>) -> DataError {
        DataError::Format {
            file: self.source.file.shown(),
            line: None,
            problem: format!("array `{}` {problem}", shown(name)),
            help: help.map(str::to_owned),
        }
    }
}

impl RowReader for Listing {
    fn name(&self) -> String {
        self.source.file.shown()
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn has_images(&self) -> bool {
        self.has_images
    }

    fn image_shape(&self) -> Option<[usize; 3]> {
        let images = (self.arrays.iter()).find(|array| array.place == Place::Images)?;
        self.shape_of_images(images.head.as_ref().ok()?).ok()
    }

    fn images_name(&self) -> Option<&str> {
        let images = |array: &&Listed| array.place == Place::Images;
        self.arrays
            .iter()
            .find(images)
            .map(|array| array.name.as_str())
    }

    fn leave_images(&mut self) {
        self.arrays.retain(|array| array.place != Place::Images);
    }

    /// All rows at once, array by array, however many are asked for.
    fn chunk(&mut self, wants: &[Want], _most: usize) -> Result<Option<Table>, DataErrors> {
        if std::mem::replace(&mut self.is_done, true) {
            return Ok(None);
        }
        let wants_of = |array: &Listed| match array.place {
            Place::Columns(start, count) => wants.get(start..start + count).unwrap_or_default(),
            Place::Images | Place::None => &[],
        };
        let is_needed = |array: &&Listed| {
            array.place == Place::Images || wants_of(array).iter().any(Want::is_used)
        };
        let rows = |array: &Listed| array.head.as_ref().ok().map(Head::rows);
        let needed = self.arrays.iter().filter(is_needed).find_map(rows);
        let rows = needed.or_else(|| self.arrays.iter().find_map(rows));
        let mut table = Table::new(self.name(), rows.unwrap_or(0));
        let mut errors = DataErrors::default();
        let mut zip = Zip::open(&self.source.file)?;
        for array in &self.arrays {
            let read = match &array.head {
                Ok(head) if head.rows() == table.rows() => {
                    self.read(&mut zip, array, wants_of(array), &mut table)
                }
                // Cells that are only passed through, of an array that does not fit, are not there.
                _ if !is_needed(&array) => continue,
                Ok(head) => {
                    let (rows, first) = (head.rows(), table.rows());
                    let problem = format!("has {rows} rows, the first array has {first}");
                    Err(self.about(&array.name, &problem, OTHERS).into())
                }
                Err(problem) => Err(self.about(&array.entry.name, problem, OTHERS).into()),
            };
            read.unwrap_or_else(|more| errors.extend(more));
        }
        let of_name: HashMap<&str, Want> = (self.columns.iter())
            .map(String::as_str)
            .zip(wants.iter().copied())
            .collect();
        let want = |name: &str| of_name.get(name).copied().unwrap_or_default();
        as_wanted(&mut table, want).unwrap_or_else(|more| errors.extend(more));
        let table = errors.into_result(table)?;
        Ok((table.rows() > 0).then_some(table))
    }
}

/// What to do about an array that does not fit.
const OTHERS: Option<&str> = Some(
    "`arrays = [\"x\", \"y\"]` takes only these, `arrays = { all_except = [\"z\"] }` all others, `suffix = \"_train\"` only those \
     whose names end so",
);

impl Listing {
    /// Reads what is wanted of one array into the table, whose rows it has.
    fn read(
        &self,
        zip: &mut Zip<'_>,
        array: &Listed,
        wants: &[Want],
        table: &mut Table,
    ) -> Result<(), DataErrors> {
        if array.place != Place::Images && wants.iter().all(Want::is_nothing) {
            return Ok(());
        }
        let mut bytes = zip.open_entry(&array.entry, &self.reading.limits)?;
        let head = Head::read(&mut bytes, array.entry.size)
            .map_err(|problem| self.about(&array.entry.name, &problem, OTHERS))?;
        if array.place == Place::Images {
            if table.images().is_some() {
                let problem = "is a second array of images: name one with `images`";
                return Err(self.about(&array.name, problem, OTHERS).into());
            }
            table.set_images(self.images(&array.name, &head, bytes)?)?;
            return Ok(());
        }
        let mut columns: Vec<Option<Growing>> = (wants.iter())
            .map(|want| (!want.is_nothing()).then(|| Growing::new(*want, head.rows())))
            .collect();
        let read = head.columns(&mut bytes, &mut |column, cells| {
            if let Some(Some(growing)) = columns.get_mut(column) {
                growing.push(self.reading.cells.blank(cells()));
            }
        });
        self.finish(read, bytes)?;
        let mut errors = DataErrors::default();
        let start = match array.place {
            Place::Columns(start, _) => start,
            Place::Images | Place::None => 0,
        };
        for (name, column) in self.columns.iter().skip(start).zip(columns) {
            if let Some(column) = column {
                column
                    .finish(name, table)
                    .unwrap_or_else(|more| errors.extend(more));
            }
        }
        errors.into_result(())
    }

    /// Whether the channels of an image are its last axis.
    fn is_last(&self) -> bool {
        self.source.layout.channels == Channels::Last
    }

    /// Channels, height and width.
    fn shape_of_images(&self, head: &Head) -> Result<[usize; 3], DataError> {
        let (file, limits) = (&self.source.file, &self.reading.limits);
        image_shape(&head.shape, self.is_last(), file, limits)
    }

    /// Reads an array of images: bytes, or floats.
    fn images(
        &self,
        name: &str,
        head: &Head,
        mut bytes: Unpacked<'_>,
    ) -> Result<Images, DataError> {
        let is_last = self.is_last();
        let file = &self.source.file;
        let shape = self.shape_of_images(head)?;
        if !head.kind.is_byte() && head.kind.class != Class::Float {
            let problem = "the images are neither unsigned bytes (uint8, 0 to 255) nor floats";
            return Err(file.malformed(None, problem));
        }
        if head.is_fortran {
            return Err(file.malformed(None, "the images are in Fortran order"));
        }
        let [channels, ..] = shape;
        let is_moved = is_last && head.shape.len() == 4;
        let read = head.pixels(&mut bytes, if is_moved { channels } else { 1 });
        let pixels = self.finish(read, bytes)?.unwrap_or_default();
        let images = Images::of(shape, pixels)?;
        match images.first_not_finite() {
            Some(image) => {
                let problem = format!(
                    "has a pixel that is no finite number, in image {}",
                    image + 1
                );
                Err(self.about(name, &problem, None))
            }
            None => Ok(images),
        }
    }

    /// What was read, if the entry was whole; one that is cut short is told as damaged.
    fn finish<T>(&self, read: io::Result<T>, bytes: Unpacked<'_>) -> Result<Option<T>, DataError> {
        match read {
            Ok(read) => bytes.finish().map(|()| Some(read)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                bytes.finish().map(|()| None)
            }
            Err(error) => Err(self.source.file.unreadable(None, &error)),
        }
    }
}
