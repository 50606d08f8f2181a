//! Where rows come from. A source reads or makes one [`Table`].
//!
//! Sources whose cells are typed by nature (images, arrays, generators) hand over a finished table. Sources of text
//! hand over rows, and each column is read as what the configuration wants it for: nothing is guessed from the cells.

mod cells;
mod csv;
mod file;
mod lines;
mod records;

use polytask_random::Seed;

pub use cells::{CellRules, Want};
pub use file::FileRef;

use crate::error::DataErrors;
use crate::limits::Limits;
use crate::table::Table;

/// What a source is told when it loads.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The run's seed, for sources that draw (stream names begin with `data/`).
    pub seed: Seed,
    /// How much of the input is believed.
    pub limits: Limits,
    /// What counts as missing in cells of text.
    pub cells: CellRules,
    /// Columns that will be asked for, for sources that learn their columns only while they read.
    pub expected: Vec<String>,
}

impl Reading {
    /// Default limits, nothing but the empty cell missing.
    ///
    /// ```
    /// use polytask_data::Reading;
    /// use polytask_random::Seed;
    ///
    /// assert!(Reading::new(Seed(1)).cells.missing.is_empty());
    /// ```
    #[must_use]
    pub fn new(seed: Seed) -> Self {
        Self {
            seed,
            limits: Limits::default(),
            cells: CellRules::default(),
            expected: Vec::new(),
        }
    }
}

/// A source of rows.
pub trait Source: std::fmt::Debug + Send + Sync {
    /// Reads or makes the whole table, in the file's order. A source of text reads every column as text.
    ///
    /// # Errors
    /// Everything wrong with the input that one pass can find.
    fn load(&self, reading: &Reading) -> Result<Table, DataErrors> {
        let Some(mut rows) = self.open(reading)? else {
            return Ok(Table::new("", 0));
        };
        let text = Want {
            text: true,
            ..Want::default()
        };
        let wants = vec![text; rows.columns().len()];
        Ok(rows
            .chunk(&wants, usize::MAX)?
            .unwrap_or_else(|| Table::new("", 0)))
    }

    /// Opens a source of text cells; `None` if this source is typed by nature.
    ///
    /// # Errors
    /// What can be wrong before the first row: the file, its format, its header.
    fn open(&self, _reading: &Reading) -> Result<Option<Box<dyn RowReader>>, DataErrors> {
        Ok(None)
    }
}

/// Rows of text cells, read in order.
pub trait RowReader: Send {
    /// The names of the columns, in the file's order.
    fn columns(&self) -> &[String];

    /// The next rows, at most `most`, each column as it is wanted; `None` at the end.
    ///
    /// # Errors
    /// Cells that do not fit and records that break the format: the first several, the rest counted.
    fn chunk(&mut self, wants: &[Want], most: usize) -> Result<Option<Table>, DataErrors>;
}
