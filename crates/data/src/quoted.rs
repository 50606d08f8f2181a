//! Text from data, made fit for a terminal: cut, and with nothing in it that could steer one.

/// The longest text that is shown of a cell, in characters.
const SHOWN: usize = 80;

/// `"text"`, escaped and cut.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text, true))
}

/// The text without quotes: names of files and columns.
pub(crate) fn shown(text: &str) -> String {
    escaped(text, false)
}

fn escaped(text: &str, in_quotes: bool) -> String {
    // Paths may be long and must stay whole to be of use; the limit there only stops the absurd.
    let limit = if in_quotes { SHOWN } else { 40 * SHOWN };
    let mut out = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == limit {
            out.push('…');
            break;
        }
        let steers = character.is_control()
            || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}');
        if steers || (in_quotes && matches!(character, '"' | '\\')) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        assert_eq!(
            quoted("a\u{1b}[31m\u{202e}\"b\\"),
            r#""a\u{1b}[31m\u{202e}\"b\\""#
        );
        assert_eq!(shown("dir\\näh\u{7f}"), "dir\\näh\\u{7f}");
    }

    #[test]
    fn a_long_cell_is_cut() {
        let text = quoted(&"x".repeat(500));
        assert_eq!(text.chars().count(), SHOWN + 3);
        assert!(text.ends_with("…\""));
    }
}
