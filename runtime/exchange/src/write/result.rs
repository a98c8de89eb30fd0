//! The workbook of refused rows: as they were, in the file's order, with a last column that says why.

use super::xlsx::{Column, XlsxWriter};
use super::{Out, WriteFault, Written};
use crate::clean::number::{self, NumberRules};
use crate::source::{Cell, SourceRow};
use std::io::Write;

/// Writes refused rows as they come.
pub struct ResultWriter {
    inner: XlsxWriter,
    columns: usize,
}

impl ResultWriter {
    /// Begins the workbook with the headings of the file and the heading of the reasons (`错误`, `Errors`).
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn new(sheet: &str, headings: &[String], reasons: &str) -> Result<Self, WriteFault> {
        let mut columns: Vec<Column> = headings.iter().map(Column::titled).collect();
        columns.push(Column { title: reasons.to_owned(), width: Some(60.0), number_format: None });
        Ok(Self { inner: XlsxWriter::new(sheet, columns, false)?, columns: headings.len() })
    }

    /// Writes a refused row. Cells beyond the last heading are left out: no column could have taken them.
    ///
    /// # Errors
    /// When the temporary file fails.
    pub fn row(&mut self, row: &SourceRow, reasons: &[String]) -> Result<(), WriteFault> {
        let mut cells: Vec<Out> = (0..self.columns).map(|column| as_it_was(row.cell(column))).collect();
        cells.push(Out::text(reasons.join("\n")));
        self.inner.row(&cells)
    }

    /// Ends the workbook and writes it out.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn finish(self, out: impl Write + Send) -> Result<Written, WriteFault> {
        self.inner.finish(out)
    }
}

/// A cell of the file as a cell to write.
pub fn as_it_was(cell: &Cell) -> Out {
    match cell {
        Cell::Blank | Cell::FormulaWithoutValue => Out::Blank,
        Cell::Text(text) | Cell::Error(text) => Out::text(text.clone()),
        Cell::Number { value, shown: Some(shown), .. } if !means(shown, *value) => Out::text(shown.clone()),
        Cell::Number { value, .. } => Out::Number(*value),
        Cell::Bool(value) => Out::Bool(*value),
        Cell::Date(date) => Out::Date(*date),
        Cell::DateTime(at) => Out::DateTime(*at),
        Cell::Time(time) => Out::Time(*time),
        Cell::Duration(length) => Out::Duration(*length),
    }
}

/// Whether a shown number says no more than its value: `1,234.50` does not, `00123` and `K0042` do.
fn means(shown: &str, value: rust_decimal::Decimal) -> bool {
    let zeros = shown.starts_with('0') && shown.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
    !zeros && number::parse(shown, NumberRules::default()).is_ok_and(|read| read == value)
}
