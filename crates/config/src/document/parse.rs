//! One text to one tree, with every syntax error that the parser can get past.

use std::collections::BTreeSet;
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

/// What a text holds.
pub(crate) struct Parsed {
    pub(crate) table: Table,
    /// What is wrong with its syntax.
    pub(crate) problems: Vec<Problem>,
}

/// Parses a whole text. Lines with a syntax error are left out of the table: what the parser made of them would only
/// give further problems that are none.
pub(crate) fn document(layer: &Layer) -> Parsed {
    let text = &layer.source.text;
    let (parsed, errors) = DeTable::parse_recoverable(text);
    let mut table = self::table(layer, parsed.get_ref(), 0);
    let lines = LineNumbers::new(text);
    // What is wrong on the same line, or on the next, mostly follows from the error before: one open bracket makes
    // every line to the end of the file an error.
    let mut in_order: Vec<_> = errors.iter().collect();
    in_order.sort_by_key(|error| error.span().map_or(text.len(), |span| span.start));
    let mut last_line = None;
    let mut problems = Vec::new();
    for error in in_order {
        let span = error.span().unwrap_or(text.len()..text.len());
        let line = *lines.of(&span).start();
        let follows = last_line.is_some_and(|last| line <= lines.next_with_text(text, last));
        if error.message() == DUPLICATE || !follows {
            problems.push(syntax(layer, &table, error.message(), span));
        }
        last_line = Some(line);
    }
    if !errors.is_empty() {
        let spans = errors
            .iter()
            .map(|error| error.span().unwrap_or(text.len()..text.len()));
        let bad: BTreeSet<usize> = spans.flat_map(|span| lines.of(&span)).collect();
        table = without_lines(&table, &lines, &bad);
    }
    Parsed { table, problems }
}

/// What the parser says of a key that is given twice.
const DUPLICATE: &str = "duplicate key";

fn syntax(layer: &Layer, table: &Table, message: &str, span: Range<usize>) -> Problem {
    let text = &layer.source.text;
    if message != DUPLICATE {
        return Problem::new(codes::SYNTAX, "", message.to_owned())
            .with_label("here")
            .at(layer.place(span));
    }
    let key = text.get(span.clone()).unwrap_or_default();
    let mut before = Vec::new();
    same_key(table, text, key, &span, &mut before);
    let first = before.into_iter().max_by_key(|first| first.start);
    let problem = Problem::new(
        codes::DUPLICATE_KEY,
        "",
        format!("{} is given twice", quoted_key(key)),
    )
    .with_label("the second time")
    .at(layer.place(span));
    match first {
        Some(first) => problem.with_second(layer.place(first), "the first time"),
        None => problem,
    }
}

fn quoted_key(key: &str) -> String {
    format!("`{}`", crate::terminal::shown(key, 80))
}

/// The places of the same key before `span`. The parser does not say which table they are in; the nearest is the one.
fn same_key(
    table: &Table,
    text: &str,
    key: &str,
    span: &Range<usize>,
    found: &mut Vec<Range<usize>>,
) {
    for (_, node) in table.iter() {
        if node.key.end <= span.start && text.get(node.key.clone()) == Some(key) {
            found.push(node.key.clone());
        }
        if let Some(inner) = node.table() {
            same_key(inner, text, key, span, found);
        }
    }
}

/// Where lines start.
struct LineNumbers(Vec<usize>);

impl LineNumbers {
    fn new(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at + 1).collect())
    }

    fn of(&self, span: &Range<usize>) -> std::ops::RangeInclusive<usize> {
        let line = |at: usize| self.0.partition_point(|start| *start <= at);
        line(span.start)..=line(span.end.max(span.start))
    }

    /// The first line after `line` that is not empty.
    fn next_with_text(&self, text: &str, line: usize) -> usize {
        let is_empty = |line: usize| {
            let start = line
                .checked_sub(1)
                .map_or(Some(0), |before| self.0.get(before).copied());
            let end = self.0.get(line).copied().unwrap_or(text.len());
            start.is_some_and(|start| {
                text.get(start..end)
                    .is_some_and(|line| line.trim().is_empty())
            })
        };
        let mut next = line + 1;
        while next <= self.0.len() && is_empty(next) {
            next += 1;
        }
        next
    }
}

fn without_lines(table: &Table, lines: &LineNumbers, bad: &BTreeSet<usize>) -> Table {
    let mut kept = Table::default();
    for (key, node) in table.iter() {
        let is_bad = |span: &Range<usize>| bad.range(lines.of(span)).next().is_some();
        let is_placeholder = node.place.span.is_empty();
        let node = match &node.value {
            Value::Table(inner) => node.with_value(Value::Table(without_lines(inner, lines, bad))),
            _ if is_placeholder || is_bad(&node.key) || is_bad(&node.place.span) => continue,
            _ => Arc::clone(node),
        };
        kept.set(key, node);
    }
    kept
}

/// The same tree with another rank.
pub(crate) fn ranked(table: &Table, rank: Rank) -> Table {
    let mut ranked_table = Table::default();
    for (key, node) in table.iter() {
        let value = match &node.value {
            Value::Table(inner) => Value::Table(ranked(inner, rank)),
            other => other.clone(),
        };
        let (place, key_span) = (node.place.clone(), node.key.clone());
        let node = Node {
            value,
            place,
            key: key_span,
            rank,
            profile: None,
            before: None,
        };
        ranked_table.set(key, Arc::new(node));
    }
    ranked_table
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
