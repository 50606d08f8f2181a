//! The line at which each row of a file begins: almost always the one after the row before.

/// Lines of consecutive rows, of which only those are held that do not follow the one before.
#[derive(Clone, Debug, Default)]
pub(crate) struct RowLines {
    rows: usize,
    /// A row and its line.
    breaks: Vec<(usize, u64)>,
}

impl RowLines {
    pub(crate) fn push(&mut self, line: u64) {
        if self.at(self.rows) != Some(line) {
            self.breaks.push((self.rows, line));
        }
        self.rows += 1;
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The line of a row.
    pub(crate) fn get(&self, row: usize) -> Option<u64> {
        self.at(row).filter(|_| row < self.rows)
    }

    /// The line of a row, or what follows the last one.
    fn at(&self, row: usize) -> Option<u64> {
        let before = self.breaks.partition_point(|(start, _)| *start <= row);
        let (start, line) = self.breaks.get(before.checked_sub(1)?)?;
        Some(line + (row - start) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_its_line_and_only_breaks_are_held() {
        let lines = [2, 3, 4, 7, 8, 10, 13, 14];
        let mut rows = RowLines::default();
        assert!(rows.is_empty() && rows.get(0).is_none());
        lines.iter().for_each(|line| rows.push(*line));
        let found: Vec<Option<u64>> = (0..9).map(|row| rows.get(row)).collect();
        let wanted: Vec<Option<u64>> = lines.into_iter().map(Some).chain([None]).collect();
        assert_eq!((found, rows.len(), rows.breaks.len()), (wanted, 8, 4));
    }
}
