//! Shipped records as they stand in files: CSV read into rows, cells made JSON of a field's type.

use chrono::{NaiveDate, TimeDelta};
use formwright_core::field::{Field, FieldKind, Storage};
use formwright_core::record::parse_instant;
use formwright_core::value::format_instant;
use serde_json::{Number, Value as Json};
use std::str::FromStr;

/// A file of rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sheet {
    pub header: Vec<String>,
    /// Cells in the order of the header, empty ones as empty text.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    /// Reads a file.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn read(bytes: &[u8]) -> Result<Sheet, String> {
        let text = std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes))
            .map_err(|error| error.to_string())?;
        let mut records = split(text)?.into_iter();
        let header = records.next().ok_or("the file is empty")?;
        let mut rows = Vec::new();
        for (i, row) in records.enumerate() {
            if row.len() > header.len() {
                return Err(format!("row {} has more cells than the header", i + 2));
            }
            rows.push(row);
        }
        Ok(Sheet { header, rows })
    }

    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h == name)
    }

    pub fn cell<'s>(&self, row: &'s [String], column: Option<usize>) -> &'s str {
        column.and_then(|c| row.get(c)).map_or("", String::as_str)
    }
}

/// Comma-separated cells with quotes, as RFC 4180 has them; blank lines are left out.
fn split(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut rows = Vec::new();
    let (mut row, mut cell, mut quoted, mut was_quoted) = (Vec::new(), String::new(), false, false);
    let mut letters = text.chars().peekable();
    let mut end_row = |row: &mut Vec<String>, cell: &mut String, was_quoted: &mut bool| {
        row.push(std::mem::take(cell));
        if row.len() > 1 || row.first().is_some_and(|c| !c.is_empty()) || *was_quoted {
            rows.push(std::mem::take(row));
        } else {
            row.clear();
        }
        *was_quoted = false;
    };
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted => {
                if letters.peek() == Some(&'"') {
                    letters.next();
                    cell.push('"');
                } else {
                    quoted = false;
                }
            }
            '"' if cell.is_empty() => {
                quoted = true;
                was_quoted = true;
            }
            letter if quoted => cell.push(letter),
            ',' => row.push(std::mem::take(&mut cell)),
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' => end_row(&mut row, &mut cell, &mut was_quoted),
            letter => cell.push(letter),
        }
    }
    if quoted {
        return Err("a quote is not closed".into());
    }
    if !cell.is_empty() || !row.is_empty() || was_quoted {
        end_row(&mut row, &mut cell, &mut was_quoted);
    }
    Ok(rows)
}

/// How far the dates of sample records are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift(pub TimeDelta);

impl Shift {
    /// From the day that the files call today to the day that is today.
    pub fn between(written: NaiveDate, today: NaiveDate) -> Shift {
        Shift(today - written)
    }

    pub fn day(self, text: &str) -> Option<String> {
        let day: NaiveDate = text.parse().ok()?;
        day.checked_add_signed(self.0).map(|d| d.to_string())
    }

    pub fn instant(self, text: &str) -> Option<String> {
        parse_instant(text)?.checked_add_signed(self.0).map(format_instant)
    }
}

/// A cell of a plain field as JSON; links, people and departments are the caller's. `None` where the text is nothing that the
/// field could hold; the save path says the rest.
pub(super) fn plain(field: &Field, text: &str, shift: Option<Shift>) -> Option<Json> {
    if let Storage::List(_) = field.kind.storage() {
        return Some(
            text.split('|').map(str::trim).filter(|t| !t.is_empty()).map(|t| Json::String(t.to_string())).collect(),
        );
    }
    Some(match &field.kind {
        FieldKind::Number(_) => Json::Number(Number::from_str(text.trim()).ok()?),
        FieldKind::Boolean => match text.trim() {
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            _ => return None,
        },
        FieldKind::Date => Json::String(shift.map_or_else(|| Some(text.to_string()), |s| s.day(text))?),
        FieldKind::DateTime => Json::String(shift.map_or_else(|| Some(text.to_string()), |s| s.instant(text))?),
        FieldKind::Json | FieldKind::Location => serde_json::from_str(text).ok()?,
        _ => Json::String(text.to_string()),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn quotes_commas_and_line_breaks_are_read_as_spreadsheets_write_them() {
        let sheet = Sheet::read("\u{feff}a,b\r\n\"x, \"\"y\"\"\nz\",2\r\n\r\n,\n".as_bytes()).unwrap();
        assert_eq!(sheet.header, ["a", "b"]);
        assert_eq!(sheet.rows, [["x, \"y\"\nz", "2"], ["", ""]]);
        assert!(Sheet::read(b"a\n\"x").is_err());
        assert!(Sheet::read(b"a\n1,2").is_err());
    }

    #[test]
    fn days_and_instants_move_together() {
        let shift = Shift::between("2026-11-20".parse().unwrap(), "2027-01-01".parse().unwrap());
        assert_eq!(shift.day("2026-11-21"), Some("2027-01-02".into()));
        assert_eq!(shift.instant("2026-11-20T08:00:00Z"), Some("2027-01-01T08:00:00Z".into()));
    }
}
