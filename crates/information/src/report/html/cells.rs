//! Records as cells of a table, and as the words a number tells on hovering.

use std::fmt::Write;

use super::super::shown::{flags, number, probability};
use crate::Measure;

/// Characters of a name that a drawing has room for.
const NAME: usize = 22;

/// The heads of a [`record`].
pub(super) const RECORD: [&str; 8] = [
    "value",
    "95 % interval",
    "null mean",
    "p",
    "q",
    "n",
    "estimator",
    "flags",
];

/// A whole record as cells.
pub(super) fn record(measure: &Measure) -> Vec<String> {
    let interval = measure
        .interval
        .map_or("–".into(), |[low, high]| format!("{low:.4} … {high:.4}"));
    vec![
        escaped(&format!("{measure:.4}")),
        interval,
        number(measure.null_mean),
        probability(measure.p),
        probability(measure.q),
        measure.n.to_string(),
        escaped(&measure.estimator),
        escaped(&flags(measure)),
    ]
}

/// A value that tells the rest of its record on hovering.
pub(super) fn told(measure: &Measure) -> String {
    worded(&format!("{measure:.3}"), measure)
}

/// The value in other words, the same on hovering.
pub(super) fn worded(text: &str, measure: &Measure) -> String {
    format!(
        "<span title=\"{}\">{}</span>",
        escaped(&story(measure)),
        escaped(text)
    )
}

/// The record in a line.
pub(super) fn story(measure: &Measure) -> String {
    let mut story = format!("{measure:.4}; {}; n {}", measure.estimator, measure.n);
    if let Some(null) = measure.null_mean {
        let _ = write!(story, "; null {}", number(Some(null)));
    }
    if let Some(p) = measure.p {
        let _ = write!(story, "; p {}", probability(Some(p)));
    }
    if let Some(q) = measure.q {
        let _ = write!(story, "; q {}", probability(Some(q)));
    }
    if !measure.flags.is_empty() && measure.value.is_some() {
        let _ = write!(story, "; {}", flags(measure));
    }
    story
}

/// Cells are already escaped.
pub(super) fn table(page: &mut String, heads: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    page.push_str("<div class=\"scroll\"><table><tr>");
    for head in heads {
        let _ = write!(page, "<th>{head}</th>");
    }
    page.push_str("</tr>\n");
    for row in rows {
        page.push_str("<tr>");
        for cell in row {
            let _ = write!(page, "<td>{cell}</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table></div>\n");
}

/// Names come from files.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(character),
        }
    }
    safe
}

/// Characters of a name cut by [`short`].
pub(super) fn room(name: &str) -> usize {
    name.chars().count().min(NAME + 1)
}

/// A name cut to what a drawing has room for.
pub(super) fn short(name: &str) -> String {
    let mut short: String = name.chars().take(NAME).collect();
    if name.chars().count() > NAME {
        short.push('…');
    }
    escaped(&short)
}
