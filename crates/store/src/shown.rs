//! How text that others wrote appears in a message: escaped and cut, so that it cannot move a terminal's cursor.

use std::path::Path;

/// Longest piece of foreign text in a message, in characters.
const LONGEST: usize = 80;
/// Longest sentence of a parser, which has to say line and column after what it quotes.
const LONGEST_SENTENCE: usize = 240;

/// `text` with control, bidirectional and other invisible characters escaped, cut at 80 characters.
pub(crate) fn shown(text: &str) -> String {
    escaped(text, LONGEST)
}

/// A parser's message, likewise, cut later.
pub(crate) fn shown_sentence(text: &str) -> String {
    escaped(text, LONGEST_SENTENCE)
}

fn escaped(text: &str, longest: usize) -> String {
    let mut out = String::new();
    for (count, character) in text.chars().enumerate() {
        match character {
            _ if count == longest => {
                out.push('…');
                break;
            }
            '\'' | '"' => out.push(character),
            other => out.extend(other.escape_debug()),
        }
    }
    out
}

/// A path, escaped likewise but whole: a cut path is of no use.
pub(crate) fn shown_path(path: &Path) -> String {
    path.to_string_lossy()
        .chars()
        .map(|character| match character {
            '\'' | '"' | '\\' => character.to_string(),
            other => other.escape_debug().to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_move_the_cursor() {
        let hostile = "a\u{1b}[2Jb\u{202e}c\u{9b}\r\n\u{7}";
        let safe = shown(hostile);
        assert!(
            safe.chars().all(|c| c == ' ' || c.is_ascii_graphic()),
            "{safe}"
        );
        assert!(shown_path(Path::new(hostile)).is_ascii());
        assert_eq!(shown("heads.digit's weight"), "heads.digit's weight");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), LONGEST + 1);
    }
}
