//! Flags, strings, paths and choices.

use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use super::fault::{empty_path, unknown_name, wrong_type};
use super::slot::{Ending, Slot};
use crate::choice::{Choice, name_of};
use crate::document::{Node, Value};
use crate::literal::Literal;
use crate::problem::Problem;
use crate::schema::Kind;

/// `true` or `false`: end with `or`, `required` or `optional`.
pub struct Flag<'f>(Slot<'f>);

impl<'f> Flag<'f> {
    pub(crate) fn new(slot: Slot<'f>) -> Self {
        Self(slot)
    }

    /// The flag, or this default.
    pub fn or(self, default: bool) -> bool {
        self.end(Ending::Or(default)).unwrap_or(default)
    }

    /// The flag; a missing one is a problem.
    pub fn required(self) -> bool {
        self.end(Ending::Required(false)).unwrap_or(false)
    }

    /// The flag, if it is given.
    pub fn optional(self) -> Option<bool> {
        self.end(Ending::Optional)
    }

    fn end(mut self, ending: Ending<bool>) -> Option<bool> {
        self.0.end(
            Kind::Flag,
            ending,
            |value| Literal::Flag(*value),
            |slot, node| match node.value {
                Value::Flag(value) => Ok(value),
                _ => Err(vec![wrong_type(
                    &slot.path(),
                    "true or false",
                    "true or false",
                    node,
                )]),
            },
        )
    }
}

/// A string: end with `or`, `required` or `optional`.
pub struct Text<'f>(Slot<'f>);

impl<'f> Text<'f> {
    pub(crate) fn new(slot: Slot<'f>) -> Self {
        Self(slot)
    }

    /// The string, or this default.
    pub fn or(self, default: impl Into<String>) -> String {
        self.end(Ending::Or(default.into())).unwrap_or_default()
    }

    /// The string; a missing one is a problem.
    pub fn required(self) -> String {
        self.end(Ending::Required(String::new()))
            .unwrap_or_default()
    }

    /// The string, if it is given.
    pub fn optional(self) -> Option<String> {
        self.end(Ending::Optional)
    }

    fn end(mut self, ending: Ending<String>) -> Option<String> {
        self.0.end(
            Kind::Text,
            ending,
            |value| Literal::Text(value.clone()),
            |slot, node| text(&slot.path(), node).map_err(|problem| vec![problem]),
        )
    }
}

/// A path: end with `or`, `required` or `optional`.
pub struct PathField<'f>(Slot<'f>);

impl<'f> PathField<'f> {
    pub(crate) fn new(slot: Slot<'f>) -> Self {
        Self(slot)
    }

    /// The path, or this default, which is relative to the configuration's directory.
    pub fn or(self, default: impl Into<PathBuf>) -> PathBuf {
        let default = PlacedPath::of_default(&self.0, default.into());
        self.end(Ending::Or(default)).unwrap_or_default()
    }

    /// The path; a missing one is a problem.
    pub fn required(self) -> PathBuf {
        self.end(Ending::Required(PlacedPath::default()))
            .unwrap_or_default()
    }

    /// The path, if it is given.
    pub fn optional(self) -> Option<PathBuf> {
        self.end(Ending::Optional)
    }

    fn end(mut self, ending: Ending<PlacedPath>) -> Option<PathBuf> {
        self.0
            .end(Kind::Path, ending, PlacedPath::literal, |slot, node| {
                PlacedPath::read(&slot.path(), node).map_err(|problem| vec![problem])
            })
            .map(|path| path.absolute)
    }
}

/// A path and how it was written.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlacedPath {
    pub(crate) absolute: PathBuf,
    written: String,
}

impl PlacedPath {
    pub(crate) fn of_default(slot: &Slot<'_>, path: PathBuf) -> Self {
        let written = path.display().to_string();
        let absolute = match &slot.work.document {
            Some(document) => placed(&document.0.root.place.source.directory, &path),
            None => path,
        };
        Self { absolute, written }
    }

    pub(crate) fn read(path: &str, node: &Node) -> Result<Self, Problem> {
        let written = text(path, node)?;
        if written.is_empty() {
            return Err(empty_path(path, node));
        }
        let absolute = placed(&node.place.source.directory, Path::new(&written));
        Ok(Self { absolute, written })
    }

    pub(crate) fn literal(&self) -> Literal {
        Literal::Path {
            absolute: self.absolute.clone(),
            written: self.written.clone(),
        }
    }
}

/// Joined, without `.` in between.
fn placed(directory: &Path, path: &Path) -> PathBuf {
    directory.join(path).components().collect()
}

pub(crate) fn text(path: &str, node: &Node) -> Result<String, Problem> {
    match &node.value {
        Value::Text(text) => Ok(text.clone()),
        _ => Err(wrong_type(path, "a string", "a string", node)),
    }
}

/// One of the words of `C`: end with `or`, `required` or `optional`.
pub struct ChoiceField<'f, C> {
    slot: Slot<'f>,
    choice: PhantomData<C>,
}

impl<'f, C: Choice> ChoiceField<'f, C> {
    pub(crate) fn new(slot: Slot<'f>) -> Self {
        Self {
            slot,
            choice: PhantomData,
        }
    }

    /// The choice, or this default.
    pub fn or(self, default: C) -> C {
        self.end(Ending::Or(default)).unwrap_or(default)
    }

    /// The choice; a missing one is a problem.
    ///
    /// # Panics
    /// If `C` has no value at all, which is a bug in `C`.
    #[expect(
        clippy::panic,
        reason = "the values of a choice are a constant of the program"
    )]
    pub fn required(self) -> C {
        let Some((_, placeholder, _)) = C::ALL.first() else {
            panic!("a choice without values")
        };
        self.end(Ending::Required(*placeholder))
            .unwrap_or(*placeholder)
    }

    /// The choice, if it is given.
    pub fn optional(self) -> Option<C> {
        self.end(Ending::Optional)
    }

    fn end(mut self, ending: Ending<C>) -> Option<C> {
        let kind = Kind::Choice(
            C::ALL
                .iter()
                .map(|(name, _, line)| (*name, *line))
                .collect(),
        );
        let write = |value: &C| Literal::Text(name_of(value).unwrap_or_default().to_owned());
        self.slot.end(kind, ending, write, |slot, node| {
            let word = text(&slot.path(), node).map_err(|problem| vec![problem])?;
            let found = C::ALL.iter().find(|(name, _, _)| *name == word);
            let names = || C::ALL.iter().map(|(name, _, _)| *name);
            found
                .map(|(_, value, _)| *value)
                .ok_or_else(|| vec![unknown_name(&slot.path(), node, &word, names())])
        })
    }
}
