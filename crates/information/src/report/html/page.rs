//! A page of its own for figures that are not a [`Report`](super::super::Report): the same looks, the same records.

use std::fmt::Write;

use super::STYLE;
use super::cells::{escaped, short, story, told, worded};
use crate::Measure;

/// A page under construction. What is added is escaped.
///
/// ```
/// use polytask_information::report::{Cell, Page};
/// use polytask_information::{Measure, Unit};
///
/// let mut page = Page::new("Transfer", "three seeds");
/// let bits = Measure::of(0.031, Unit::Bits, "paired log ratio", 4000).with_se(0.012);
/// page.table(&["task", "bits"], vec![vec![Cell::Text("a < b".into()), Cell::Told(&bits)]]);
/// let html = page.finish();
/// assert!(html.contains("a &lt; b") && html.contains("paired log ratio; n 4000"));
/// ```
#[derive(Clone, Debug)]
pub struct Page(String);

/// A cell of a table.
#[derive(Clone, Debug)]
pub enum Cell<'a> {
    /// Text.
    Text(String),
    /// A number that tells its record on hovering.
    Told(&'a Measure),
    /// A number put in other words, which tells its record on hovering.
    Worded(String, &'a Measure),
}

impl<'a> Cell<'a> {
    /// A number that tells its record, or a dash.
    #[must_use]
    pub fn told(measure: Option<&'a Measure>) -> Self {
        measure.map_or_else(|| Self::Text("–".to_owned()), Self::Told)
    }

    /// The text, which tells the record it comes from if there is one.
    #[must_use]
    pub fn worded(text: String, measure: Option<&'a Measure>) -> Self {
        match measure {
            Some(measure) => Self::Worded(text, measure),
            None => Self::Text(text),
        }
    }
}

const ROW: usize = 30;
const NAME: usize = 200;
const WIDTH: f64 = 480.0;

impl Page {
    /// With a title and a line below it.
    #[must_use]
    pub fn new(title: &str, lede: &str) -> Self {
        let title = escaped(title);
        Self(format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n<p class=\"faint\">{}</p>\n",
            escaped(lede)
        ))
    }

    /// Something that a reader must know first.
    pub fn note(&mut self, text: &str) {
        let _ = writeln!(self.0, "<p class=\"note\">{}</p>", escaped(text));
    }

    /// A heading.
    pub fn heading(&mut self, text: &str) {
        let _ = writeln!(self.0, "<h2>{}</h2>", escaped(text));
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) {
        let _ = writeln!(self.0, "<p>{}</p>", escaped(text));
    }

    /// A table.
    pub fn table(&mut self, heads: &[&str], rows: Vec<Vec<Cell<'_>>>) {
        let cells = |row: Vec<Cell<'_>>| {
            row.into_iter()
                .map(|cell| match cell {
                    Cell::Text(text) => escaped(&text),
                    Cell::Told(measure) => told(measure),
                    Cell::Worded(text, measure) => worded(&text, measure),
                })
                .collect()
        };
        let heads: Vec<String> = heads.iter().map(|head| escaped(head)).collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        super::cells::table(&mut self.0, &heads, rows.into_iter().map(cells));
    }

    /// Values with their intervals on one axis around 0: blue above, red below, pale where the interval holds 0.
    pub fn intervals(&mut self, rows: &[(String, &Measure)]) {
        let ends = |measure: &Measure| {
            let value = measure.value.unwrap_or(0.0);
            let [low, high] = measure.interval.unwrap_or([value, value]);
            (low.min(value), high.max(value))
        };
        let reach = rows
            .iter()
            .map(|(_, measure)| ends(measure))
            .map(|(low, high)| low.abs().max(high.abs()))
            .fold(1e-6, f64::max);
        let place = |bits: f64| NAME as f64 + WIDTH / 2.0 * (1.0 + bits / reach);
        let zero = place(0.0);
        let height = ROW * rows.len() + 24;
        let _ = writeln!(
            self.0,
            "<div class=\"scroll\"><svg width=\"{}\" height=\"{height}\" role=\"img\" aria-label=\"intervals\">\
             <path d=\"M{zero:.1} 0V{}\" stroke=\"#68707a\"/><text x=\"{zero:.1}\" y=\"{}\" text-anchor=\"middle\">0</text>",
            NAME + WIDTH as usize + 190,
            height - 18,
            height - 4
        );
        for (row, (name, measure)) in rows.iter().enumerate() {
            let Some(value) = measure.value else { continue };
            let (low, high) = ends(measure);
            let y = ROW * row + ROW / 2;
            let is_sure = low > 0.0 || high < 0.0;
            let colour = match (is_sure, value > 0.0) {
                (false, _) => "#9aa7b8",
                (true, true) => "#2a64b8",
                (true, false) => "#b3261e",
            };
            let _ = writeln!(
                self.0,
                "<g><title>{}</title><text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\
                 <path d=\"M{:.1} {y}H{:.1}\" stroke=\"{colour}\" stroke-width=\"3\"/>\
                 <circle cx=\"{:.1}\" cy=\"{y}\" r=\"5\" fill=\"{colour}\"/><text x=\"{}\" y=\"{}\">{}</text></g>",
                escaped(&format!("{name}: {}", story(measure))),
                NAME - 10,
                y + 4,
                short(name),
                place(low),
                place(high),
                place(value),
                NAME + WIDTH as usize + 12,
                y + 4,
                escaped(&format!("{measure:.3}"))
            );
        }
        self.0.push_str("</svg></div>\n");
    }

    /// The whole page.
    #[must_use]
    pub fn finish(mut self) -> String {
        self.0.push_str("</body></html>\n");
        self.0
    }
}
