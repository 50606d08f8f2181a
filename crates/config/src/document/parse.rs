//! One text to one tree, with every syntax error that the parser can get past.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::node::{Node, Place, Rank, Source, Table, Value};
use crate::codes;
use crate::problem::Problem;

/// What all nodes of a text share.
pub(crate) struct Layer {
    pub(crate) source: Arc<Source>,
    pub(crate) rank: Rank,
    pub(crate) profile: Option<Arc<str>>,
}

impl Layer {
    pub(crate) fn place(&self, span: Range<usize>) -> Place {
        Place {
            source: Arc::clone(&self.source),
            span,
        }
    }

    pub(crate) fn node(&self, value: Value, span: Range<usize>, key: Range<usize>) -> Arc<Node> {
        Arc::new(Node {
            value,
            place: self.place(span),
            key,
            rank: self.rank,
            profile: self.profile.clone(),
            before: None,
        })
    }
}

/// The text's table, and what is wrong with its syntax.
pub(crate) fn document(layer: &Layer) -> (Table, Vec<Problem>) {
    let (table, errors) = DeTable::parse_recoverable(&layer.source.text);
    let problems = errors
        .iter()
        .map(|error| {
            let span = error.span().unwrap_or(0..0);
            let code = if error.message() == "duplicate key" {
                codes::DUPLICATE_KEY
            } else {
                codes::SYNTAX
            };
            Problem::new(code, "", error.message().to_owned()).at(layer.place(span))
        })
        .collect();
    (self::table(layer, table.get_ref(), 0), problems)
}

/// A single value, such as what follows `--set a.b=`, which starts at `offset` in the layer's text.
pub(crate) fn value(
    layer: &Layer,
    text: &str,
    offset: usize,
    key: Range<usize>,
) -> Option<Arc<Node>> {
    let parsed = DeValue::parse(text).ok()?;
    Some(node(layer, &parsed, offset, key))
}

fn table(layer: &Layer, parsed: &DeTable<'_>, offset: usize) -> Table {
    // The parser's map is sorted by name; a text is read in its own order.
    let mut entries: Vec<_> = parsed.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    let mut table = Table::default();
    for (key, value) in entries {
        let span = moved(key.span(), offset);
        table.set(key.get_ref(), node(layer, value, offset, span));
    }
    table
}

fn node(
    layer: &Layer,
    parsed: &Spanned<DeValue<'_>>,
    offset: usize,
    key: Range<usize>,
) -> Arc<Node> {
    let value = match parsed.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(integer) => {
            match i128::from_str_radix(integer.as_str(), integer.radix()) {
                Ok(integer) => Value::Integer(integer),
                Err(_) => Value::Number(f64::INFINITY),
            }
        }
        DeValue::Float(float) => Value::Number(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(_) => Value::Date,
        DeValue::Array(items) => Value::List(
            items
                .iter()
                .map(|item| node(layer, item, offset, 0..0))
                .collect(),
        ),
        DeValue::Table(inner) => Value::Table(table(layer, inner, offset)),
    };
    layer.node(value, moved(parsed.span(), offset), key)
}

fn moved(span: Range<usize>, offset: usize) -> Range<usize> {
    span.start.saturating_add(offset)..span.end.saturating_add(offset)
}
