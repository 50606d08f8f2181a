//! Numbers and tables as text.

use std::fmt::Write;

use crate::{Flag, Measure};

/// A value and nothing else.
pub(super) fn plain(measure: &Measure) -> String {
    measure
        .value
        .map_or_else(|| measure.to_string(), |value| format!("{value:.3}"))
}

/// A floor as it is printed: none, and why, where something attains less.
pub(super) fn floor(measure: &Measure) -> Measure {
    let mut shown = measure.clone();
    if shown.flags.contains(&Flag::AboveAttained) {
        shown.value = None;
        shown.flags = vec![Flag::AboveAttained];
    }
    shown
}

/// An optional number, in four decimals or as a power of ten.
pub(super) fn number(value: Option<f64>) -> String {
    match value {
        None => "-".into(),
        Some(0.0) => "0".into(),
        // p of thousands of rows; below it nothing is told apart.
        Some(value) if value > 0.0 && value < 1e-99 => "<1e-99".into(),
        Some(value) if value != 0.0 && value.abs() < 1e-3 => format!("{value:.0e}"),
        Some(value) => format!("{value:.4}"),
    }
}

/// A p or q: where it is too small for a float it is still not 0.
pub(super) fn probability(value: Option<f64>) -> String {
    match value {
        Some(0.0) => "<1e-99".into(),
        value => number(value),
    }
}

/// The flags in words.
pub(super) fn flags(measure: &Measure) -> String {
    let names: Vec<&str> = measure
        .flags
        .iter()
        .map(|flag: &Flag| flag.name())
        .collect();
    names.join(", ")
}

/// Columns as wide as their widest cell.
pub(super) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(heads: &[&str]) -> Self {
        Self {
            rows: vec![heads.iter().map(ToString::to_string).collect()],
        }
    }

    pub(super) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(super) fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for row in &self.rows {
            let line: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, &width)| format!("{cell:<width$}"))
                .collect();
            let _ = writeln!(text, "  {}", line.join("  ").trim_end());
        }
        text
    }
}
