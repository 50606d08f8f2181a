//! What can be wrong with a value, in words.

use crate::codes;
use crate::document::{Node, SourceKind, Value};
use crate::problem::Problem;
use crate::suggest;
use crate::terminal::{quoted, shown};

/// A key path between backticks, not too long.
pub(crate) fn named(path: &str) -> String {
    format!("`{}`", shown(path, 80))
}

/// The value is of another type. `wanted` says all that the key wants, `kind` only the type.
pub(crate) fn wrong_type(path: &str, wanted: &str, kind: &str, node: &Node) -> Problem {
    let problem = Problem::new(
        codes::WRONG_TYPE,
        path,
        format!("{} must be {wanted}", named(path)),
    )
    .with_label(format!("expected {kind}, found {}", node.kind()))
    .at(node.place.clone());
    match repair(kind, node) {
        Some(help) => problem.with_help(help),
        None => problem,
    }
}

/// What to write instead, where that is plain.
fn repair(kind: &str, node: &Node) -> Option<String> {
    let is_argument = node.place.source.kind != SourceKind::File;
    match (&node.value, kind) {
        (Value::Text(text), _) if is_argument && text.starts_with(['[', '{', '"', '\'']) => {
            Some("what follows `=` is not TOML, so it was taken as a string".to_owned())
        }
        (Value::Text(text), "an integer") => text
            .parse::<usize>()
            .ok()
            .map(|count| format!("remove the quotes: {count}")),
        (Value::Text(text), "a number") => {
            let number = text
                .parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())?;
            Some(format!("remove the quotes: {number}"))
        }
        (Value::Text(text), "true or false") if matches!(text.as_str(), "true" | "false") => {
            Some(format!("remove the quotes: {text}"))
        }
        (Value::Number(number), "an integer")
            if *number >= 0.0 && number.fract() == 0.0 && *number < 1e15 =>
        {
            Some(format!("write it without a fraction: {number}"))
        }
        (Value::Integer(number), "a string") => Some(format!("put it in quotes: \"{number}\"")),
        (Value::Flag(flag), "a string") => Some(format!("put it in quotes: \"{flag}\"")),
        _ => None,
    }
}

/// The value is of the right type, but outside its range.
pub(crate) fn out_of_range(path: &str, wanted: &str, node: &Node) -> Problem {
    Problem::new(
        codes::OUT_OF_RANGE,
        path,
        format!("{} must be {wanted}", named(path)),
    )
    .with_label("out of range")
    .at(node.place.clone())
}

/// Infinity, NaN, or a number too large for a float.
pub(crate) fn not_finite(path: &str, wanted: &str, node: &Node) -> Problem {
    Problem::new(
        codes::NOT_FINITE,
        path,
        format!("{} must be {wanted}", named(path)),
    )
    .with_label("not a finite number")
    .at(node.place.clone())
}

/// A path of no letters.
pub(crate) fn empty_path(path: &str, node: &Node) -> Problem {
    Problem::new(
        codes::OUT_OF_RANGE,
        path,
        format!("{} must be a path", named(path)),
    )
    .with_label("names nothing")
    .at(node.place.clone())
}

/// A list of another length.
pub(crate) fn wrong_length(path: &str, wanted: &str, found: usize, node: &Node) -> Problem {
    let items = if found == 1 { "item" } else { "items" };
    Problem::new(
        codes::OUT_OF_RANGE,
        path,
        format!("{} must be {wanted}", named(path)),
    )
    .with_label(format!("found {found} {items}"))
    .at(node.place.clone())
}

/// A word that is not among `names`.
pub(crate) fn unknown_name(
    path: &str,
    node: &Node,
    word: &str,
    names: impl Iterator<Item = &'static str> + Clone,
) -> Problem {
    let mut problem = Problem::new(
        codes::UNKNOWN_NAME,
        path,
        format!("{} cannot be {}", named(path), quoted(word)),
    )
    .with_label("not one of the allowed values")
    .at(node.place.clone());
    if let Some(near) = suggest::nearest(word, names.clone()) {
        problem = problem.with_help(format!("did you mean \"{near}\"?"));
    }
    let allowed: Vec<&str> = names.collect();
    problem.with_help(format!("allowed: {}", allowed.join(", ")))
}

/// A table's name that could not be a key path's.
pub(crate) fn bad_name(path: &str, name: &str, node: &Node) -> Problem {
    Problem::new(
        codes::BAD_NAME,
        path,
        format!("{} cannot be a name", quoted(name)),
    )
    .with_label("a name is [a-z][a-z0-9_]*")
    .with_help("start with a letter a-z and go on with a-z, 0-9 and _")
    .at(node.key_place())
}
