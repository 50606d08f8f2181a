//! A resolved configuration as TOML.

use std::fmt::Write as _;

use super::{Form, Item};
use crate::document::join;
use crate::literal::{Literal, toml_key};

/// Longest line of an inline table.
const LINE: usize = 100;

type Write<'w> = &'w dyn Fn(&Literal) -> String;

pub(crate) fn toml(items: &[(String, Item)], write: Write<'_>) -> String {
    let mut text = String::new();
    section(&mut text, "", items, write);
    text
}

/// Plain keys first: after a header, all keys would be that table's.
fn section(text: &mut String, prefix: &str, items: &[(String, Item)], write: Write<'_>) {
    let lines: Vec<Option<String>> = items
        .iter()
        .map(|(key, item)| line(key, item, write))
        .collect();
    for line in lines.iter().flatten() {
        text.push_str(line);
        text.push('\n');
    }
    for ((key, item), line) in items.iter().zip(&lines) {
        let (Item::Table { items, form }, None) = (item, line) else {
            continue;
        };
        let path = join(prefix, key);
        let has_lines = items
            .iter()
            .any(|(key, item)| self::line(key, item, write).is_some());
        if has_lines || (items.is_empty() && *form == Form::Kept) {
            if !text.is_empty() {
                text.push('\n');
            }
            // Writing to a string cannot fail.
            let _ = writeln!(text, "[{path}]");
        }
        section(text, &path, items, write);
    }
}

/// `key = value`, if it fits on a line.
fn line(key: &str, item: &Item, write: Write<'_>) -> Option<String> {
    let line = format!("{} = {}", toml_key(key), inline(item, write)?);
    let is_plain = matches!(item, Item::Leaf { .. });
    (is_plain || line.chars().count() <= LINE).then_some(line)
}

fn inline(item: &Item, write: Write<'_>) -> Option<String> {
    match item {
        Item::Leaf { value, .. } => Some(write(value)),
        Item::Table {
            form: Form::Section | Form::Kept,
            ..
        } => None,
        Item::Table { items, .. } if items.is_empty() => Some("{}".to_owned()),
        Item::Table { items, .. } => {
            let parts: Option<Vec<String>> = items
                .iter()
                .map(|(key, item)| Some(format!("{} = {}", toml_key(key), inline(item, write)?)))
                .collect();
            Some(format!("{{ {} }}", parts?.join(", ")))
        }
    }
}
