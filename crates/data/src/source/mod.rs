//! Where rows come from. A source reads or makes one [`Table`].
//!
//! Sources whose cells are typed by nature (images, arrays, generators) hand over a finished table. Sources of text
//! hand over rows, and each column is read as what the configuration wants it for: nothing is guessed from the cells.

mod array;
mod cells;
mod csv;
mod decode;
mod file;
mod given;
mod idx;
mod images;
mod jsonl;
mod layout;
mod lines;
mod multi_mnist;
mod npy;
mod npz;
mod records;
mod typed;
mod zip;

use polytask_config::Entry;
use polytask_random::Seed;

pub use cells::{CellRules, Want};
pub use file::FileRef;
pub use given::Given;
pub use layout::Layout;
pub(crate) use layout::Unknown;
pub(crate) use typed::as_wanted;

use crate::builtin::GENERATORS;
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
    /// Columns that are asked for: a stream, which shows its columns only by and by, must not show one of them late.
    pub expected: Vec<String>,
    /// Columns that a file may lack: the targets, where rows are predicted.
    pub optional: Vec<String>,
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
            optional: Vec::new(),
        }
    }
}

/// Every kind of file.
const FILES: &[Entry<Box<dyn Source>>] = &[
    Entry {
        name: "csv",
        summary: "delimited text with a header: CSV, TSV, gzip'd or not",
        source: "RFC 4180",
        new: csv::options,
        facts: (),
    },
    Entry {
        name: "jsonl",
        summary: "JSON lines: one object per row, gzip'd or not",
        source: "jsonlines.org",
        new: jsonl::options,
        facts: (),
    },
    Entry {
        name: "idx",
        summary: "images and labels in the MNIST layout, gzip'd or not",
        source: "LeCun et al. 1998, the MNIST database",
        new: idx::options,
        facts: (),
    },
    Entry {
        name: "multi_mnist",
        summary: "pairs of overlapping digits, left and right, made of images in the MNIST layout",
        source: "Sabour et al. 2017; layout of Sener and Koltun 2018",
        new: multi_mnist::options,
        facts: (),
    },
    Entry {
        name: "npz",
        summary: "NumPy arrays by name",
        source: "NumPy, numpy.lib.format",
        new: npz::options,
        facts: (),
    },
    Entry {
        name: "images",
        summary: "a table of paths of PNG or JPEG files and their labels",
        source: "",
        new: images::options,
        facts: (),
    },
];

/// Every source: files, and built-in generators.
pub static SOURCES: &[Entry<Box<dyn Source>>] = &joined::<{ FILES.len() + GENERATORS.len() }>();

/// The files and then the generators, in one slice: a configuration chooses from one family.
#[expect(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, where an index out of range is an error"
)]
const fn joined<const N: usize>() -> [Entry<Box<dyn Source>>; N] {
    let mut all = [const { copy(&FILES[0]) }; N];
    let mut index = 0;
    while index < N {
        all[index] = if index < FILES.len() {
            copy(&FILES[index])
        } else {
            copy(&GENERATORS[index - FILES.len()])
        };
        index += 1;
    }
    all
}

const fn copy(entry: &Entry<Box<dyn Source>>) -> Entry<Box<dyn Source>> {
    Entry {
        name: entry.name,
        summary: entry.summary,
        source: entry.source,
        new: entry.new,
        facts: (),
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

    /// How its file is written.
    fn layout(&self) -> Layout {
        Layout::default()
    }
}

/// Rows of text cells, read in order.
pub trait RowReader: Send {
    /// What messages call the file.
    fn name(&self) -> String;

    /// The names of the columns, in the file's order.
    fn columns(&self) -> &[String];

    /// Whether each row has an image.
    fn has_images(&self) -> bool {
        false
    }

    /// Channels, height and width of every image, where that is known before the first is read.
    fn image_shape(&self) -> Option<[usize; 3]> {
        None
    }

    /// What the images are called in the file, where that is no column.
    fn images_name(&self) -> Option<&str> {
        None
    }

    /// No image will be asked for: they need not be read.
    fn leave_images(&mut self) {}

    /// The next rows, at most `most` (of arrays, which have no order to be read in, all), each column as it is wanted; `None` at the end.
    ///
    /// # Errors
    /// Cells that do not fit and records that break the format: the first several, the rest counted.
    fn chunk(&mut self, wants: &[Want], most: usize) -> Result<Option<Table>, DataErrors>;
}
