//! Pictures: a delimited table whose one column holds the paths of PNG or JPEG files, or a folder of such files.

use std::path::{Path, PathBuf};

use polytask_config::Fields;
use serde::{Deserialize, Serialize};

use super::cells::{Cells, Want};
use super::csv::{self, CsvLayout, CsvRows};
use super::decode::{Picture, decode, shape};
use super::file::FileRef;
use super::layout::{Form, Layout};
use super::{Reading, RowReader, Source};
use crate::codes;
use crate::column::{Values, Words};
use crate::error::{DataError, DataErrors};
use crate::image::Images;
use crate::quoted::shown;
use crate::table::Table;

/// A table of pictures, or a folder of them.
#[derive(Clone, Debug)]
pub(crate) struct Pictures {
    pub(crate) file: FileRef,
    /// What the paths in the table are relative to; `None`: the table's folder.
    pub(crate) root: Option<PathBuf>,
    pub(crate) layout: PicturesLayout,
}

/// How such a table is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PicturesLayout {
    pub(crate) table: CsvLayout,
    /// The column of paths.
    pub(crate) column: String,
    pub(crate) picture: Picture,
    /// Paths may leave the root.
    pub(crate) may_leave_root: bool,
}

pub(super) fn options(fields: &mut Fields<'_>) -> Box<dyn Source> {
    let key = Some(fields.key_path("file"));
    let path = fields
        .path("file", "the table, or a folder of PNG and JPEG files")
        .required();
    let root = fields
        .path(
            "root",
            "what the paths in the table are relative to; the table's folder by default",
        )
        .optional();
    let column = fields.text("column", "the column of paths").or("path");
    let channels = fields
        .integer("channels", "1 (grey) or 3 (red, green, blue)")
        .within(1..=3)
        .or(3);
    if channels == 2 {
        let message = "pictures have 1 channel or 3".to_owned();
        fields.problem("channels", codes::BAD_VALUE, message, None);
    }
    let sides = fields
        .integers(
            "size",
            "height and width to scale every picture to; without it all must be equal",
        )
        .optional();
    let size = match sides.as_deref() {
        None => None,
        Some(&[height, width])
            if (1..=16_384).contains(&height) && (1..=16_384).contains(&width) =>
        {
            Some([height, width])
        }
        Some(_) => {
            let message = "`size` is a height and a width, from 1 to 16384".to_owned();
            fields.problem("size", codes::BAD_VALUE, message, None);
            None
        }
    };
    Box::new(Pictures {
        file: FileRef { path, key },
        root,
        layout: PicturesLayout {
            column,
            picture: Picture {
                channels: if channels == 1 { 1 } else { 3 },
                size,
            },
            may_leave_root: fields
                .flag(
                    "allow_outside_root",
                    "paths may lead out of the root folder",
                )
                .or(false),
            table: csv::layout(fields),
        },
    })
}

impl Pictures {
    fn rows(&self, reading: &Reading) -> Result<PictureRows, DataErrors> {
        let is_folder = self.file.path.is_dir();
        let root = match &self.root {
            Some(root) => root.clone(),
            None if is_folder => self.file.path.clone(),
            None => folder_of(&self.file.path).to_owned(),
        };
        let list = if is_folder {
            List::Folder {
                left: names(&self.file)?.into_iter(),
                column: vec![self.layout.column.clone()],
            }
        } else {
            List::Table(Box::new(CsvRows::open(
                &self.file,
                &self.layout.table,
                reading,
            )?))
        };
        let columns = list.columns();
        let Some(column) = columns.iter().position(|name| *name == self.layout.column) else {
            return Err(DataError::UnknownColumn {
                key: self
                    .file
                    .key
                    .as_ref()
                    .map(|key| key.replace(".file", ".column")),
                file: self.file.shown(),
                near: crate::nearest::nearest(&self.layout.column, columns),
                column: self.layout.column.clone(),
                columns: columns.to_vec(),
            }
            .into());
        };
        Ok(PictureRows {
            list,
            column,
            root,
            source: self.clone(),
            reading: reading.clone(),
        })
    }
}

impl Source for Pictures {
    fn open(&self, reading: &Reading) -> Result<Option<Box<dyn RowReader>>, DataErrors> {
        Ok(Some(Box::new(self.rows(reading)?)))
    }

    fn layout(&self) -> Layout {
        Layout(Form::Pictures(self.layout.clone()))
    }
}

/// The folder that a file stands in; of a bare name, and of standard input, the current one.
fn folder_of(file: &Path) -> &Path {
    file.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

enum List {
    Table(Box<CsvRows>),
    Folder {
        left: std::vec::IntoIter<String>,
        column: Vec<String>,
    },
}

impl List {
    fn columns(&self) -> &[String] {
        match self {
            Self::Table(rows) => rows.columns(),
            Self::Folder { column, .. } => column,
        }
    }
}

struct PictureRows {
    list: List,
    /// The index of the column of paths.
    column: usize,
    root: PathBuf,
    source: Pictures,
    reading: Reading,
}

impl RowReader for PictureRows {
    fn name(&self) -> String {
        self.source.file.shown()
    }

    fn columns(&self) -> &[String] {
        self.list.columns()
    }

    fn has_images(&self) -> bool {
        true
    }

    fn image_shape(&self) -> Option<[usize; 3]> {
        let picture = self.source.layout.picture;
        match picture.size {
            Some([height, width]) => Some([picture.channels, height, width]),
            None => shape(&self.first()?, picture, &self.reading.limits).ok(),
        }
    }

    fn chunk(&mut self, wants: &[Want], most: usize) -> Result<Option<Table>, DataErrors> {
        let Some(mut table) = self.listed(wants, most)? else {
            return Ok(None);
        };
        let images = self.images(&table)?;
        table.set_images(images)?;
        Ok(Some(table))
    }
}

impl PictureRows {
    /// The next rows without their pictures.
    fn listed(&mut self, wants: &[Want], most: usize) -> Result<Option<Table>, DataErrors> {
        let mut wants = wants.to_vec();
        if let Some(want) = wants.get_mut(self.column) {
            want.text = true;
        }
        match &mut self.list {
            List::Table(rows) => rows.chunk(&wants, most),
            List::Folder { left, column } => {
                let mut cells =
                    Cells::new(self.source.file.shown(), column, &wants, Default::default());
                for name in left.by_ref().take(most) {
                    cells.push(
                        cells.rows() as u64 + 1,
                        std::iter::once(Some(name.as_bytes())),
                    );
                }
                Ok(Some(cells.finish()?).filter(|table| table.rows() > 0))
            }
        }
    }

    /// The picture of the first row, from another reader, so that this one still gives that row. Standard input is read once.
    fn first(&self) -> Option<PathBuf> {
        if self.source.file.is_standard_input() {
            return None;
        }
        let mut rows = self.source.rows(&self.reading).ok()?;
        let wants = vec![Want::default(); rows.columns().len()];
        let table = rows.listed(&wants, 1).ok()??;
        rows.path(rows.paths(&table)?.get(0)).ok()
    }

    /// The column of paths.
    fn paths<'t>(&self, table: &'t Table) -> Option<&'t Words> {
        let name = &self.source.layout.column;
        table
            .columns()
            .iter()
            .find_map(|column| match &column.values {
                Values::Text(words) if column.name == *name => Some(words),
                _ => None,
            })
    }

    /// The picture of every row.
    fn images(&self, table: &Table) -> Result<Images, DataErrors> {
        let none = Words::default();
        let paths = self.paths(table).unwrap_or(&none);
        let mut errors = DataErrors::default();
        let mut shape = None;
        let mut pixels = Vec::new();
        for row in 0..table.rows() {
            let picture = self.path(paths.get(row)).and_then(|path| {
                decode(&path, self.source.layout.picture, &self.reading.limits)
                    .map_err(|error| error.to_string())
            });
            let problem = match picture {
                Ok((found, bytes)) if *shape.get_or_insert(found) == found => {
                    pixels.extend(bytes);
                    continue;
                }
                Ok((found, _)) => format!(
                    "the picture is of shape {found:?} (channels, height, width), the first one of {:?}",
                    shape.unwrap_or(found)
                ),
                Err(problem) => problem,
            };
            let place = table.place(row);
            let help = problem
                .contains("the first one")
                .then(|| "`size` scales every picture".to_owned());
            errors.push(DataError::Format {
                file: place.file,
                line: place.line,
                problem,
                help,
            });
        }
        errors.into_result(())?;
        Ok(Images::new(shape.unwrap_or([1, 1, 1]), pixels)?)
    }

    /// Where a row's picture is.
    fn path(&self, cell: Option<&str>) -> Result<PathBuf, String> {
        let cell = cell.ok_or_else(|| {
            format!(
                "column `{}` has a missing value",
                shown(&self.source.layout.column)
            )
        })?;
        let path = self.root.join(cell);
        if !self.source.layout.may_leave_root {
            let real = |path: &Path| {
                std::fs::canonicalize(path).map_err(|error| {
                    format!(
                        "cannot open {}: {error}",
                        shown(&path.display().to_string())
                    )
                })
            };
            if !real(&path)?.starts_with(real(&self.root)?) {
                return Err(format!(
                    "`{}` leads out of the folder of the pictures (`allow_outside_root = true` allows it)",
                    shown(cell)
                ));
            }
        }
        Ok(path)
    }
}

/// The picture files of a folder, in the order of their names.
fn names(folder: &FileRef) -> Result<Vec<String>, DataError> {
    let entries =
        std::fs::read_dir(&folder.path).map_err(|error| folder.unopened(error.to_string()))?;
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| folder.unreadable(None, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let lower = name.to_lowercase();
        if [".png", ".jpg", ".jpeg"]
            .iter()
            .any(|ending| lower.ends_with(ending))
        {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(folder.malformed(None, "there is no PNG or JPEG file in the folder"));
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_name_stands_in_the_current_folder() {
        for (file, folder) in [
            ("pics.csv", "."),
            ("-", "."),
            ("a/pics.csv", "a"),
            ("/p.csv", "/"),
        ] {
            assert_eq!(folder_of(Path::new(file)), Path::new(folder), "{file}");
        }
    }
}
