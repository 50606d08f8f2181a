//! JSON documents: one per command, each with `"schema_version": 1`.

use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::terminal::Terminal;

/// Version of the layout of every document.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Versioned<T> {
    schema_version: u32,
    #[serde(flatten)]
    content: T,
}

/// `content` (an object) on one line.
///
/// # Errors
/// A bug: content that is no object.
pub(crate) fn line(content: impl Serialize) -> Result<String, Failure> {
    let mut text = serde_json::to_string(&Versioned {
        schema_version: SCHEMA_VERSION,
        content,
    })
    .map_err(unwritable)?;
    text.push('\n');
    Ok(text)
}

/// Prints `content` (an object), indented.
///
/// # Errors
/// Whatever standard output refuses.
pub(crate) fn print(terminal: &Terminal, content: impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(&Versioned {
        schema_version: SCHEMA_VERSION,
        content,
    })
    .map_err(unwritable)?;
    text.push('\n');
    terminal.result(&text)
}

fn unwritable(error: serde_json::Error) -> Failure {
    Failure::new(
        Exit::Internal,
        format!("a document cannot be written as JSON: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_version_comes_first_and_a_number_that_is_none_is_null() {
        let text = line(json!({"a": f64::NAN})).unwrap();
        assert_eq!(text, "{\"schema_version\":1,\"a\":null}\n");
    }
}
