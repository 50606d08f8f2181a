//! What the user wrote: layers of TOML, merged, each value with its place.

mod depth;
mod key_path;
mod layers;
mod load;
mod merge;
mod overrides;
mod parse;
mod profile;
mod text;

pub(crate) mod node;

use std::sync::Arc;

pub(crate) use key_path::{Step, join, steps};
pub use layers::Layers;
pub(crate) use node::{Node, Place, SourceKind, Table, Value};

use crate::problem::{Problem, Problems};

/// All layers merged. Cheap to clone.
///
/// ```
/// use polytask_config::{Document, Layers, read};
///
/// let layers = Layers::text("demo.toml", "epochs = 3", "/data").set("epochs=4");
/// let document = Document::load(layers).unwrap();
/// let epochs = read(&document, |fields| fields.integer("epochs", "passes over the rows").or(10));
/// assert_eq!(epochs.value, 4);
/// ```
#[derive(Clone, Debug)]
pub struct Document(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) root: Arc<Node>,
    /// Every profile's changes, whether or not it was asked for.
    pub(crate) profiles: Vec<(String, Table)>,
    /// What was wrong before anything was read: syntax, `extends`, profile, version.
    pub(crate) problems: Vec<Problem>,
    /// A syntax error may have swallowed keys, so a missing one says nothing.
    pub(crate) is_broken: bool,
}

impl Document {
    /// Reads and merges all layers.
    ///
    /// Syntax errors and the like are kept for [`read`](crate::read), which reports them along with everything else.
    ///
    /// # Errors
    /// When there is nothing to read: the file is missing, is no UTF-8, or is too large.
    pub fn load(layers: Layers) -> Result<Self, Problems> {
        load::load(&layers)
    }

    /// Whether somebody gave the value at a key path.
    ///
    /// ```
    /// use polytask_config::{Document, Layers};
    ///
    /// let document = Document::load(Layers::text("demo.toml", "[a]\nb = [1]", "/")).unwrap();
    /// assert!(document.holds("a.b[0]"));
    /// assert!(!document.holds("a.b[1]") && !document.holds("a.c"));
    /// ```
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        let mut node = &self.0.root;
        steps(path).is_some_and(|steps| {
            steps.into_iter().all(|step| {
                let next = match (&node.value, step) {
                    (Value::Table(table), Step::Key(key)) => table.get(&key),
                    (Value::List(items), Step::Index(index)) => items.get(index),
                    _ => None,
                };
                node = next.unwrap_or(node);
                next.is_some()
            })
        })
    }

    /// The value at a key path such as `inputs.profile.columns[2]`, or the innermost table or list around it.
    fn locate(&self, path: &str) -> Option<Arc<Node>> {
        let mut node = &self.0.root;
        for step in steps(path)? {
            let next = match (&node.value, step) {
                (Value::Table(table), Step::Key(key)) => table.get(&key),
                (Value::List(items), Step::Index(index)) => items.get(index),
                _ => None,
            };
            match next {
                Some(next) => node = next,
                None => break,
            }
        }
        (!Arc::ptr_eq(node, &self.0.root)).then(|| Arc::clone(node))
    }

    /// Where that is in its text: of a table whose `type` another layer chose, where that layer says so, for what is wrong with
    /// the choice does not stand at the table's header.
    pub(crate) fn place_of(&self, path: &str) -> Option<Place> {
        let node = self.locate(path)?;
        let chosen = match &node.value {
            Value::Table(table) => table.get("type").map(|kind| &kind.place),
            _ => None,
        };
        let is_elsewhere = |place: &&Place| place.source != node.place.source;
        Some(chosen.filter(is_elsewhere).unwrap_or(&node.place).clone())
    }
}
