//! How a file is written, apart from where it is: kept in the checkpoint, so that another file can be read alike.

use std::io::{self, BufRead};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Source;
use super::csv::{Csv, CsvLayout};
use super::decode::Picture;
use super::file::FileRef;
use super::given::Given;
use super::idx::{Idx, IdxPart};
use super::images::{Pictures, PicturesLayout};
use super::jsonl::JsonLines;
use super::npz::{Npz, NpzLayout};
use crate::error::DataError;

/// The layout of a source: how to read another file like it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout(pub(crate) Form);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Form {
    Csv(CsvLayout),
    JsonLines,
    Idx,
    Npz(NpzLayout),
    Pictures(PicturesLayout),
    /// Made by a generator: no file is like it.
    Made,
}

impl Default for Layout {
    fn default() -> Self {
        Self(Form::Made)
    }
}

impl Layout {
    /// A file of this layout; of its kind's usual layout if its name says that it is of another kind.
    pub(crate) fn at(&self, file: FileRef) -> Result<Arc<dyn Source>, Unknown> {
        let usual = if file.is_standard_input() {
            self.heard(first_byte())
        } else {
            usual(&file)
        };
        let form = match (&self.0, usual) {
            // A table or folder of pictures stays one.
            (Form::Pictures(_), Some(Form::Csv(_) | Form::Pictures(_))) => &self.0,
            (own, Some(usual)) if std::mem::discriminant(own) != std::mem::discriminant(&usual) => {
                &usual.clone()
            }
            (Form::Made, None) => return Err(Unknown),
            (own, _) => own,
        };
        Ok(match form.clone() {
            Form::Csv(layout) => Arc::new(Csv { file, layout }),
            Form::JsonLines => Arc::new(JsonLines { file }),
            Form::Idx => Arc::new(Idx {
                parts: vec![IdxPart {
                    images: file,
                    labels: Vec::new(),
                }],
            }),
            Form::Npz(layout) => Arc::new(Npz { file, layout }),
            Form::Pictures(layout) => Arc::new(Pictures {
                file,
                root: None,
                layout,
            }),
            Form::Made => return Err(Unknown),
        })
    }

    /// What begins so on standard input, which has no name to say it: between the two kinds of text that a stream of rows
    /// comes as, an object's brace decides.
    fn heard(&self, first: Option<u8>) -> Option<Form> {
        match (&self.0, first?) {
            (Form::Csv(_), b'{') => Some(Form::JsonLines),
            (Form::JsonLines, byte) if !matches!(byte, b'{' | b'[') => {
                Some(Form::Csv(CsvLayout::default()))
            }
            _ => None,
        }
    }

    /// Whether rows come as delimited text.
    #[must_use]
    pub fn is_delimited(&self) -> bool {
        matches!(self.0, Form::Csv(_))
    }

    /// Whether cells are text, of which one can guess what they hold.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self.0, Form::Csv(_) | Form::JsonLines | Form::Pictures(_))
    }

    /// What a command names, read like this.
    pub(crate) fn of(&self, given: &Given) -> Result<Arc<dyn Source>, DataError> {
        let problem = |file: String, problem: String, help: &str| DataError::Format {
            file,
            line: None,
            problem,
            help: Some(help.to_owned()),
        };
        let files = match given {
            Given::File(path) => {
                return self.at(FileRef::new(path)).map_err(|Unknown| {
                    let said = "the ending does not say what kind of file this is".to_owned();
                    problem(given.shown(), said, Unknown::HELP)
                });
            }
            Given::Named(files) => files,
        };
        if self.0 != Form::Idx {
            let said = "only idx data comes as several files".to_owned();
            return Err(problem(
                given.shown(),
                said,
                "name the one file that holds inputs and labels",
            ));
        }
        let (images, labels): (Vec<_>, Vec<_>) = files
            .iter()
            .map(|(name, path)| (name.clone(), FileRef::new(path)))
            .partition(|(name, _)| name == "images");
        let images = images
            .into_iter()
            .next()
            .ok_or_else(|| {
                problem(
                    given.shown(),
                    "there are no `images`".to_owned(),
                    Given::HELP,
                )
            })?
            .1;
        Ok(Arc::new(Idx {
            parts: vec![IdxPart { images, labels }],
        }))
    }

    /// Whether labels stand in files of their own, beside the inputs'.
    pub(crate) fn has_label_files(&self) -> bool {
        self.0 == Form::Idx
    }

    /// The same, but pictures are scaled to this height and width.
    pub(crate) fn scaled_to(mut self, size: [usize; 2]) -> Self {
        if let Form::Pictures(layout) = &mut self.0
            && layout.picture.size.is_some()
        {
            layout.picture.size = Some(size);
        }
        self
    }
}

/// The first byte on standard input that is no white space or byte order mark, which stays there to be read; none if it
/// cannot be told. What is compressed begins with none of these.
fn first_byte() -> Option<u8> {
    let mut input = io::stdin().lock();
    let start = input.fill_buf().ok()?;
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    start.trim_ascii_start().first().copied()
}

/// The file's name does not say what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unknown;

impl Unknown {
    pub(crate) const HELP: &'static str = "the ending says how a file is read: .csv .tsv .jsonl .npz .idx (each also .gz), -ubyte, or a folder of pictures; \
         or write `{ type = \"csv\", file = \"…\" }`";
}

/// What the file's name says.
fn usual(file: &FileRef) -> Option<Form> {
    if file.path.is_dir() {
        return Some(Form::Pictures(PicturesLayout {
            table: CsvLayout::default(),
            column: "path".to_owned(),
            picture: Picture {
                channels: 3,
                size: None,
            },
            may_leave_root: false,
        }));
    }
    let name = file.path.file_name()?.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    if ends(&[".csv", ".tsv", ".tab"]) {
        Some(Form::Csv(CsvLayout::default()))
    } else if ends(&[".jsonl", ".ndjson"]) {
        Some(Form::JsonLines)
    } else if ends(&[".npz"]) {
        Some(Form::Npz(NpzLayout::default()))
    } else if ends(&[".idx", "-ubyte", ".ubyte"]) {
        Some(Form::Idx)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_file_is_read_like_the_first_unless_its_name_says_otherwise() {
        let semicolons = CsvLayout {
            delimiter: Some(b';'),
            ..CsvLayout::default()
        };
        let layout = Layout(Form::Csv(semicolons));
        let form = |name: &str| {
            layout
                .at(FileRef::new(name))
                .map(|source| source.layout().0)
        };
        assert_eq!(form("new.csv.gz"), Ok(layout.0.clone()));
        assert_eq!(layout.heard(Some(b'{')), Some(Form::JsonLines));
        assert_eq!(layout.heard(Some(b'i')), None);
        assert_eq!(layout.heard(None), None);
        let lines = Layout(Form::JsonLines);
        assert_eq!(
            lines.heard(Some(b'i')),
            Some(Form::Csv(CsvLayout::default()))
        );
        assert_eq!(lines.heard(Some(b'{')), None);
        assert_eq!(form("new.jsonl"), Ok(Form::JsonLines));
        assert_eq!(form("t10k-images-idx3-ubyte.gz"), Ok(Form::Idx));
        assert!(Layout::default().at(FileRef::new("what.ever")).is_err());
    }
}
