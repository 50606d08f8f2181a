//! Text from outside, made safe to show: one line, no control, no hidden or reordering characters, not too long.

/// `text` with everything unsafe escaped as `\u{…}`, cut after `limit` characters.
pub(crate) fn shown(text: &str, limit: usize) -> String {
    let mut safe = String::new();
    for (count, character) in text.chars().enumerate() {
        if count == limit {
            safe.push('…');
            break;
        }
        if is_unsafe(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// A value between quotes, safe and at most 80 characters long.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", shown(text, 80))
}

/// Control characters (C0, DEL, C1), line separators, and the ones that reorder or hide text: a config from elsewhere
/// must not be able to write to the terminal or to show other words than it holds.
pub(crate) fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}
