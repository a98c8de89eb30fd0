//! The rows of one BIFF8 sheet.

use super::records::{Record, Records};
use super::{END, strings};
use crate::notice::FileFault;
use crate::source::cell::{Cell, SourceRow};
use crate::source::compound::{u16_at, u32_at};
use crate::source::merge::MergedRange;
use crate::source::number::{error_cell, f64_at, float_cell, packed_cell};
use crate::source::number_format::NumberFormat;
use crate::source::xlsx::formatted;
use crate::source::{Layout, Limits, beyond};
use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;

const BOF: u16 = 0x0809;
const ROW: u16 = 0x0208;
const COLUMNS: u16 = 0x007d;
const MERGED: u16 = 0x00e5;
const SHARED_TEXT: u16 = 0x00fd;
const TEXT: u16 = 0x0204;
const RK: u16 = 0x027e;
const RKS: u16 = 0x00bd;
const NUMBER: u16 = 0x0203;
const FORMULA: u16 = 0x0006;
const FORMULA_TEXT: u16 = 0x0207;
const BOOL_OR_ERROR: u16 = 0x0205;

/// Hidden columns, merged ranges, and the numbers of hidden rows.
pub fn layout(records: Records<'_>) -> (Layout, HashSet<u32>) {
    let mut layout = Layout::default();
    let mut hidden = HashSet::new();
    for record in top_level(records) {
        let data = record.data;
        match record.kind {
            ROW if u16_at(data, 12).is_some_and(|options| options & 0x20 != 0) => {
                hidden.extend(u16_at(data, 0).map(|row| u32::from(row) + 1))
            }
            COLUMNS if u16_at(data, 8).is_some_and(|options| options & 1 != 0) => {
                if let (Some(first), Some(last)) = (u16_at(data, 0), u16_at(data, 2)) {
                    layout.hidden_columns.extend((first..=last.min(255)).map(usize::from));
                }
            }
            MERGED => {
                let count = usize::from(u16_at(data, 0).unwrap_or(0));
                layout.merged.extend((0..count).filter_map(|index| range(data, 2 + index * 8)));
            }
            _ => {}
        }
    }
    (layout, hidden)
}

fn range(data: &[u8], at: usize) -> Option<MergedRange> {
    Some(MergedRange {
        first_row: u32::from(u16_at(data, at)?) + 1,
        last_row: u32::from(u16_at(data, at + 2)?) + 1,
        first_column: usize::from(u16_at(data, at + 4)?),
        last_column: usize::from(u16_at(data, at + 6)?),
    })
}

/// Whether the cells come row by row.
fn is_ordered(records: Records<'_>) -> bool {
    let mut last = 0;
    top_level(records).filter(|record| is_cell(record.kind)).filter_map(|record| u16_at(record.data, 0)).all(|row| {
        let ordered = row >= last;
        last = row;
        ordered
    })
}

fn is_cell(kind: u16) -> bool {
    matches!(kind, SHARED_TEXT | TEXT | RK | RKS | NUMBER | FORMULA | BOOL_OR_ERROR)
}

/// The records of the sheet itself: those of embedded charts are left out.
fn top_level(records: Records<'_>) -> impl Iterator<Item = Record<'_>> {
    let mut depth = 0_u32;
    records
        .scan(false, move |done, record| {
            if *done {
                return None;
            }
            match record.kind {
                BOF => depth += 1,
                END => {
                    depth = depth.saturating_sub(1);
                    *done = depth == 0;
                }
                _ => {}
            }
            Some((depth, record))
        })
        .filter(|(depth, _)| *depth == 1)
        .map(|(_, record)| record)
}

/// What reading rows needs from the workbook.
pub struct Reader<'a> {
    pub strings: &'a [String],
    pub formats: &'a [NumberFormat],
    pub date1904: bool,
    pub limits: &'a Limits,
    pub hidden: &'a HashSet<u32>,
}

impl<'a> Reader<'a> {
    /// Visits every row that has cells. Files whose cells do not come row by row are put in order first.
    pub fn visit(
        &self,
        records: impl Fn() -> Records<'a>,
        visit: &mut dyn FnMut(SourceRow) -> ControlFlow<()>,
    ) -> Result<(), FileFault> {
        let mut filled = 0_usize;
        let mut give = |row: SourceRow| -> Result<ControlFlow<()>, FileFault> {
            if row.cells.is_empty() {
                return Ok(ControlFlow::Continue(()));
            }
            filled += 1;
            if filled > self.limits.rows {
                return Err(beyond(self.limits.rows, "rows"));
            }
            Ok(visit(row))
        };
        let new = |number| SourceRow { number, hidden: self.hidden.contains(&number), ..SourceRow::default() };
        if !is_ordered(records()) {
            let mut rows: BTreeMap<u32, SourceRow> = BTreeMap::new();
            self.each_cell(records(), &mut |number, column, cell| {
                rows.entry(number).or_insert_with(|| new(number)).put(column, cell, self.limits)?;
                Ok(ControlFlow::Continue(()))
            })?;
            for row in rows.into_values() {
                if give(row)?.is_break() {
                    break;
                }
            }
            return Ok(());
        }
        let mut row = SourceRow::default();
        let mut stopped = false;
        self.each_cell(records(), &mut |number, column, cell| {
            if number != row.number && give(std::mem::replace(&mut row, new(number)))?.is_break() {
                stopped = true;
                return Ok(ControlFlow::Break(()));
            }
            row.put(column, cell, self.limits)?;
            Ok(ControlFlow::Continue(()))
        })?;
        if !stopped {
            let _ = give(row)?;
        }
        Ok(())
    }

    /// Takes every cell with its row and column, in the file's order.
    fn each_cell(
        &self,
        records: Records<'a>,
        take: &mut dyn FnMut(u32, usize, Cell) -> Result<ControlFlow<()>, FileFault>,
    ) -> Result<(), FileFault> {
        let mut text_for: Option<(u32, usize)> = None;
        for record in top_level(records) {
            if record.kind == FORMULA_TEXT {
                if let (Some((number, column)), Some(text)) = (text_for.take(), strings::long(record.data))
                    && take(number, column, Cell::text(text))?.is_break()
                {
                    return Ok(());
                }
                continue;
            }
            let mut text_column = None;
            let Some((number, cells)) = self.cells(record, &mut text_column) else {
                continue;
            };
            if let Some(column) = text_column {
                text_for = Some((number, column));
            }
            for (column, cell) in cells {
                if take(number, column, cell)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// The cells a record holds, with their row's number.
    fn cells(&self, record: Record<'_>, text_for: &mut Option<usize>) -> Option<(u32, Vec<(usize, Cell)>)> {
        let data = record.data;
        if !is_cell(record.kind) {
            return None;
        }
        let number = u32::from(u16_at(data, 0)?) + 1;
        let column = usize::from(u16_at(data, 2)?);
        let style = u16_at(data, 4)?;
        let cell = match record.kind {
            SHARED_TEXT => Cell::text(self.strings.get(usize::try_from(u32_at(data, 6)?).ok()?)?.clone()),
            TEXT => Cell::text(strings::long(data.get(6..)?)?),
            RK => self.number(packed_cell(u32_at(data, 6)?)?, style),
            RKS => {
                let count = data.len().checked_sub(6)? / 6;
                let cells = (0..count).filter_map(|index| {
                    Some((
                        column + index,
                        self.number(packed_cell(u32_at(data, 6 + index * 6)?)?, u16_at(data, 4 + index * 6)?),
                    ))
                });
                return Some((number, cells.collect()));
            }
            NUMBER => self.number(float_cell(f64_at(data, 6)?), style),
            BOOL_OR_ERROR if *data.get(7)? == 0 => Cell::Bool(*data.get(6)? != 0),
            BOOL_OR_ERROR => error_cell(*data.get(6)?),
            _ => self.formula(data, column, style, text_for)?,
        };
        Some((number, vec![(column, cell)]))
    }

    fn formula(&self, data: &[u8], column: usize, style: u16, text_for: &mut Option<usize>) -> Option<Cell> {
        let to_be_computed = u16_at(data, 14)? & 0x02 != 0;
        if u16_at(data, 12)? != 0xffff {
            let value = f64_at(data, 6)?;
            // Writers that compute nothing store a zero or an empty text and ask for computing on load.
            if to_be_computed && value.to_bits() == 0 {
                return Some(Cell::FormulaWithoutValue);
            }
            return Some(self.number(float_cell(value), style));
        }
        Some(match *data.get(6)? {
            0 => {
                *text_for = Some(column);
                Cell::Blank
            }
            1 => Cell::Bool(*data.get(8)? != 0),
            2 => error_cell(*data.get(8)?),
            _ if to_be_computed => Cell::FormulaWithoutValue,
            _ => Cell::Blank,
        })
    }

    fn number(&self, cell: Cell, style: u16) -> Cell {
        formatted(cell, self.formats.get(usize::from(style)), self.date1904)
    }
}
