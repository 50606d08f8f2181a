//! Standard output for results, standard error for everything else, and text made safe to show.
//!
//! A closed standard output ends a command quietly; a closed standard error is nobody's problem.

use std::io::{self, IsTerminal, Write};

use crate::exit::{Exit, Failure};

/// What the two streams are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terminal {
    /// Colours on standard output.
    pub(crate) colors_results: bool,
    /// Colours on standard error.
    pub(crate) colors_messages: bool,
    /// Standard error is a terminal that can move its cursor.
    pub(crate) is_live: bool,
}

impl Terminal {
    /// Of this process; `NO_COLOR` and `TERM=dumb` are respected.
    pub(crate) fn of_process() -> Self {
        let is_plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let (out, err) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let colors = !is_plain && !is_dumb;
        Self {
            colors_results: out && colors,
            colors_messages: err && colors,
            is_live: err && !is_dumb,
        }
    }

    /// Writes a result.
    ///
    /// # Errors
    /// The silent failure if nobody reads any more, an input/output failure else.
    pub(crate) fn result(&self, text: &str) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())
            .and_then(|()| out.flush())
            .map_err(output_failure)
    }

    /// Writes a message; whether anybody reads it makes no difference.
    pub(crate) fn message(&self, text: &str) {
        let mut err = io::stderr().lock();
        drop(err.write_all(text.as_bytes()).and_then(|()| err.flush()));
    }

    /// One line of what the user should know.
    pub(crate) fn note(&self, text: &str) {
        self.labelled("note", "\u{1b}[1;36m", text);
    }

    /// One line of what the user should worry about.
    pub(crate) fn warning(&self, text: &str) {
        self.labelled("warning", "\u{1b}[1;33m", text);
    }

    fn labelled(&self, label: &str, color: &str, text: &str) {
        let (start, end) = if self.colors_messages {
            (color, "\u{1b}[0m")
        } else {
            ("", "")
        };
        self.message(&format!("{start}{label}{end}: {}\n", safe(text)));
    }
}

/// What of the data deserves a look, as one block; nothing if there is nothing.
pub(crate) fn look_at(remarks: &[String]) -> String {
    if remarks.is_empty() {
        return String::new();
    }
    let mut text = String::from("look at this:\n");
    for remark in remarks {
        text.push_str(&format!("  ! {}\n", safe_line(remark, LONGEST)));
    }
    text
}

/// Characters of a remark that are shown.
const LONGEST: usize = 400;

/// What a failed write of a result means.
pub(crate) fn output_failure(error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Failure::closed_pipe()
    } else {
        Failure::new(
            Exit::Io,
            format!("cannot write to standard output: {error}"),
        )
    }
}

/// Text with nothing in it that could steer a terminal: control characters but the newline, and those that hide or
/// reorder text, are escaped.
pub(crate) fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unsafe(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// As [`safe`], on one line and at most `limit` characters long.
pub(crate) fn safe_line(text: &str, limit: usize) -> String {
    let mut shown: String = text.chars().take(limit).collect();
    if text.chars().nth(limit).is_some() {
        shown.push('…');
    }
    safe(&shown).replace('\n', "\\n")
}

fn is_unsafe(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_gets_through() {
        let hostile: String = (0..0x2070).filter_map(char::from_u32).collect();
        let shown = safe_line(&hostile, usize::MAX);
        let bad = |character: char| matches!(u32::from(character), 0..=0x1f | 0x7f..=0x9f | 0x202a..=0x202e | 0x2066..=0x2069);
        assert!(!shown.contains(bad));
        assert_eq!(safe("school: \"GP\" – größer"), "school: \"GP\" – größer");
        assert_eq!(safe_line("a\nbc", 3), "a\\nb…");
    }
}
