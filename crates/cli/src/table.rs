//! Aligned columns of text.

use crate::terminal::safe_line;

/// Rows of cells; short columns are padded, numbers stand right. Cells are made safe to show.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    sides: Vec<Side>,
    rows: Vec<Vec<String>>,
}

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Left,
    Right,
}

impl Table {
    /// Columns by their heads.
    pub(crate) fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Side)>) -> Self {
        let (heads, sides): (Vec<&str>, Vec<Side>) = columns.into_iter().unzip();
        let mut table = Self {
            sides,
            rows: Vec::new(),
        };
        table.row(heads.into_iter().map(str::to_owned));
        table
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(
            cells
                .into_iter()
                .map(|cell| safe_line(&cell, usize::MAX))
                .collect(),
        );
    }

    /// Leaves out the columns in which there is nothing but the head.
    pub(crate) fn drop_empty(&mut self) {
        let has_text = |column: usize| {
            let cells = self.rows.iter().skip(1).filter_map(|row| row.get(column));
            cells.into_iter().any(|cell| !cell.is_empty())
        };
        let kept: Vec<bool> = (0..self.sides.len()).map(has_text).collect();
        let mut keep = kept.iter();
        self.sides.retain(|_| keep.next().copied().unwrap_or(true));
        for row in &mut self.rows {
            let mut keep = kept.iter();
            row.retain(|_| keep.next().copied().unwrap_or(true));
        }
    }

    /// Whether there are only heads.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.len() <= 1
    }

    /// The text, two blanks between columns, none at the ends of lines. Heads are bold if `color`.
    pub(crate) fn text(&self, color: bool) -> String {
        let widths: Vec<usize> = (0..self.sides.len())
            .map(|column| {
                self.rows
                    .iter()
                    .filter_map(|row| row.get(column))
                    .map(|cell| width(cell))
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for ((cell, side), wanted) in row.iter().zip(&self.sides).zip(&widths) {
                let padding = " ".repeat(wanted.saturating_sub(width(cell)));
                if !line.is_empty() {
                    line.push_str("  ");
                }
                match side {
                    Side::Left => line.extend([cell.as_str(), padding.as_str()]),
                    Side::Right => line.extend([padding.as_str(), cell.as_str()]),
                }
            }
            let line = line.trim_end();
            if number == 0 && color {
                text.push_str(&format!("\u{1b}[1m{line}\u{1b}[0m\n"));
            } else {
                text.push_str(line);
                text.push('\n');
            }
        }
        text
    }
}

/// Columns of a terminal, near enough: wide scripts count double.
fn width(text: &str) -> usize {
    text.chars()
        .map(|character| match u32::from(character) {
            0x0300..=0x036f => 0,
            0x1100..=0x115f
            | 0x2e80..=0xa4cf
            | 0xac00..=0xd7a3
            | 0xf900..=0xfaff
            | 0xff00..=0xff60
            | 0x1f300..=0x1faff => 2,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_nothing_is_left_out() {
        let mut table = Table::new([("a", Side::Left), ("b", Side::Left), ("c", Side::Left)]);
        table.row(["1", "", "3"].map(str::to_owned));
        table.drop_empty();
        assert_eq!(table.text(false), "a  c\n1  3\n");
    }

    #[test]
    fn columns_line_up() {
        let mut table = Table::new([("task", Side::Left), ("rows", Side::Right)]);
        table.row(["digit".to_owned(), "1,234".to_owned()]);
        table.row(["数".to_owned(), "7".to_owned()]);
        assert_eq!(
            table.text(false),
            "task    rows\ndigit  1,234\n数         7\n"
        );
    }
}
