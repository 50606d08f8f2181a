//! From bytes to a text that is fit to be parsed: not too long, UTF-8, not too deep.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::depth::too_deep;
use super::node::{Place, Source, SourceKind};
use crate::codes;
use crate::problem::Problem;
use crate::terminal::shown;

/// The longest text that is read, in bytes.
pub(crate) const SIZE: usize = 1_000_000;
/// The deepest nesting of tables and lists.
pub(crate) const DEPTH: usize = 64;

/// A file's bytes, but not more than are ever accepted.
pub(crate) fn bytes_of(path: &Path, name: &str) -> Result<Vec<u8>, Problem> {
    let read = || {
        let mut bytes = Vec::new();
        std::fs::File::open(path)?
            .take(SIZE as u64 + 1)
            .read_to_end(&mut bytes)?;
        Ok::<_, std::io::Error>(bytes)
    };
    read().map_err(|error| {
        let message = format!("cannot read {}: {error}", shown(name, 200));
        Problem::new(codes::UNREADABLE, "", message)
    })
}

/// The text, or why it is not read.
pub(crate) fn source(name: &str, bytes: &[u8], directory: &Path) -> Result<Arc<Source>, Problem> {
    let named = shown(name, 200);
    if bytes.len() > SIZE {
        return Err(too_large(&named));
    }
    let source = |text: &str| {
        let (name, directory) = (name.to_owned(), directory.to_owned());
        Arc::new(Source {
            name,
            text: text.to_owned(),
            directory,
            kind: SourceKind::File,
        })
    };
    // A byte order mark is allowed, and is nothing.
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => {
            let source = source(text);
            within_depth(&source).map(|()| source)
        }
        Err(error) => {
            let at = error.valid_up_to();
            let line = 1 + bytes.iter().take(at).filter(|byte| **byte == b'\n').count();
            let byte = bytes.get(at).copied().unwrap_or_default();
            let place = Place {
                source: source(&String::from_utf8_lossy(bytes)),
                span: at..at + 1,
            };
            Err(Problem::new(
                codes::NOT_UTF8,
                "",
                format!("{named} is not UTF-8: line {line} holds the byte 0x{byte:02x}"),
            )
            .with_label("this is not UTF-8")
            .with_help("save the file as UTF-8")
            .at(place))
        }
    }
}

fn too_large(name: &str) -> Problem {
    Problem::new(
        codes::TOO_LARGE,
        "",
        format!("{name} is larger than 1 MB, the most that is read"),
    )
    .with_help("a configuration names data files; it does not hold data")
}

/// Refuses a text that nests too deep.
pub(crate) fn within_depth(source: &Arc<Source>) -> Result<(), Problem> {
    if source.text.len() > SIZE {
        return Err(too_large(&shown(&source.name, 200)));
    }
    match too_deep(&source.text, DEPTH) {
        None => Ok(()),
        Some(span) => Err(Problem::new(
            codes::TOO_DEEP,
            "",
            format!("tables and lists nest more than {DEPTH} deep"),
        )
        .with_label("this is one too many")
        .at(Place {
            source: Arc::clone(source),
            span,
        })),
    }
}
