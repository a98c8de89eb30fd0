//! The rows of one binary worksheet part.

use super::records::{Records, wide};
use crate::notice::FileFault;
use crate::source::cell::{Cell, SourceRow};
use crate::source::compound::{u16_at, u32_at};
use crate::source::merge::{MOST_RANGES, MergedRange};
use crate::source::number::{error_cell, f64_at, float_cell, packed_cell};
use crate::source::number_format::NumberFormat;
use crate::source::xlsx::{Strings, formatted};
use crate::source::{Layout, Limits, beyond};
use std::io::Read;
use std::ops::ControlFlow;

const ROW: u16 = 0;
const PACKED: u16 = 2;
const ERROR: u16 = 3;
const BOOL: u16 = 4;
const NUMBER: u16 = 5;
const TEXT: u16 = 6;
const SHARED_TEXT: u16 = 7;
const FORMULA_TEXT: u16 = 8;
const FORMULA_NUMBER: u16 = 9;
const FORMULA_BOOL: u16 = 10;
const FORMULA_ERROR: u16 = 11;
const RICH_TEXT: u16 = 62;
const COLUMNS: u16 = 0x003c;
const MERGED: u16 = 0x00b0;
const BEGIN_ROWS: u16 = 0x0091;
const END_ROWS: u16 = 0x0092;
const SHEET_COLUMNS: u32 = 16_384;

/// Hidden columns and merged ranges.
pub fn layout<R: Read>(records: &mut Records<R>) -> Result<Layout, FileFault> {
    let mut layout = Layout::default();
    while let Some((kind, data)) = records.next()? {
        match kind {
            COLUMNS if u16_at(data, 16).is_some_and(|flags| flags & 1 != 0) => {
                if let (Some(first), Some(last)) = (u32_at(data, 0), u32_at(data, 4)) {
                    layout.hidden_columns.extend(
                        (first..=last.min(SHEET_COLUMNS - 1)).filter_map(|column| usize::try_from(column).ok()),
                    );
                }
            }
            MERGED if layout.merged.len() < MOST_RANGES => layout.merged.extend(range(data)),
            _ => {}
        }
    }
    Ok(layout)
}

fn range(data: &[u8]) -> Option<MergedRange> {
    let column = |at| usize::try_from(u32_at(data, at)?).ok();
    Some(MergedRange {
        first_row: u32_at(data, 0)?.checked_add(1)?,
        last_row: u32_at(data, 4)?.checked_add(1)?,
        first_column: column(8)?,
        last_column: column(12)?,
    })
}

/// What reading rows needs from the workbook.
pub struct Reader<'a> {
    pub strings: &'a Strings,
    pub formats: &'a [NumberFormat],
    pub date1904: bool,
    pub limits: &'a Limits,
}

impl Reader<'_> {
    /// Visits every row that has cells.
    pub fn visit<R: Read>(
        &self,
        records: &mut Records<R>,
        visit: &mut dyn FnMut(SourceRow) -> ControlFlow<()>,
    ) -> Result<(), FileFault> {
        let mut row = SourceRow::default();
        let (mut filled, mut in_rows) = (0_usize, false);
        while let Some((kind, data)) = records.next()? {
            match kind {
                BEGIN_ROWS => in_rows = true,
                ROW | END_ROWS if in_rows => {
                    let number = u32_at(data, 0).unwrap_or(0).saturating_add(1);
                    let hidden = data.get(11).is_some_and(|flags| flags & 0x10 != 0);
                    let done = std::mem::replace(&mut row, SourceRow { number, hidden, ..SourceRow::default() });
                    if !done.cells.is_empty() {
                        filled += 1;
                        if filled > self.limits.rows {
                            return Err(beyond(self.limits.rows, "rows"));
                        }
                        if visit(done).is_break() {
                            return Ok(());
                        }
                    }
                    if kind == END_ROWS {
                        return Ok(());
                    }
                }
                _ if in_rows => {
                    if let Some((column, cell)) =
                        self.cell(kind, data)?.filter(|(_, cell)| !matches!(cell, Cell::Blank))
                    {
                        row.put(column, cell, self.limits)?;
                    }
                }
                _ => {}
            }
        }
        Err(FileFault::damaged("sheet"))
    }

    /// The cell a record holds, with its column; nothing for other records.
    fn cell(&self, kind: u16, data: &[u8]) -> Result<Option<(usize, Cell)>, FileFault> {
        let (Some(column), Some(style)) =
            (u32_at(data, 0).and_then(|column| usize::try_from(column).ok()), u32_at(data, 4))
        else {
            return Ok(None);
        };
        let format = usize::try_from(style & 0x00ff_ffff).ok().and_then(|style| self.formats.get(style));
        let number = |cell: Cell| formatted(cell, format, self.date1904);
        let cell = match kind {
            PACKED => u32_at(data, 8).and_then(packed_cell).map(number),
            NUMBER | FORMULA_NUMBER => f64_at(data, 8).map(float_cell).map(number),
            ERROR | FORMULA_ERROR => data.get(8).copied().map(error_cell),
            BOOL | FORMULA_BOOL => data.get(8).map(|value| Cell::Bool(*value != 0)),
            TEXT | FORMULA_TEXT => wide(data, 8).map(|(text, _)| Cell::text(text)),
            RICH_TEXT => wide(data, 9).map(|(text, _)| Cell::text(text)),
            SHARED_TEXT => {
                u32_at(data, 8).and_then(|index| self.strings.get(usize::try_from(index).ok()?)).map(Cell::text)
            }
            _ => return Ok(None),
        };
        cell.map(|cell| Some((column, cell))).ok_or_else(|| FileFault::damaged("cell"))
    }
}
