//! An open set of named things, each with options of its own: written `"name"` or `{ type = "name", … }`.

use std::path::PathBuf;

use crate::fields::Fields;

/// One member of a family: its name, what `list` says about it, and the listing of its options.
///
/// ```
/// use polytask_config::{Entry, options_of};
///
/// struct Smoothing { decay: f64 }
///
/// static SMOOTHINGS: &[Entry<Smoothing>] = &[Entry {
///     name: "exponential",
///     summary: "the newest value counts most",
///     source: "Brown 1956",
///     new: |fields| Smoothing { decay: fields.number("decay", "share of the past").within(0.0..=1.0).or(0.9) },
///     facts: (),
/// }];
///
/// let listed = options_of(SMOOTHINGS);
/// assert_eq!(listed.variants[0].options[0].key, "decay");
/// # let _ = |smoothing: Smoothing| smoothing.decay;
/// ```
pub struct Entry<T: 'static, X: 'static = ()> {
    /// What the configuration calls it.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The paper or page it comes from.
    pub source: &'static str,
    /// Lists its options and makes it.
    pub new: fn(&mut Fields<'_>) -> T,
    /// What else the family wants to know about each member.
    pub facts: X,
}

/// A member that was chosen and made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen<T> {
    /// Its name.
    pub name: &'static str,
    /// What its listing made.
    pub value: T,
}

/// A path, or a member of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathOr<T> {
    /// A string: a path.
    Path(PathBuf),
    /// A table with `type`.
    Entry(Chosen<T>),
}

/// Texts, or a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextsOr<T> {
    /// A string or a list of strings.
    Texts(Vec<String>),
    /// A table.
    Table(T),
}
