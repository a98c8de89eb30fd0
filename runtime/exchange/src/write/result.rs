//! The workbook of refused rows: as they were, in the file's order, with a last column that says why.

use super::xlsx::{Column, XlsxWriter};
use super::{Out, WriteFault, Written};
use crate::clean::number::{self, NumberRules};
use crate::source::{Cell, SourceRow};
use std::io::Write;

/// Writes refused rows as they come.
pub struct ResultWriter {
    inner: XlsxWriter,
    /// Headings of each sheet.
    columns: Vec<usize>,
}

impl ResultWriter {
    /// Begins the workbook with the headings of the file and the heading of the reasons (`错误`, `Errors`).
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn new(sheet: &str, headings: &[String], reasons: &str) -> Result<Self, WriteFault> {
        let inner = XlsxWriter::new(sheet, columns_of(headings, reasons), false)?;
        Ok(Self { inner, columns: vec![headings.len()] })
    }

    /// Adds a further sheet of the file and gives its number for [`Self::row_on`].
    ///
    /// # Errors
    /// When no temporary file can be made.
    pub fn add_sheet(&mut self, sheet: &str, headings: &[String], reasons: &str) -> Result<usize, WriteFault> {
        self.columns.push(headings.len());
        self.inner.add_sheet(sheet, columns_of(headings, reasons))
    }

    /// Writes a refused row of the first sheet. Cells beyond the last heading are left out: no column could have taken them.
    ///
    /// # Errors
    /// When the temporary file fails.
    pub fn row(&mut self, row: &SourceRow, reasons: &[String]) -> Result<(), WriteFault> {
        self.row_on(0, row, reasons)
    }

    /// Writes a refused row of a sheet, as [`Self::row`].
    ///
    /// # Errors
    /// When the temporary file fails.
    pub fn row_on(&mut self, sheet: usize, row: &SourceRow, reasons: &[String]) -> Result<(), WriteFault> {
        let columns = self.columns.get(sheet).copied().unwrap_or(0);
        let mut cells: Vec<Out> = (0..columns).map(|column| as_it_was(row.cell(column))).collect();
        cells.push(Out::text(reasons.join("\n")));
        self.inner.row_on(sheet, &cells)
    }

    /// Ends the workbook and writes it out.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn finish(self, out: impl Write + Send) -> Result<Written, WriteFault> {
        self.inner.finish(out)
    }
}

fn columns_of(headings: &[String], reasons: &str) -> Vec<Column> {
    let mut columns: Vec<Column> = headings.iter().map(Column::titled).collect();
    columns.push(Column { title: reasons.to_owned(), width: Some(60.0), number_format: None });
    columns
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
