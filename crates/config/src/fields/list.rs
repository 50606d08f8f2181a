//! Lists.

use std::path::PathBuf;

use super::Fields;
use super::Scope;
use super::number::{integer, number};
use super::slot::{Ending, Slot};
use super::word::{PlacedPath, text};
use crate::codes;
use crate::document::{Node, Value};
use crate::entry::TextsOr;
use crate::literal::Literal;
use crate::problem::Problem;
use crate::resolved::Item;
use crate::schema::{Kind, Range};

macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $item:ty, $each:ty) => {
        $(#[$doc])*
        pub struct $name<'f> {
            slot: Slot<'f>,
            each: Range<$each>,
            length: Range<usize>,
        }

        impl<'f> $name<'f> {
            pub(crate) fn new(slot: Slot<'f>) -> Self {
                Self { slot, each: Range::default(), length: Range::default() }
            }

            /// An empty list is a problem.
            #[must_use]
            pub fn at_least_one(mut self) -> Self {
                self.length.at_least = Some(1);
                self
            }

            /// Any other number of items is a problem.
            #[must_use]
            pub fn exactly(mut self, items: usize) -> Self {
                self.length.at_least = Some(items);
                self.length.at_most = Some(items);
                self
            }

            /// The list, or this default.
            pub fn or(self, default: Vec<$item>) -> Vec<$item> {
                self.end(Some(default), false).unwrap_or_default()
            }

            /// The list; a missing one is a problem.
            pub fn required(self) -> Vec<$item> {
                self.end(None, true).unwrap_or_default()
            }

            /// The list, if it is given.
            pub fn optional(self) -> Option<Vec<$item>> {
                self.end(None, false)
            }
        }
    };
}

list! {
    /// A list of finite numbers: give its bounds, then end with `or`, `required` or `optional`.
    NumberList, f64, f64
}

list! {
    /// A list of counts: give its bounds, then end with `or`, `required` or `optional`.
    IntegerList, usize, usize
}

list! {
    /// A list of strings: end with `or`, `required` or `optional`.
    TextList, String, usize
}

list! {
    /// A list of paths: end with `or`, `required` or `optional`.
    PathList, PathBuf, usize
}

fn ending<T>(default: Option<Vec<T>>, is_required: bool) -> Ending<Vec<T>> {
    match default {
        Some(default) => Ending::Or(default),
        None if is_required => Ending::Required(Vec::new()),
        None => Ending::Optional,
    }
}

/// Reads each item; all problems at once.
fn items<T>(
    slot: &Slot<'_>,
    node: &Node,
    (wanted, length, single): (&str, &Range<usize>, bool),
    each: impl Fn(&str, &Node) -> Result<T, Problem>,
) -> Result<Vec<T>, Vec<Problem>> {
    let path = slot.path();
    let list = match &node.value {
        Value::List(list) => list,
        Value::Text(_) if single => {
            return each(&path, node)
                .map(|item| vec![item])
                .map_err(|problem| vec![problem]);
        }
        _ => return Err(vec![slot.wrong_type(wanted, node)]),
    };
    let mut values = Vec::new();
    let mut problems = Vec::new();
    for (index, item) in list.iter().enumerate() {
        match each(&format!("{path}[{index}]"), item) {
            Ok(value) => values.push(value),
            Err(problem) => problems.push(problem),
        }
    }
    if !length.holds(&list.len()) {
        let message = format!("`{path}` must have{length} items, not {}", list.len());
        problems.push(Problem::new(codes::OUT_OF_RANGE, path, message).at(node.place.clone()));
    }
    if problems.is_empty() {
        Ok(values)
    } else {
        Err(problems)
    }
}

fn literals<T>(values: &[T], literal: impl Fn(&T) -> Literal) -> Literal {
    Literal::List(values.iter().map(literal).collect())
}

impl NumberList<'_> {
    /// Bounds of each item.
    #[must_use]
    pub fn each(mut self, range: Range<f64>) -> Self {
        self.each = range;
        self
    }

    fn end(mut self, default: Option<Vec<f64>>, is_required: bool) -> Option<Vec<f64>> {
        let (each, length) = (self.each, self.length);
        let write = |values: &Vec<f64>| literals(values, |value| Literal::Number(*value));
        self.slot.end(
            Kind::Numbers { each, length },
            ending(default, is_required),
            write,
            |slot, node| {
                items(
                    slot,
                    node,
                    ("a list of numbers", &length, false),
                    |path, item| number(slot, path, item, &each),
                )
            },
        )
    }
}

impl IntegerList<'_> {
    /// Bounds of each item.
    #[must_use]
    pub fn each(mut self, range: Range<usize>) -> Self {
        self.each = range;
        self
    }

    fn end(mut self, default: Option<Vec<usize>>, is_required: bool) -> Option<Vec<usize>> {
        let (each, length) = (self.each, self.length);
        let write = |values: &Vec<usize>| literals(values, |value| Literal::Integer(*value));
        self.slot.end(
            Kind::Integers { each, length },
            ending(default, is_required),
            write,
            |slot, node| {
                items(
                    slot,
                    node,
                    ("a list of integers", &length, false),
                    |path, item| integer(slot, path, item, &each),
                )
            },
        )
    }
}

impl TextList<'_> {
    fn end(mut self, default: Option<Vec<String>>, is_required: bool) -> Option<Vec<String>> {
        let (_, length) = (self.each, self.length);
        let write = |values: &Vec<String>| literals(values, |value| Literal::Text(value.clone()));
        self.slot.end(
            Kind::Texts { length },
            ending(default, is_required),
            write,
            |slot, node| {
                items(
                    slot,
                    node,
                    ("a list of strings", &length, true),
                    |_, item| text(slot, item),
                )
            },
        )
    }
}

impl PathList<'_> {
    fn end(mut self, default: Option<Vec<PathBuf>>, is_required: bool) -> Option<Vec<PathBuf>> {
        let (_, length) = (self.each, self.length);
        let default = default.map(|paths| {
            paths
                .into_iter()
                .map(|path| PlacedPath::of_default(&self.slot, path))
                .collect()
        });
        let write = |values: &Vec<PlacedPath>| literals(values, PlacedPath::literal);
        self.slot
            .end(
                Kind::Paths { length },
                ending(default, is_required),
                write,
                |slot, node| {
                    items(slot, node, ("a list of paths", &length, true), |_, item| {
                        PlacedPath::read(slot, item)
                    })
                },
            )
            .map(|paths| paths.into_iter().map(|path| path.absolute).collect())
    }
}

/// A list of strings or a table: end with `required` or `optional`.
pub struct TextsOrTableField<'f, R> {
    slot: Slot<'f>,
    length: Range<usize>,
    read: R,
}

impl<'f, R> TextsOrTableField<'f, R> {
    pub(crate) fn new(slot: Slot<'f>, read: R) -> Self {
        Self {
            slot,
            length: Range::default(),
            read,
        }
    }

    /// An empty list is a problem.
    #[must_use]
    pub fn at_least_one(mut self) -> Self {
        self.length.at_least = Some(1);
        self
    }

    /// The list, or this default.
    pub fn or<T>(self, default: Vec<String>) -> TextsOr<T>
    where
        R: FnOnce(&mut Fields<'_>) -> T,
    {
        self.end(Some(default), false)
            .unwrap_or(TextsOr::Texts(Vec::new()))
    }

    /// What is given; nothing is a problem.
    pub fn required<T>(self) -> TextsOr<T>
    where
        R: FnOnce(&mut Fields<'_>) -> T,
    {
        self.end(None, true).unwrap_or(TextsOr::Texts(Vec::new()))
    }

    /// What is given, if anything is.
    pub fn optional<T>(self) -> Option<TextsOr<T>>
    where
        R: FnOnce(&mut Fields<'_>) -> T,
    {
        self.end(None, false)
    }

    fn end<T>(mut self, default: Option<Vec<String>>, is_required: bool) -> Option<TextsOr<T>>
    where
        R: FnOnce(&mut Fields<'_>) -> T,
    {
        let path = self.slot.path();
        let node = self.slot.node().filter(|_| self.slot.scope.is_reading);
        let table = node.filter(|node| node.table().is_some());
        let scope = match &table {
            Some(table) => Scope::reading(&path, Some(std::sync::Arc::clone(table))),
            None => Scope::describing(&path),
        };
        let (value, below) = self.slot.below(scope, self.read);
        let length = self.length;
        let kind = Kind::TextsOrTable {
            length,
            keys: below.schema,
        };
        if table.is_some() {
            self.slot.declare(kind, None, is_required);
            self.slot.scope.resolve(
                self.slot.key,
                Item::Table {
                    items: below.resolved,
                    is_entry: true,
                },
            );
            return Some(TextsOr::Table(value));
        }
        let write = |values: &Vec<String>| literals(values, |value| Literal::Text(value.clone()));
        self.slot
            .end(kind, ending(default, is_required), write, |slot, node| {
                items(
                    slot,
                    node,
                    ("a list of strings or a table", &length, true),
                    |_, item| text(slot, item),
                )
            })
            .map(TextsOr::Texts)
    }
}
