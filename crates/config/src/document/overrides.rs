//! What the command line says: named flags and `--set`, each a small text of its own.

use std::path::Path;
use std::sync::Arc;

use super::key_path::{Step, steps};
use super::layers::NamedFlag;
use super::node::{Node, Rank, Source, SourceKind, Table, Value};
use super::parse::{self, Layer};
use crate::codes;
use crate::problem::Problem;

/// `--seed 7` as a tree.
pub(crate) fn flag(flag: &NamedFlag, directory: &Path, rank: Rank) -> Result<Table, Problem> {
    let text = format!("{} {}", flag.flag, flag.value);
    let layer = layer(&flag.flag, text, SourceKind::Flag, directory, rank);
    let start = flag.flag.len() + 1;
    assignment(&layer, &flag.key, 0..flag.flag.len(), &flag.value, start)
}

/// `--set a.b=VALUE` as a tree.
pub(crate) fn set(assignment_text: &str, directory: &Path, rank: Rank) -> Result<Table, Problem> {
    const FLAG: &str = "--set ";
    let layer = layer(
        "--set",
        format!("{FLAG}{assignment_text}"),
        SourceKind::Set,
        directory,
        rank,
    );
    let Some((key, value)) = split(assignment_text) else {
        let whole = FLAG.len()..FLAG.len() + assignment_text.len();
        return Err(
            Problem::new(codes::BAD_SET, "", "a --set wants KEY=VALUE".to_owned())
                .with_help("write --set train.epochs=3")
                .at(layer.place(whole)),
        );
    };
    let start = FLAG.len() + key.len() + 1;
    assignment(
        &layer,
        key,
        FLAG.len()..FLAG.len() + key.len(),
        value,
        start,
    )
}

/// Splits at the first `=` outside quotes.
fn split(text: &str) -> Option<(&str, &str)> {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            (None, '=') => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

fn layer(name: &str, text: String, kind: SourceKind, directory: &Path, rank: Rank) -> Layer {
    let source = Arc::new(Source {
        name: name.to_owned(),
        text,
        directory: directory.to_owned(),
        kind,
    });
    Layer {
        source,
        rank,
        profile: None,
    }
}

/// A tree with one leaf. What is no TOML value is a string.
fn assignment(
    layer: &Layer,
    key: &str,
    key_span: std::ops::Range<usize>,
    value: &str,
    start: usize,
) -> Result<Table, Problem> {
    let keys: Option<Vec<String>> = steps(key).and_then(|steps| {
        let keys = steps.into_iter().map(|step| match step {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        });
        keys.collect::<Option<Vec<_>>>()
            .filter(|keys| !keys.is_empty() && keys.len() <= super::text::DEPTH)
    });
    let Some(mut keys) = keys else {
        return Err(
            Problem::new(codes::BAD_SET, "", "this is no key".to_owned())
                .with_help(
                    "a key is words joined by dots, such as train.epochs; a list is set as a whole",
                )
                .at(layer.place(key_span)),
        );
    };
    super::text::within_depth(&layer.source)?;
    let span = start..start + value.len();
    let leaf = parse::value(layer, value, start, key_span.clone())
        .unwrap_or_else(|| layer.node(Value::Text(value.to_owned()), span, key_span.clone()));
    let mut table = Table::default();
    let mut leaf: Arc<Node> = leaf;
    while let Some(key) = keys.pop() {
        table = Table::default();
        table.set(&key, leaf);
        leaf = layer.node(
            Value::Table(table.clone()),
            key_span.clone(),
            key_span.clone(),
        );
    }
    Ok(table)
}
