//! One line of a text, fit to be shown: cut around the place, with what is unsafe escaped.

use std::ops::Range;

use crate::terminal::is_unsafe;

/// How much of a long line is kept on either side of the caret; the renderer cuts to the terminal's width.
const AROUND: usize = 200;
/// The longest stretch of carets.
const CARETS: usize = 80;

pub(crate) struct Line {
    /// From 1.
    pub(crate) number: usize,
    /// In characters, from 1, in the file.
    pub(crate) column: usize,
    /// The line, or a part of it.
    pub(crate) text: String,
    /// The place in `text`.
    pub(crate) span: Range<usize>,
}

impl Line {
    /// The line in which `span` starts. A place that goes on for several lines is shown where it starts.
    pub(crate) fn of(source: &str, span: &Range<usize>) -> Self {
        let start = floor(source, span.start);
        let before = source.get(..start).unwrap_or_default();
        let after = source.get(start..).unwrap_or_default();
        let (lines_before, head) = match before.rsplit_once('\n') {
            Some((lines, head)) => (lines.matches('\n').count() + 1, head),
            None => (0, before),
        };
        let tail = after.split('\n').next().unwrap_or_default();
        let tail = tail.strip_suffix('\r').unwrap_or(tail);
        let length = floor(source, span.end.max(start))
            .saturating_sub(start)
            .min(tail.len());
        let (place, tail) = tail.split_at_checked(length).unwrap_or((tail, ""));
        let place_is_cut = place.chars().count() > CARETS;

        let skipped = head.chars().count().saturating_sub(AROUND);
        let mut text = escaped(head.chars().skip(skipped));
        let from = text.len();
        text.push_str(&escaped(place.chars().take(CARETS)));
        let to = text.len();
        if place_is_cut {
            text.push_str(&escaped(place.chars().skip(CARETS).take(AROUND)));
        } else {
            text.push_str(&escaped(tail.chars().take(AROUND)));
        }
        Self {
            number: lines_before + 1,
            column: head.chars().count() + 1,
            text,
            span: from..to,
        }
    }

    /// The column that the place has in the text shown.
    pub(crate) fn shown_column(&self) -> usize {
        self.text
            .get(..self.span.start)
            .unwrap_or_default()
            .chars()
            .count()
            + 1
    }

    /// This line and another one above it in one text, with what lies between left blank: text, number of the first
    /// line, this place, the other place.
    pub(crate) fn both(
        source: &str,
        this: &Self,
        other: &Self,
    ) -> Option<(String, usize, Range<usize>, Range<usize>)> {
        /// Farther apart, the other place is not shown.
        const LINES: usize = 10_000;
        if this.shown_column() != this.column || source.is_empty() {
            return None;
        }
        let apart = this.number.checked_sub(other.number)?;
        if apart == 0 || apart > LINES {
            return None;
        }
        let text = format!("{}{}{}", other.text, "\n".repeat(apart), this.text);
        let moved = other.text.len() + apart;
        Some((
            text,
            other.number,
            this.span.start + moved..this.span.end + moved,
            other.span.clone(),
        ))
    }
}

fn escaped(characters: impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    for character in characters {
        if character != '\t' && is_unsafe(character) {
            text.extend(character.escape_unicode());
        } else {
            text.push(character);
        }
    }
    text
}

/// The nearest character boundary at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
