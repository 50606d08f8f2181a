//! What a source hands over: named, typed columns, at most one image per row, and perhaps a split of its own.
//!
//! The row order is the file's. Nothing is scaled, coded or dropped yet; that is the business of
//! [`prepare`](crate::prepare).

use crate::column::{Column, Values, Words};
use crate::error::{DataError, DataErrors};
use crate::image::Images;
use crate::row_lines::RowLines;
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
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: usize,
    columns: Vec<Column>,
    images: Option<Images>,
    split: Option<Vec<Part>>,
    files: Vec<Segment>,
    kept: Vec<(String, Vec<Kept>)>,
    unparsable: Unparsable,
    /// Columns whose numbers differ, but not in single precision.
    flattened: Vec<String>,
    /// The row that each row was before some were left out.
    originals: Option<Vec<usize>>,
}

/// A cell that is passed through to an output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Its text; empty if there is none.
    pub text: String,
    /// It is no string where it comes from: a JSON number or truth value, or null if the text is empty.
    pub is_bare: bool,
}

/// Cells that hold text where a number should be, and that are taken as missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Unparsable {
    pub(crate) features: u64,
    pub(crate) labels: u64,
}

/// Rows that come from one file.
#[derive(Clone, Debug)]
struct Segment {
    file: String,
    rows: usize,
    /// Rows of that file before these, when it is read in chunks.
    before: u64,
    lines: Option<RowLines>,
}

/// Where a row stands in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    /// From 1.
    pub(crate) row: u64,
    /// From 1, if the file has lines.
    pub(crate) line: Option<u64>,
}

impl Table {
    /// A table of `rows` rows and no columns; `file` is what errors call it.
    #[must_use]
    pub fn new(file: impl Into<String>, rows: usize) -> Self {
        Self {
            rows,
            columns: Vec::new(),
            images: None,
            split: None,
            files: vec![Segment {
                file: file.into(),
                rows,
                before: 0,
                lines: None,
            }],
            kept: Vec::new(),
            unparsable: Unparsable::default(),
            flattened: Vec::new(),
            originals: None,
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
    pub(crate) fn set_lines(&mut self, lines: RowLines) -> Result<(), DataError> {
        self.check("lines", lines.len())?;
        if let [segment] = self.files.as_mut_slice() {
            segment.lines = Some(lines);
        }
        Ok(())
    }

    /// Says how many rows of the file stand before this table.
    pub(crate) fn set_rows_before(&mut self, rows: u64) {
        if let [segment] = self.files.as_mut_slice() {
            segment.before = rows;
        }
    }

    fn check(&self, what: &str, found: usize) -> Result<(), DataError> {
        if found == self.rows {
            return Ok(());
        }
        Err(DataError::Length {
            file: self.file().to_owned(),
            what: what.to_owned(),
            found,
            rows: self.rows,
        })
    }

    /// What errors call this table.
    #[must_use]
    pub fn file(&self) -> &str {
        self.files
            .first()
            .map_or("", |segment| segment.file.as_str())
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

    /// The names of the columns, each once.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for column in &self.columns {
            if names.last() != Some(&column.name) && !names.contains(&column.name) {
                names.push(column.name.clone());
            }
        }
        names
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

    /// A cell that is not what is wanted of it.
    pub(crate) fn bad_cell(
        &self,
        row: usize,
        column: &str,
        value: &str,
        wanted: &str,
        help: Option<String>,
    ) -> DataError {
        let place = self.place(row);
        DataError::Cell {
            file: place.file,
            row: place.row,
            line: place.line,
            column: column.to_owned(),
            value: value.to_owned(),
            wanted: wanted.to_owned(),
            help,
        }
    }

    /// Where a row stands in its file.
    pub(crate) fn place(&self, row: usize) -> Place {
        let row = match &self.originals {
            Some(originals) => originals.get(row).copied().unwrap_or(row),
            None => row,
        };
        let mut start = 0;
        for segment in &self.files {
            if let Some(inside) = row
                .checked_sub(start)
                .filter(|&inside| inside < segment.rows)
            {
                let line = segment.lines.as_ref().and_then(|lines| lines.get(inside));
                return Place {
                    file: segment.file.clone(),
                    row: segment.before + inside as u64 + 1,
                    line,
                };
            }
            start += segment.rows;
        }
        Place {
            file: self.file().to_owned(),
            row: row as u64 + 1,
            line: None,
        }
    }

    /// Counts cells that were taken as missing because they are no numbers.
    pub(crate) fn count_unparsable(&mut self, cells: Unparsable) {
        self.unparsable.features += cells.features;
        self.unparsable.labels += cells.labels;
    }

    pub(crate) fn unparsable(&self) -> Unparsable {
        self.unparsable
    }

    /// Says of a column of features that its numbers differ, but not in single precision.
    pub(crate) fn set_flattened(&mut self, name: &str) {
        self.flattened.push(name.to_owned());
    }

    pub(crate) fn flattened(&self) -> &[String] {
        &self.flattened
    }

    /// Keeps the cells of a column as they stand.
    pub(crate) fn keep(&mut self, name: String, cells: Vec<Kept>) {
        self.kept.push((name, cells));
    }

    pub(crate) fn take_kept(&mut self) -> Vec<(String, Vec<Kept>)> {
        std::mem::take(&mut self.kept)
    }

    /// Takes a column of features out.
    pub(crate) fn take_numbers(&mut self, name: &str) -> Option<Vec<f32>> {
        match self.take(name, |values| matches!(values, Values::F32(_)))? {
            Values::F32(values) => Some(values),
            _ => None,
        }
    }

    /// Takes a column of exact numbers out.
    pub(crate) fn take_exact(&mut self, name: &str) -> Option<Vec<f64>> {
        match self.take(name, |values| matches!(values, Values::F64(_)))? {
            Values::F64(values) => Some(values),
            _ => None,
        }
    }

    /// Takes a column of text out.
    pub(crate) fn take_words(&mut self, name: &str) -> Option<Words> {
        match self.take(name, |values| matches!(values, Values::Text(_)))? {
            Values::Text(words) => Some(words),
            _ => None,
        }
    }

    /// Takes a column out, so that its memory is used for what it becomes, or is free.
    fn take(&mut self, name: &str, is_it: impl Fn(&Values) -> bool) -> Option<Values> {
        let is_it = |column: &Column| column.name == name && is_it(&column.values);
        let index = self.columns.iter().position(is_it)?;
        Some(self.columns.swap_remove(index).values)
    }

    /// A column of features.
    pub(crate) fn numbers(&self, name: &str) -> Option<&[f32]> {
        self.columns.iter().find_map(|column| match &column.values {
            Values::F32(values) if column.name == name => Some(values.as_slice()),
            _ => None,
        })
    }

    /// A column of text.
    pub(crate) fn words(&self, name: &str) -> Option<&Words> {
        self.columns.iter().find_map(|column| match &column.values {
            Values::Text(words) if column.name == name => Some(words),
            _ => None,
        })
    }

    /// A column of exact numbers.
    pub(crate) fn exact(&self, name: &str) -> Option<&[f64]> {
        self.columns.iter().find_map(|column| match &column.values {
            Values::F64(values) if column.name == name => Some(values.as_slice()),
            _ => None,
        })
    }

    pub(crate) fn columns_mut(&mut self) -> &mut Vec<Column> {
        &mut self.columns
    }

    pub(crate) fn take_images(&mut self) -> Option<Images> {
        self.images.take()
    }

    /// Only the rows whose flag is set; each still knows where it stood.
    pub(crate) fn retain(&mut self, flags: &[bool]) {
        let mut originals = Vec::new();
        let before = self.originals.take();
        for (row, _) in flags.iter().enumerate().filter(|(_, keep)| **keep) {
            let original = match &before {
                Some(before) => before.get(row).copied().unwrap_or_default(),
                None => row,
            };
            originals.push(original);
        }
        self.rows = originals.len();
        self.originals = Some(originals);
        for column in &mut self.columns {
            column.values.retain(flags);
        }
        for (_, cells) in &mut self.kept {
            retain(cells, flags);
        }
        if let Some(split) = &mut self.split {
            retain(split, flags);
        }
        self.images = self.images.take().map(|images| images.retain(flags));
    }

    /// Adds the rows of another table of the same columns, all as `part` of the split.
    ///
    /// # Errors
    /// Columns or images that the other table lacks or has in another type.
    pub(crate) fn append(&mut self, mut other: Self, part: Part) -> Result<(), DataErrors> {
        let mut errors = DataErrors::default();
        for column in &mut self.columns {
            if let Err(error) = column.append(
                &mut other.columns,
                other.files.first().map_or("", |segment| &segment.file),
            ) {
                errors.push(error);
            }
        }
        if let Some(images) = &mut self.images
            && let Err(error) = images.append(other.images.take(), other.file())
        {
            errors.push(error);
        }
        self.split
            .get_or_insert_with(|| vec![Part::Train; self.rows])
            .extend(std::iter::repeat_n(part, other.rows));
        self.rows += other.rows;
        self.count_unparsable(other.unparsable);
        self.files.append(&mut other.files);
        errors.into_result(())
    }
}

/// Keeps the items whose flag is set.
pub(crate) fn retain<T>(items: &mut Vec<T>, flags: &[bool]) {
    let mut flags = flags.iter();
    items.retain(|_| flags.next().copied().unwrap_or(true));
}
