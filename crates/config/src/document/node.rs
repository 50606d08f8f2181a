//! The merged tree: values that remember which text they stand in, and where.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

/// A text that values stand in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Source {
    /// What messages call it: a file's name, `-`, a flag.
    pub(crate) name: String,
    /// All of it.
    pub(crate) text: String,
    /// What paths in it are relative to.
    pub(crate) directory: PathBuf,
    pub(crate) kind: SourceKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SourceKind {
    File,
    /// A named flag, such as `--seed`.
    Flag,
    /// A `--set`.
    Set,
}

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) source: Arc<Source>,
    pub(crate) span: Range<usize>,
}

/// Which layer a value belongs to: a higher one wins.
pub(crate) type Rank = usize;

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    /// The value; of a table, its header.
    pub(crate) place: Place,
    /// The key before it, in the same text.
    pub(crate) key: Range<usize>,
    pub(crate) rank: Rank,
    /// The profile that set it.
    pub(crate) profile: Option<Arc<str>>,
    /// What it replaced.
    pub(crate) before: Option<Arc<Node>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Integer(i128),
    /// A float, as written: infinities and NaN are told apart from overflow by the reader.
    Number(f64),
    Flag(bool),
    Date,
    List(Vec<Arc<Node>>),
    Table(Table),
}

/// Keys in the order of the text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    entries: Vec<(String, Arc<Node>)>,
    index: BTreeMap<String, usize>,
}

impl Table {
    pub(crate) fn get(&self, key: &str) -> Option<&Arc<Node>> {
        self.index
            .get(key)
            .and_then(|&at| self.entries.get(at))
            .map(|(_, node)| node)
    }

    pub(crate) fn set(&mut self, key: &str, node: Arc<Node>) {
        match self.index.get(key).and_then(|&at| self.entries.get_mut(at)) {
            Some(entry) => entry.1 = node,
            None => {
                self.index.insert(key.to_owned(), self.entries.len());
                self.entries.push((key.to_owned(), node));
            }
        }
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Arc<Node>> {
        let at = self.index.remove(key)?;
        let (_, node) = self.entries.remove(at);
        for position in self.index.values_mut().filter(|position| **position > at) {
            *position -= 1;
        }
        Some(node)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Arc<Node>)> {
        self.entries.iter().map(|(key, node)| (key.as_str(), node))
    }
}

impl Node {
    pub(crate) fn table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The same place with another value.
    pub(crate) fn with_value(&self, value: Value) -> Arc<Self> {
        Arc::new(Self {
            value,
            place: self.place.clone(),
            key: self.key.clone(),
            rank: self.rank,
            profile: self.profile.clone(),
            before: self.before.clone(),
        })
    }

    /// What it is, with its article.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Number(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::Date => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// The key's place.
    pub(crate) fn key_place(&self) -> Place {
        let span = if self.key.is_empty() {
            self.place.span.clone()
        } else {
            self.key.clone()
        };
        Place {
            source: Arc::clone(&self.place.source),
            span,
        }
    }
}
