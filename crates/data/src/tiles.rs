//! Columns of equal length, a few side by side: a row's cells lie in a few places of memory, not in as many as there are
//! columns, and only few columns are held twice while they are put there.

/// `[rows, width]`, in tiles of neighbouring columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tiles<T> {
    width: usize,
    tiles: Vec<Tile<T>>,
}

/// `[rows, columns]`.
#[derive(Clone, Debug, PartialEq)]
struct Tile<T> {
    columns: usize,
    cells: Vec<T>,
}

/// Columns of a tile at most: more would gain nothing, since 16 numbers fill a cache line.
const MOST: usize = 16;
/// Of the columns, one in so many is held twice at a time.
const SHARE: usize = 8;

impl<T: Copy + Default> Tiles<T> {
    /// Takes so many columns of `rows` cells, one after the other.
    pub(crate) fn of(rows: usize, width: usize, mut columns: impl Iterator<Item = Vec<T>>) -> Self {
        let most = width.div_ceil(SHARE).clamp(1, MOST);
        let mut tiles = Vec::new();
        loop {
            let mut group: Vec<Vec<T>> = columns.by_ref().take(most).collect();
            let cells = match group.as_mut_slice() {
                [] => break,
                // A column alone is its tile.
                [only] => std::mem::take(only),
                group => {
                    let mut cells = Vec::with_capacity(rows * group.len());
                    for row in 0..rows {
                        let cell = |column: &Vec<T>| column.get(row).copied().unwrap_or_default();
                        cells.extend(group.iter().map(cell));
                    }
                    cells
                }
            };
            tiles.push(Tile {
                columns: group.len(),
                cells,
            });
        }
        Self { width, tiles }
    }

    /// How many columns there are.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The cells of a row; none of a row that does not exist.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = T> {
        self.parts(row).flatten().copied()
    }

    /// The cells of a column in these rows; zeros for what does not exist.
    pub(crate) fn column(&self, column: usize, rows: &[u32]) -> Vec<T> {
        let mut before = 0;
        let tile = self.tiles.iter().find_map(|tile| {
            let own = column.checked_sub(before)?;
            before += tile.columns;
            (own < tile.columns).then_some((own, tile))
        });
        let Some((own, tile)) = tile else {
            return vec![T::default(); rows.len()];
        };
        let cell = |&row: &u32| tile.cells.get(row as usize * tile.columns + own).copied();
        rows.iter()
            .map(|row| cell(row).unwrap_or_default())
            .collect()
    }

    /// Adds the cells of a row; zeros for a row that does not exist.
    pub(crate) fn push_row(&self, row: usize, cells: &mut Vec<T>) {
        let end = cells.len() + self.width;
        self.parts(row)
            .for_each(|part| cells.extend_from_slice(part));
        cells.resize(end, T::default());
    }

    fn parts(&self, row: usize) -> impl Iterator<Item = &[T]> {
        self.tiles.iter().map(move |tile| {
            let cells = tile.cells.get(row * tile.columns..(row + 1) * tile.columns);
            cells.unwrap_or_default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_the_columns_whatever_their_number() {
        for width in [0, 1, 7, 8, 9, 40, 129, 300] {
            let columns = (0..width).map(|column| (0..5).map(|row| 1000 * row + column).collect());
            let tiles = Tiles::of(5, width, columns);
            assert_eq!(tiles.width(), width);
            for row in 0..5 {
                let wanted: Vec<usize> = (0..width).map(|column| 1000 * row + column).collect();
                assert_eq!(tiles.row(row).collect::<Vec<_>>(), wanted, "{width}");
                let mut cells = vec![7];
                tiles.push_row(row, &mut cells);
                assert_eq!(cells[1..], wanted, "{width}");
            }
            let mut beyond = Vec::new();
            tiles.push_row(5, &mut beyond);
            assert_eq!(beyond, vec![0; width]);
            for column in 0..width {
                let wanted = [3000 + column, column, 0];
                assert_eq!(tiles.column(column, &[3, 0, 5]), wanted, "{width}");
            }
            assert_eq!(tiles.column(width, &[3, 0]), [0, 0], "{width}");
        }
    }
}
