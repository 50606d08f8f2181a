//! What a source hands over: named, typed columns, at most one image per row, and perhaps a split of its own.
//!
//! The row order is the file's. Nothing is scaled, coded or dropped yet; that is the business of
//! [`prepare`](crate::prepare).

use crate::column::{Column, Values};
use crate::error::DataError;
use crate::image::Images;
use crate::split::Part;

/// Named columns of equal length.
///
/// ```
/// use polytask_data::{Images, Part, Table, Values, Words};
///
/// let mut table = Table::new("two glyphs", 2);
/// table.push("slant", Values::F32(vec![0.1, f32::NAN]))?; // NaN is a missing cell
/// table.push("letter", Values::Text(Words::from_iter([Some("a"), Some("b")])))?;
/// table.set_images(Images::new([1, 2, 2], vec![0, 255, 0, 255, 255, 0, 255, 0])?)?;
/// table.set_split(vec![Part::Train, Part::Test])?;
/// assert_eq!(table.rows(), 2);
/// assert!(table.push("short", Values::F64(vec![1.0])).is_err());
/// # Ok::<(), polytask_data::DataError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Table {
    file: String,
    rows: usize,
    columns: Vec<Column>,
    images: Option<Images>,
    split: Option<Vec<Part>>,
    lines: Option<Vec<u64>>,
}

impl Table {
    /// A table of `rows` rows and no columns; `file` is what errors call it.
    #[must_use]
    pub fn new(file: impl Into<String>, rows: usize) -> Self {
        Self {
            file: file.into(),
            rows,
            columns: Vec::new(),
            images: None,
            split: None,
            lines: None,
        }
    }

    /// Adds a column. One name may stand for several types of the same cells (a number and its text).
    ///
    /// # Errors
    /// [`DataError::Length`] if the column has another number of rows than the table.
    pub fn push(&mut self, name: impl Into<String>, values: Values) -> Result<(), DataError> {
        let name = name.into();
        self.check(&name, values.len())?;
        self.columns.push(Column { name, values });
        Ok(())
    }

    /// Gives each row an image.
    ///
    /// # Errors
    /// [`DataError::Length`] if there is not one image per row.
    pub fn set_images(&mut self, images: Images) -> Result<(), DataError> {
        self.check("images", images.len())?;
        self.images = Some(images);
        Ok(())
    }

    /// The split that the source brings: what is test or val here stays so; the configuration divides the rest.
    ///
    /// # Errors
    /// [`DataError::Length`] if there is not one part per row.
    pub fn set_split(&mut self, split: Vec<Part>) -> Result<(), DataError> {
        self.check("split", split.len())?;
        self.split = Some(split);
        Ok(())
    }

    /// The line of the file at which each row begins (1 is the first), for messages.
    ///
    /// # Errors
    /// [`DataError::Length`] if there is not one line per row.
    pub fn set_lines(&mut self, lines: Vec<u64>) -> Result<(), DataError> {
        self.check("lines", lines.len())?;
        self.lines = Some(lines);
        Ok(())
    }

    fn check(&self, what: &str, found: usize) -> Result<(), DataError> {
        if found == self.rows {
            return Ok(());
        }
        Err(DataError::Length {
            file: self.file.clone(),
            what: what.to_owned(),
            found,
            rows: self.rows,
        })
    }

    /// What errors call this table.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// All columns, in the file's order.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// One image per row, if this is a source of images.
    #[must_use]
    pub fn images(&self) -> Option<&Images> {
        self.images.as_ref()
    }

    /// The source's own split.
    #[must_use]
    pub fn split(&self) -> Option<&[Part]> {
        self.split.as_deref()
    }

    /// The line at which a row begins, if the file has lines.
    #[must_use]
    pub fn line(&self, row: usize) -> Option<u64> {
        self.lines.as_ref()?.get(row).copied()
    }

    /// The parts, for those who take the table apart to save memory.
    pub(crate) fn into_parts(self) -> (Vec<Column>, Option<Images>) {
        (self.columns, self.images)
    }
}
