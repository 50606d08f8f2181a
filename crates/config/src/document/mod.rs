//! What the user wrote: layers of TOML, merged, each value with its place.

mod key_path;
mod layers;
mod load;
mod merge;
mod overrides;
mod parse;

pub(crate) mod node;

use std::sync::Arc;

pub(crate) use key_path::{Step, join, steps};
pub use layers::Layers;
pub(crate) use node::{Node, Place, Source, SourceKind, Table, Value};

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
        load::load(layers)
    }

    /// The value at a key path such as `inputs.profile.columns[2]`.
    pub(crate) fn locate(&self, path: &str) -> Option<Arc<Node>> {
        let mut node = Arc::clone(&self.0.root);
        for step in steps(path)? {
            let next = match (&node.value, step) {
                (Value::Table(table), Step::Key(key)) => table.get(&key).cloned(),
                (Value::List(items), Step::Index(index)) => items.get(index).cloned(),
                _ => None,
            };
            node = next?;
        }
        Some(node)
    }
}
