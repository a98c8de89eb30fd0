//! What a cell of a file holds, before anything is made of it.

use super::{Limits, beyond};
use crate::notice::FileFault;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rust_decimal::Decimal;

/// One cell as the file has it. Formula cells give their stored value.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// Nothing.
    #[default]
    Blank,
    /// Text; every cell of a text file is text.
    Text(String),
    /// A number.
    Number {
        /// The value, at most 15 significant digits unless `digits_lost`.
        value: Decimal,
        /// As its number format shows it (`00123`, `1,234.50`), where that differs from the plain digits and the format is understood.
        shown: Option<String>,
        /// An integer of more than 15 digits: the spreadsheet has replaced the last ones.
        digits_lost: bool,
    },
    /// TRUE or FALSE.
    Bool(bool),
    /// A day.
    Date(NaiveDate),
    /// A day with a time of day; never in any time zone.
    DateTime(NaiveDateTime),
    /// A time of day.
    Time(NaiveTime),
    /// A length of time (`[h]:mm`).
    Duration(TimeDelta),
    /// `#N/A`, `#REF!` …
    Error(String),
    /// A formula that was never computed.
    FormulaWithoutValue,
}

impl Cell {
    /// A number without a format of its own.
    pub fn number(value: Decimal) -> Self {
        Cell::Number { value, shown: None, digits_lost: false }
    }

    /// Text, or `Blank` when there is none.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Cell::Blank } else { Cell::Text(text) }
    }

    /// Whether nothing can be seen in it: blank, or only white space and invisible characters.
    pub fn is_blank(&self) -> bool {
        match self {
            Cell::Blank => true,
            Cell::Text(text) => text.chars().all(|c| c.is_whitespace() || crate::clean::text::is_invisible(c)),
            _ => false,
        }
    }

    /// The cell as a person would read it; the text that cleaning starts from and that messages quote.
    pub fn shown(&self) -> String {
        match self {
            Cell::Blank => String::new(),
            Cell::Text(text) => text.clone(),
            Cell::Number { shown: Some(shown), .. } => shown.clone(),
            Cell::Number { value, .. } => value.normalize().to_string(),
            Cell::Bool(true) => "TRUE".into(),
            Cell::Bool(false) => "FALSE".into(),
            Cell::Date(date) => date.format("%Y-%m-%d").to_string(),
            Cell::DateTime(at) => at.format("%Y-%m-%d %H:%M:%S").to_string(),
            Cell::Time(time) => time.format("%H:%M:%S").to_string(),
            Cell::Duration(length) => shown_duration(*length),
            Cell::Error(error) => error.clone(),
            Cell::FormulaWithoutValue => String::new(),
        }
    }
}

/// A length of time as `[h]:mm:ss` shows it.
pub fn shown_duration(length: TimeDelta) -> String {
    let seconds = length.num_seconds();
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    format!("{sign}{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// One row of a sheet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SourceRow {
    /// The sheet's own row number, from 1.
    pub number: u32,
    /// Hidden by the author or by a filter; it is data all the same.
    pub hidden: bool,
    /// Cells from column A on; blanks at the end are left out.
    pub cells: Vec<Cell>,
    /// Columns (from 0) whose value comes from a merged range that begins in an earlier row.
    pub merged: Vec<usize>,
}

impl SourceRow {
    /// The cell of a column (from 0).
    pub fn cell(&self, column: usize) -> &Cell {
        const BLANK: &Cell = &Cell::Blank;
        self.cells.get(column).unwrap_or(BLANK)
    }

    /// Puts a cell into its column.
    pub(super) fn put(&mut self, column: usize, cell: Cell, limits: &Limits) -> Result<(), FileFault> {
        if matches!(cell, Cell::Blank) {
            return Ok(());
        }
        if column >= limits.columns {
            return Err(beyond(limits.columns, "columns"));
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, Cell::Blank);
        }
        if let Some(place) = self.cells.get_mut(column) {
            *place = cell;
        }
        Ok(())
    }

    /// Whether the row itself has nothing: values that a merged range lends it do not count.
    pub fn is_blank(&self) -> bool {
        self.cells.iter().enumerate().all(|(column, cell)| cell.is_blank() || self.merged.contains(&column))
    }
}

/// The letters of a column (from 0): A, B … Z, AA.
pub fn column_letters(column: usize) -> String {
    let mut rest = column;
    let mut letters = Vec::new();
    loop {
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        if rest < 26 {
            break;
        }
        rest = rest / 26 - 1;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_like_in_a_spreadsheet() {
        for (column, letters) in [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(column_letters(column), letters);
        }
    }

    #[test]
    fn a_row_that_only_a_merged_range_fills_is_blank() {
        let row = SourceRow {
            number: 5,
            hidden: false,
            cells: vec![Cell::Blank, Cell::text("DE"), Cell::text(" \u{200b}")],
            merged: vec![1],
        };
        assert!(row.is_blank());
    }
}
