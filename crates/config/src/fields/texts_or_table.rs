//! A list of strings, or a table in its place.

use super::list::items;
use super::slot::{Ending, Slot};
use super::word::text;
use super::{Fields, Scope};
use crate::entry::TextsOr;
use crate::literal::Literal;
use crate::resolved::{Form, Item};
use crate::schema::{Kind, Range};

/// A list of strings or a table: end with `or`, `required` or `optional`.
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

    /// What is given, or this default.
    pub fn or<T>(self, default: Vec<String>) -> TextsOr<T>
    where
        R: FnOnce(&mut Fields<'_>) -> T,
    {
        self.end(Ending::Or(default))
            .unwrap_or(TextsOr::Texts(Vec::new()))
    }

    /// What is given; nothing is a problem.
    pub fn required<T>(self) -> TextsOr<T>
    where
        R: FnOnce(&mut Fields<'_>) -> T,
    {
        self.end(Ending::Required(Vec::new()))
            .unwrap_or(TextsOr::Texts(Vec::new()))
    }

    /// What is given, if anything is.
    pub fn optional<T>(self) -> Option<TextsOr<T>>
    where
        R: FnOnce(&mut Fields<'_>) -> T,
    {
        self.end(Ending::Optional)
    }

    fn end<T>(mut self, ending: Ending<Vec<String>>) -> Option<TextsOr<T>>
    where
        R: FnOnce(&mut Fields<'_>) -> T,
    {
        let path = self.slot.path();
        let node = self.slot.node().filter(|_| self.slot.scope.is_reading);
        let table = node.filter(|node| node.table().is_some());
        let is_table = table.is_some();
        let scope = if is_table {
            Scope::reading(&path, table)
        } else {
            Scope::describing(&path)
        };
        let (value, below) = self.slot.below(scope, self.read);
        let length = self.length;
        let kind = Kind::TextsOrTable {
            length,
            keys: below.schema,
        };
        let write =
            |items: &Vec<String>| Literal::List(items.iter().cloned().map(Literal::Text).collect());
        if is_table {
            let default = if let Ending::Or(items) = &ending {
                Some(write(items))
            } else {
                None
            };
            self.slot
                .declare(kind, default, matches!(ending, Ending::Required(_)));
            self.slot
                .scope
                .resolve(self.slot.key, Item::table(below.resolved, Form::Inline));
            return Some(TextsOr::Table(value));
        }
        let wanted = kind.to_string();
        self.slot
            .end(kind, ending, write, |_, node| {
                items(&path, node, (&wanted, &length, true), text)
            })
            .map(TextsOr::Texts)
    }
}
