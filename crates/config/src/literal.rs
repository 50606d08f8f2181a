//! A plain value, as the resolved text and the schema write it.

use std::fmt;
use std::path::PathBuf;

/// A plain value. Its `Display` is TOML.
///
/// ```
/// use polytask_config::Literal;
///
/// assert_eq!(Literal::Number(3e-4).to_string(), "0.0003");
/// assert_eq!(Literal::List(vec![Literal::Text("a\n".into())]).to_string(), r#"["a\n"]"#);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// A string.
    Text(String),
    /// A count.
    Integer(usize),
    /// A finite number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A path.
    Path {
        /// Usable from any directory.
        absolute: PathBuf,
        /// As it was written.
        written: String,
    },
    /// An array.
    List(Vec<Literal>),
    /// An inline table.
    Table(Vec<(String, Literal)>),
}

impl Literal {
    /// The same as JSON; a path is as it was written.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Text(text) => text.as_str().into(),
            Self::Integer(count) => (*count).into(),
            Self::Number(number) => (*number).into(),
            Self::Flag(flag) => (*flag).into(),
            Self::Path { written, .. } => written.as_str().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Table(items) => items
                .iter()
                .map(|(key, item)| (key.clone(), item.to_json()))
                .collect(),
        }
    }

    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// Whether both say the same; a path is where it leads.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Path { absolute, .. },
                Self::Path {
                    absolute: other, ..
                },
            ) => absolute == other,
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .zip(right)
                        .all(|(left, right)| left.is_same(right))
            }
            _ => self == other,
        }
    }

    /// The same with paths as they were written.
    pub(crate) fn as_written(&self) -> Self {
        match self {
            Self::Path { written, .. } => Self::Text(written.clone()),
            Self::List(items) => Self::List(items.iter().map(Self::as_written).collect()),
            other => other.clone(),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&toml_string(text)),
            Self::Integer(count) => write!(f, "{count}"),
            // Rust's shortest exact form is also a TOML float: 0.1, 1e-7, 1.0.
            Self::Number(number) => write!(f, "{number:?}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            // A path that is no Unicode cannot stand in a TOML file; then the text as written is the best there is.
            Self::Path { absolute, written } => {
                f.write_str(&toml_string(absolute.to_str().unwrap_or(written)))
            }
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Self::Table(items) => {
                for (index, (key, item)) in items.iter().enumerate() {
                    f.write_str(if index == 0 { "{ " } else { ", " })?;
                    write!(f, "{} = {item}", toml_key(key))?;
                }
                f.write_str(if items.is_empty() { "{}" } else { " }" })
            }
        }
    }
}

/// A TOML basic string; whatever a terminal should not see is escaped.
pub(crate) fn toml_string(text: &str) -> String {
    let mut written = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            unsafe_one if crate::terminal::is_unsafe(unsafe_one) => {
                let number = u32::from(unsafe_one);
                if number <= 0xffff {
                    written.push_str(&format!("\\u{number:04X}"));
                } else {
                    written.push_str(&format!("\\U{number:08X}"));
                }
            }
            other => written.push(other),
        }
    }
    written.push('"');
    written
}

/// A key as TOML writes it: bare where possible.
pub(crate) fn toml_key(key: &str) -> String {
    let is_bare = !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if is_bare {
        key.to_owned()
    } else {
        toml_string(key)
    }
}
