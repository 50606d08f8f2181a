//! A member of a family and the options that are given to it, as one text: `name`, or `name(key=value, …)`.

use std::path::Path;

use crate::document::{Document, Layers};
use crate::fields::Fields;
use crate::literal::Literal;
use crate::read::read;

/// The text.
pub(crate) fn called(name: &str, given: &[(String, Literal)]) -> String {
    if given.is_empty() {
        return name.to_owned();
    }
    let options: Vec<String> = given
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    format!("{name}({})", options.join(", "))
}

/// The name and what stands between the parentheses.
fn parts(text: &str) -> (&str, Option<&str>) {
    match text.split_once('(') {
        Some((name, rest)) => (name, Some(rest.strip_suffix(')').unwrap_or(rest))),
        None => (text, None),
    }
}

/// The name in such a text.
///
/// ```
/// assert_eq!(polytask_config::name_in("top_k(k=3)"), "top_k");
/// ```
#[must_use]
pub fn name_in(text: &str) -> &str {
    parts(text).0
}

/// The text as a list in a config has it.
///
/// ```
/// use polytask_config::item_of;
///
/// assert_eq!(item_of("accuracy"), r#""accuracy""#);
/// assert_eq!(item_of("top_k(k=3)"), r#"{ type = "top_k", k=3 }"#);
/// ```
#[must_use]
pub fn item_of(text: &str) -> String {
    let (name, options) = parts(text);
    let name = Literal::Text(name.to_owned());
    match options {
        Some(options) => format!("{{ type = {name}, {options} }}"),
        None => name.to_string(),
    }
}

/// What a listing makes of `name`, or of `name(key=value)` as [`Fields::entries`] writes it. None if these are no options
/// of the listing.
#[must_use]
pub fn options_in<T>(text: &str, listing: impl FnOnce(&mut Fields<'_>) -> T) -> Option<T> {
    let options = match text.split_once('(') {
        Some((_, rest)) => format!("options = {{ {} }}", rest.strip_suffix(')')?),
        None => String::new(),
    };
    let layers = Layers::text("options", options, Path::new("/"));
    let document = Document::load(layers).ok()?;
    let reading = read(&document, |fields| fields.table("options", "", listing));
    reading.problems.is_empty().then_some(reading.value)
}
