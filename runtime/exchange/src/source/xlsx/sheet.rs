//! The rows of one worksheet part, cell by cell.

use super::strings::Strings;
use super::styles::Styles;
use crate::clean::text::decode_escapes;
use crate::messages::Code;
use crate::notice::FileFault;
use crate::source::Limits;
use crate::source::archive::Archive;
use crate::source::cell::{Cell, SourceRow};
use crate::source::number::number_cell;
use crate::source::number_format::{NumberFormat, Shows};
use crate::source::serial::dated_cell;
use crate::source::xml::{Part, append, attribute, is_set};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use quick_xml::events::{BytesStart, Event};
use std::io::BufRead;
use std::ops::ControlFlow;

/// Most columns a spreadsheet has.
const SHEET_COLUMNS: usize = 16_384;

/// What reading rows needs from the workbook.
pub struct Rows<'a> {
    pub strings: &'a Strings,
    pub styles: &'a Styles,
    pub date1904: bool,
    pub limits: &'a Limits,
}

/// The cell being read.
#[derive(Default)]
struct Open {
    column: usize,
    style: usize,
    kind: Kind,
    value: String,
    has_value: bool,
    formula: bool,
}

/// The type a cell declares.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[default]
    Number,
    Shared,
    Inline,
    FormulaText,
    Bool,
    Error,
    IsoDate,
}

/// Which element's text is being collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Value,
    Inline,
}

impl Rows<'_> {
    /// Visits every row that the part has, in its order.
    pub fn visit<R: BufRead>(
        &self,
        mut reader: Part<R>,
        visit: &mut dyn FnMut(SourceRow) -> ControlFlow<()>,
    ) -> Result<(), FileFault> {
        let mut row = SourceRow::default();
        let mut cell = Open::default();
        let (mut next_row, mut next_column) = (1_u32, 0_usize);
        let (mut inside, mut phonetic, mut in_data, mut filled) = (Inside::Nothing, 0_u32, false, 0_usize);
        loop {
            match reader.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    b"c" => open_cell(&element, &mut cell, next_column)?,
                    b"v" => {
                        inside = Inside::Value;
                        cell.has_value = true;
                    }
                    b"f" => cell.formula = true,
                    b"t" if phonetic == 0 => inside = Inside::Inline,
                    b"rPh" => phonetic += 1,
                    b"row" => {
                        open_row(&element, &mut row, next_row)?;
                        next_column = 0;
                    }
                    b"sheetData" => in_data = true,
                    _ => {}
                },
                Event::Empty(element) => match element.local_name().as_ref() {
                    b"c" => {
                        open_cell(&element, &mut cell, next_column)?;
                        next_column = cell.column + 1;
                    }
                    b"f" => cell.formula = true,
                    b"row" => {
                        open_row(&element, &mut row, next_row)?;
                        next_row = row.number.saturating_add(1);
                        row = SourceRow::default();
                    }
                    b"sheetData" => return Ok(()),
                    _ => {}
                },
                Event::End(element) => match element.local_name().as_ref() {
                    b"c" => {
                        next_column = cell.column + 1;
                        self.close_cell(&mut cell, &mut row)?;
                    }
                    b"v" | b"t" => inside = Inside::Nothing,
                    b"rPh" => phonetic = phonetic.saturating_sub(1),
                    b"row" => {
                        next_row = row.number.saturating_add(1);
                        let done = std::mem::take(&mut row);
                        if !done.cells.is_empty() {
                            filled += 1;
                            if filled > self.limits.rows {
                                return Err(FileFault::new(Code::FileTooLarge)
                                    .with("limit", self.limits.rows)
                                    .with("unit", "rows"));
                            }
                            if visit(done).is_break() {
                                return Ok(());
                            }
                        }
                    }
                    b"sheetData" => return Ok(()),
                    _ => {}
                },
                // The end of the file within the rows: the part is cut off.
                Event::Eof if in_data => return Err(FileFault::damaged("sheet")),
                Event::Eof => return Ok(()),
                event if inside != Inside::Nothing => append(&event, &mut cell.value)?,
                _ => {}
            }
        }
    }

    fn close_cell(&self, open: &mut Open, row: &mut SourceRow) -> Result<(), FileFault> {
        let cell = self.value(open)?;
        row.put(open.column, cell, self.limits)
    }

    fn value(&self, open: &mut Open) -> Result<Cell, FileFault> {
        let value = open.value.as_str();
        Ok(match open.kind {
            Kind::Inline => Cell::text(decode_escapes(value).into_owned()),
            Kind::FormulaText if !open.has_value && open.formula => Cell::FormulaWithoutValue,
            Kind::FormulaText => Cell::text(decode_escapes(value).into_owned()),
            _ if value.trim().is_empty() => {
                if open.formula {
                    Cell::FormulaWithoutValue
                } else {
                    Cell::Blank
                }
            }
            Kind::Shared => {
                let text = value.trim().parse().ok().and_then(|index| self.strings.get(index));
                Cell::text(text.ok_or_else(|| FileFault::damaged("shared strings"))?)
            }
            Kind::Bool => Cell::Bool(matches!(value.trim(), "1" | "true")),
            Kind::Error => Cell::Error(value.trim().to_owned()),
            Kind::IsoDate => iso_cell(value.trim()),
            Kind::Number => formatted(number_cell(value), self.styles.format(open.style), self.date1904),
        })
    }
}

/// A number as its format has it: a date, a time, or a number with the text it shows.
pub fn formatted(cell: Cell, format: Option<&NumberFormat>, date1904: bool) -> Cell {
    let (Cell::Number { value, digits_lost, .. }, Some(format)) = (&cell, format) else {
        return cell;
    };
    match format.shows {
        Shows::General | Shows::Text => cell,
        Shows::Number => Cell::Number { value: *value, shown: format.show(*value), digits_lost: *digits_lost },
        shows => dated_cell(*value, shows, date1904).unwrap_or(cell),
    }
}

/// A cell of type `d`: a date or time in ISO 8601.
fn iso_cell(text: &str) -> Cell {
    let text = text.trim_end_matches('Z');
    if let Ok(date) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Cell::Date(date);
    }
    if let Ok(at) = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f") {
        return if at.time() == NaiveTime::MIN { Cell::Date(at.date()) } else { Cell::DateTime(at) };
    }
    NaiveTime::parse_from_str(text.trim_start_matches('T'), "%H:%M:%S%.f").map_or_else(|_| Cell::text(text), Cell::Time)
}

fn open_row(element: &BytesStart<'_>, row: &mut SourceRow, next: u32) -> Result<(), FileFault> {
    *row = SourceRow { number: next, ..SourceRow::default() };
    for attribute in element.attributes().with_checks(false).flatten() {
        let value = attribute.value.as_ref();
        match attribute.key.local_name().as_ref() {
            b"r" => row.number = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(next),
            b"hidden" => row.hidden = matches!(value, b"1" | b"true"),
            _ => {}
        }
    }
    if row.number < next {
        return Err(FileFault::damaged("order of rows"));
    }
    Ok(())
}

fn open_cell(element: &BytesStart<'_>, cell: &mut Open, next: usize) -> Result<(), FileFault> {
    cell.value.clear();
    (cell.column, cell.style, cell.kind, cell.has_value, cell.formula) = (next, 0, Kind::Number, false, false);
    for attribute in element.attributes().with_checks(false).flatten() {
        let value = attribute.value.as_ref();
        match attribute.key.local_name().as_ref() {
            b"r" => cell.column = position(value).ok_or_else(|| FileFault::damaged("cell position"))?.0,
            b"s" => cell.style = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).unwrap_or(0),
            b"t" => {
                cell.kind = match value {
                    b"s" => Kind::Shared,
                    b"inlineStr" => Kind::Inline,
                    b"str" => Kind::FormulaText,
                    b"b" => Kind::Bool,
                    b"e" => Kind::Error,
                    b"d" => Kind::IsoDate,
                    _ => Kind::Number,
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// `C420` → (2, 420).
pub fn position(text: &[u8]) -> Option<(usize, u32)> {
    let (mut column, mut row, mut letters) = (0_usize, 0_u32, 0);
    for byte in text {
        match byte {
            b'$' => {}
            b'A'..=b'Z' | b'a'..=b'z' => {
                letters += 1;
                column = column.checked_mul(26)?.checked_add(usize::from(byte.to_ascii_uppercase() - b'A') + 1)?;
            }
            b'0'..=b'9' => row = row.checked_mul(10)?.checked_add(u32::from(byte - b'0'))?,
            _ => return None,
        }
    }
    (letters > 0 && row > 0 && column <= SHEET_COLUMNS).then(|| (column - 1, row))
}

/// Hidden columns (from 0) of a sheet part: they stand before its rows.
pub fn hidden_columns(archive: &mut Archive, part: &str) -> Result<Vec<usize>, FileFault> {
    let mut reader = Part::buffered(archive.entry(part)?);
    let mut hidden = Vec::new();
    loop {
        match reader.next()? {
            Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                b"col" if is_set(&element, b"hidden") => {
                    let bound = |name| attribute(&element, name).and_then(|text| text.parse::<usize>().ok());
                    if let (Some(first), Some(last)) = (bound(b"min"), bound(b"max")) {
                        hidden.extend((first.max(1)..=last.min(SHEET_COLUMNS)).map(|column| column - 1));
                    }
                }
                b"sheetData" => return Ok(hidden),
                _ => {}
            },
            Event::Eof => return Ok(hidden),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cell_positions_are_read() {
        assert_eq!(position(b"A1"), Some((0, 1)));
        assert_eq!(position(b"XFD1048576"), Some((16_383, 1_048_576)));
        assert_eq!(position(b"$C$7"), Some((2, 7)));
        for wrong in [&b"7"[..], b"C", b"XFE1", b"ZZZZZZZZZZZZZZ1", b"A-1"] {
            assert_eq!(position(wrong), None);
        }
    }
}
