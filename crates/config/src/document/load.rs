//! From layers to one document: files, `extends`, profile, flags.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::layers::{Layers, Main};
use super::merge::merge_tables;
use super::node::{Node, Place, Rank, Source, SourceKind, Table, Value};
use super::parse::{self, Layer};
use super::{Document, Inner, overrides};
use crate::codes;
use crate::problem::{Problem, Problems};

/// The longest text that is read, in bytes.
pub(crate) const SIZE: usize = 1_000_000;
/// The deepest nesting of tables and lists.
pub(crate) const DEPTH: usize = 64;

pub(crate) fn load(layers: Layers) -> Result<Document, Problems> {
    let source = match &layers.main {
        Main::File(path) => open(path, &layers.directory)?,
        Main::Text { name, text } => Source {
            name: name.clone(),
            text: text.clone(),
            directory: layers.directory.clone(),
            kind: SourceKind::File,
        },
    };
    let source = Arc::new(source);
    let layer = Layer {
        source: Arc::clone(&source),
        rank: 1,
        profile: None,
    };
    let (mut table, mut problems) = parse::document(&layer);
    let is_broken = !problems.is_empty();
    table.remove("profiles");
    let mut rank: Rank = 3;
    let flags = layers
        .flags
        .iter()
        .map(|flag| overrides::flag(flag, &layers.directory, 3));
    let flags: Vec<_> = flags.collect();
    for over in flags {
        match over {
            Ok(over) => merge_tables(&mut table, &over),
            Err(problem) => problems.push(problem),
        }
    }
    for set in &layers.sets {
        rank += 1;
        match overrides::set(set, &layers.directory, rank) {
            Ok(over) => merge_tables(&mut table, &over),
            Err(problem) => problems.push(problem),
        }
    }
    let root = Arc::new(Node {
        value: Value::Table(table),
        place: Place { source, span: 0..0 },
        key: 0..0,
        rank: 0,
        profile: None,
        before: None,
    });
    Ok(Document(Arc::new(Inner {
        root,
        problems,
        is_broken,
    })))
}

fn open(path: &Path, directory: &Path) -> Result<Source, Problems> {
    let full: PathBuf = directory.join(path);
    let name = path.display().to_string();
    let text = std::fs::read_to_string(&full).map_err(|error| {
        Problems(vec![Problem::new(
            codes::UNREADABLE,
            "",
            format!("cannot read {name}: {error}"),
        )])
    })?;
    let directory = full
        .parent()
        .map_or_else(|| directory.to_owned(), Path::to_owned);
    Ok(Source {
        name,
        text,
        directory,
        kind: SourceKind::File,
    })
}
