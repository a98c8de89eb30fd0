//! Merged ranges: the value of the first cell is given to every row that the range covers.

use super::cell::{Cell, SourceRow};
use std::collections::VecDeque;

/// A merged range, rows from 1 and columns from 0, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergedRange {
    /// First row.
    pub first_row: u32,
    /// Last row.
    pub last_row: u32,
    /// First column.
    pub first_column: usize,
    /// Last column.
    pub last_column: usize,
}

/// Most merged ranges that are followed in a sheet; a sheet with more is filled for the first ones only.
pub const MOST_RANGES: usize = 200_000;

/// Fills rows, given in order, from the merged ranges that cover them.
#[derive(Debug, Default)]
pub struct MergeFill {
    waiting: VecDeque<MergedRange>,
    open: Vec<(MergedRange, Cell)>,
}

impl MergeFill {
    /// Takes the ranges of a sheet; ranges within one row have nothing to fill.
    pub fn new(mut ranges: Vec<MergedRange>) -> Self {
        ranges.retain(|range| range.last_row > range.first_row);
        ranges.sort_by_key(|range| (range.first_row, range.first_column));
        ranges.truncate(MOST_RANGES);
        Self { waiting: ranges.into(), open: Vec::new() }
    }

    /// Fills one row. Rows must come in ascending order.
    pub fn fill(&mut self, row: &mut SourceRow) {
        self.open.retain(|(range, _)| range.last_row >= row.number);
        for (range, value) in &self.open {
            let column = range.first_column;
            if row.cells.len() <= column {
                row.cells.resize(column + 1, Cell::Blank);
            }
            if let Some(cell) = row.cells.get_mut(column)
                && cell.is_blank()
            {
                *cell = value.clone();
                row.merged.push(column);
            }
        }
        while self.waiting.front().is_some_and(|range| range.first_row <= row.number) {
            let Some(range) = self.waiting.pop_front() else {
                break;
            };
            let value = row.cell(range.first_column);
            if range.first_row == row.number && !value.is_blank() {
                self.open.push((range, value.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merged_cell_gives_its_value_to_every_row_it_covers_and_to_no_other() {
        let mut fill = MergeFill::new(vec![MergedRange { first_row: 2, last_row: 3, first_column: 1, last_column: 1 }]);
        let mut seen = Vec::new();
        for number in 1..=4 {
            let cells = if number == 2 { vec![Cell::text("a"), Cell::text("DE")] } else { vec![Cell::text("a")] };
            let mut row = SourceRow { number, cells, ..SourceRow::default() };
            fill.fill(&mut row);
            seen.push((row.cell(1).shown(), row.merged.len()));
        }
        assert_eq!(seen, [(String::new(), 0), ("DE".into(), 0), ("DE".into(), 1), (String::new(), 0)]);
    }
}
