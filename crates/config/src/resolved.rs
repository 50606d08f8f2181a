//! Every key with its value and where the value comes from.

use std::fmt;
use std::fmt::Write as _;

use crate::document::{Node, SourceKind, join};
use crate::literal::{Literal, toml_key};

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
                profile: None,
            } => write!(f, "{name}:{line}"),
            Self::File {
                name,
                line,
                profile: Some(profile),
            } => write!(f, "{name}:{line} (profile {profile})"),
            Self::Flag(flag) => f.write_str(flag),
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
        is_entry: bool,
    },
}

impl Resolved {
    /// The configuration as TOML, paths absolute. Reading it again gives the same value and the same text.
    #[must_use]
    pub fn to_toml(&self) -> String {
        self.written(&Literal::to_string)
    }

    fn written(&self, literal: &dyn Fn(&Literal) -> String) -> String {
        let mut text = String::new();
        write_table(&mut text, "", &self.items, literal);
        text
    }

    /// Every key with its value and origin, in the order of the listing.
    #[must_use]
    pub fn origins(&self) -> Vec<Setting> {
        let mut settings = Vec::new();
        collect(&mut settings, "", &self.items);
        settings
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

fn write_table(
    text: &mut String,
    prefix: &str,
    items: &[(String, Item)],
    literal: &dyn Fn(&Literal) -> String,
) {
    for (key, item) in items {
        if let Item::Leaf { value, .. } = item {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} = {}", toml_key(key), literal(value));
        }
    }
    for (key, item) in items {
        if let Item::Table { items, .. } = item {
            let path = join(prefix, key);
            let _ = writeln!(text, "\n[{path}]");
            write_table(text, &path, items, literal);
        }
    }
}
