//! Key paths such as `tasks.digit.metrics[2]` and `score."val/loss"`.

use crate::literal::toml_key;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

/// `prefix.key`, the key quoted where TOML wants it.
pub(crate) fn join(prefix: &str, key: &str) -> String {
    if prefix.is_empty() {
        toml_key(key)
    } else {
        format!("{prefix}.{}", toml_key(key))
    }
}

/// The steps of a key path; nothing if it is none.
pub(crate) fn steps(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path.trim();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']')?;
            steps.push(Step::Index(index.parse().ok()?));
            rest = after;
        } else {
            let rest_of_key = if steps.is_empty() {
                rest
            } else {
                rest.strip_prefix('.')?
            };
            let (key, after) = first_key(rest_of_key)?;
            steps.push(Step::Key(key));
            rest = after;
        }
    }
    Some(steps)
}

fn first_key(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    let quote = text
        .chars()
        .next()
        .filter(|first| matches!(first, '"' | '\''));
    let Some(quote) = quote else {
        let end = text.find(['.', '[']).unwrap_or(text.len());
        let (key, after) = text.split_at(end);
        let key = key.trim();
        return (!key.is_empty()).then(|| (key.to_owned(), after));
    };
    let mut key = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if quote == '"' => key.push(characters.next()?.1),
            end if end == quote => return Some((key, text.get(at + 1..)?)),
            other => key.push(other),
        }
    }
    None
}
