//! What a listing says when it only describes: keys, kinds, defaults, ranges, allowed words.

mod demands;
mod find;
mod json;
mod kind;

pub use find::Found;
pub use kind::{Kind, Range};

use crate::entry::Entry;
use crate::literal::Literal;

/// All keys of a configuration.
///
/// ```
/// use polytask_config::describe;
///
/// let schema = describe(|fields| {
///     fields.table("train", "the loop", |fields| {
///         fields.integer("epochs", "passes over the rows").at_least(1).or(10);
///     });
/// });
/// let epochs = schema.find("train.epochs").unwrap();
/// assert_eq!(epochs.help, "passes over the rows");
/// assert_eq!(epochs.default.as_ref().unwrap().to_string(), "10");
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The keys at the top, in the order of the listing.
    pub keys: Vec<Node>,
    /// The families that entry keys choose from, each once.
    pub families: Vec<Family>,
}

/// One key.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its name within its table.
    pub key: String,
    /// One line.
    pub help: String,
    /// What it holds.
    pub kind: Kind,
    /// What it is when not given.
    pub default: Option<Literal>,
    /// Whether it must be given (if its table is).
    pub is_required: bool,
}

/// A family of entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Family {
    /// The key that chooses from it.
    pub name: String,
    /// Its members.
    pub variants: Vec<Variant>,
}

/// One member of a family.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    /// What `type` says.
    pub name: &'static str,
    /// One line.
    pub summary: &'static str,
    /// The paper or page it comes from.
    pub source: &'static str,
    /// Its own keys.
    pub options: Vec<Node>,
}

impl Family {
    /// The member of that name.
    #[must_use]
    pub fn variant(&self, name: &str) -> Option<&Variant> {
        self.variants.iter().find(|variant| variant.name == name)
    }
}

impl Schema {
    /// The members of the family that the key at `path` chooses from, with options and defaults.
    ///
    /// ```
    /// # use polytask_config::{describe, Entry};
    /// static SHAPES: &[Entry<f64>] = &[Entry {
    ///     name: "circle", summary: "round", source: "", facts: (),
    ///     new: |fields| fields.number("radius", "in metres").above(0.0).or(1.0),
    /// }];
    /// let schema = describe(|fields| { fields.entry("shape", "what to draw", SHAPES).or("circle"); });
    /// assert_eq!(schema.entries("shape").unwrap()[0].options[0].key, "radius");
    /// ```
    #[must_use]
    pub fn entries(&self, path: &str) -> Option<&[Variant]> {
        let node = self.find(path)?;
        let family = node.kind.family()?;
        self.families
            .get(family)
            .map(|family| family.variants.as_slice())
    }
}

/// What a family offers: each member's summary, source, options and defaults.
#[must_use]
pub fn options_of<T: 'static, X: 'static>(family: &'static [Entry<T, X>]) -> Family {
    let schema = crate::read::describe(|fields| {
        fields.entry("type", "", family).optional();
    });
    schema.families.into_iter().next().unwrap_or_default()
}
