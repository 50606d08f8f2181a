//! Every key with its value and where the value comes from.

mod write;

use std::collections::BTreeMap;
use std::fmt;

use crate::document::{Node, SourceKind, join};
use crate::literal::Literal;
use crate::terminal::shown;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave it.
    Default,
    /// A file.
    File {
        /// As messages call it.
        name: String,
        /// From 1.
        line: usize,
        /// The profile it belongs to.
        profile: Option<String>,
    },
    /// A named flag, such as `--seed`.
    Flag(String),
    /// A `--set`.
    Set,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File {
                name,
                line,
                profile,
            } => {
                write!(f, "{}:{line}", shown(name, 200))?;
                match profile {
                    Some(profile) => write!(f, " (profile {})", shown(profile, 80)),
                    None => Ok(()),
                }
            }
            Self::Flag(flag) => f.write_str(&shown(flag, 80)),
            Self::Set => f.write_str("--set"),
        }
    }
}

impl Origin {
    pub(crate) fn of(node: &Node) -> Self {
        let source = &node.place.source;
        match source.kind {
            SourceKind::Flag => Self::Flag(source.name.clone()),
            SourceKind::Set => Self::Set,
            SourceKind::File => {
                let before = source.text.as_bytes().iter().take(node.place.span.start);
                Self::File {
                    name: source.name.clone(),
                    line: 1 + before.filter(|byte| **byte == b'\n').count(),
                    profile: node.profile.as_deref().map(str::to_owned),
                }
            }
        }
    }
}

/// One key with its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// `train.epochs`.
    pub key: String,
    /// Its value.
    pub value: Literal,
    /// Who gave it.
    pub origin: Origin,
}

/// A key in which two configurations differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// `train.epochs`.
    pub key: String,
    /// Its value on the left, if it has one there.
    pub left: Option<Literal>,
    /// Its value on the right, if it has one there.
    pub right: Option<Literal>,
}

/// A configuration with every default filled in.
///
/// ```
/// use polytask_config::{Document, Layers, read};
///
/// let layers = Layers::text("demo.toml", "epochs = 3", "/").set("rate=0.5");
/// let document = Document::load(layers).unwrap();
/// let reading = read(&document, |fields| {
///     fields.integer("epochs", "passes over the rows").or(10);
///     fields.number("rate", "step size").or(0.1);
///     fields.flag("shuffle", "another order each epoch").or(true);
/// });
/// assert_eq!(reading.resolved.to_toml(), "epochs = 3\nrate = 0.5\nshuffle = true\n");
///
/// let origins: Vec<String> = reading.resolved.origins().iter().map(|one| one.origin.to_string()).collect();
/// assert_eq!(origins, ["demo.toml:1", "--set", "default"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    pub(crate) items: Vec<(String, Item)>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Leaf {
        value: Literal,
        origin: Origin,
    },
    Table {
        items: Vec<(String, Item)>,
        form: Form,
    },
}

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Under a header, if anything is in it.
    Section,
    /// Under a header, even if nothing is in it: that it is there says something.
    Kept,
    /// Inline, if it is short.
    Inline,
}

impl Item {
    pub(crate) fn leaf(value: Literal, origin: Origin) -> Self {
        Self::Leaf { value, origin }
    }

    pub(crate) fn table(items: Vec<(String, Self)>, form: Form) -> Self {
        Self::Table { items, form }
    }
}

impl Resolved {
    /// The configuration as TOML, paths absolute. Reading it again gives the same value and the same text.
    #[must_use]
    pub fn to_toml(&self) -> String {
        write::toml(&self.items, &Literal::to_string)
    }

    /// The same with paths as they were written: it says the same only from where it was read.
    #[must_use]
    pub fn to_toml_as_written(&self) -> String {
        write::toml(&self.items, &|value| value.as_written().to_string())
    }

    /// Every key with its value and origin, in the order of the listing.
    #[must_use]
    pub fn origins(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        collect(&mut settings, "", &self.items);
        settings
    }

    /// The keys in which `self` (left) and `other` (right) differ, whoever set them. Paths are the same if they lead to
    /// the same place, however they are written.
    ///
    /// ```
    /// # use polytask_config::{Document, Layers, read};
    /// # let resolved = |text| {
    /// #     let document = Document::load(Layers::text("demo.toml", text, "/")).unwrap();
    /// #     read(&document, |fields| fields.integer("epochs", "passes").or(10)).resolved
    /// # };
    /// let differences = resolved("epochs = 3").diff(&resolved(""));
    /// assert_eq!(differences[0].key, "epochs");
    /// assert_eq!(differences[0].right.as_ref().unwrap().to_string(), "10");
    /// assert!(resolved("").diff(&resolved("epochs = 10")).is_empty());
    /// ```
    #[must_use]
    pub fn diff(&self, other: &Self) -> Vec<Difference> {
        let left = self.origins();
        let mut right: BTreeMap<String, Setting> = other
            .origins()
            .into_iter()
            .map(|setting| (setting.key.clone(), setting))
            .collect();
        let order: Vec<String> = other
            .origins()
            .into_iter()
            .map(|setting| setting.key)
            .collect();
        let mut differences = Vec::new();
        for setting in left {
            let value = right.remove(&setting.key).map(|other| other.value);
            if !value
                .as_ref()
                .is_some_and(|value| value.is_same(&setting.value))
            {
                let (key, left) = (setting.key, Some(setting.value));
                differences.push(Difference {
                    key,
                    left,
                    right: value,
                });
            }
        }
        for key in order {
            if let Some(setting) = right.remove(&key) {
                differences.push(Difference {
                    key,
                    left: None,
                    right: Some(setting.value),
                });
            }
        }
        differences
    }
}

fn collect(settings: &mut Vec<Setting>, prefix: &str, items: &[(String, Item)]) {
    for (key, item) in items {
        let key = join(prefix, key);
        match item {
            Item::Leaf { value, origin } => {
                settings.push(Setting {
                    key,
                    value: value.clone(),
                    origin: origin.clone(),
                });
            }
            Item::Table { items, .. } => collect(settings, &key, items),
        }
    }
}
