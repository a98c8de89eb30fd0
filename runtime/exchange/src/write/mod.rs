//! Writing files of rows: CSV and XLSX exports, import templates, and the workbook of refused rows. All of them stream:
//! memory does not grow with the number of rows.

pub mod csv;
pub mod neutral;
pub mod result;
pub mod template;
pub mod xlsx;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use rust_decimal::Decimal;

/// The custom document property by which an export of this product is known again; it holds the export's id.
pub const MARK: &str = "FormwrightExport";

/// A value to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Out {
    /// Nothing.
    Blank,
    /// Text; never a formula, whatever it begins with.
    Text(String),
    /// A number, exact.
    Number(Decimal),
    /// TRUE or FALSE.
    Bool(bool),
    /// A day.
    Date(NaiveDate),
    /// A day with a time, as a clock on the wall shows it.
    DateTime(NaiveDateTime),
    /// A time of day.
    Time(NaiveTime),
    /// A length of time.
    Duration(TimeDelta),
}

impl Out {
    /// Text, or nothing when it is empty.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Out::Blank } else { Out::Text(text) }
    }
}

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteFault {
    /// The stream or the temporary file failed.
    #[error("writing failed: {0}")]
    Io(#[from] std::io::Error),
    /// The workbook could not be made.
    #[error("the workbook cannot be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The CSV could not be made.
    #[error("the CSV cannot be written: {0}")]
    Csv(#[from] ::csv::Error),
    /// A sheet holds 1,048,576 rows.
    #[error("more rows than a sheet holds")]
    TooManyRows,
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Rows of the first sheet without its headings.
    pub rows: u32,
    /// Texts that were cut to the 32,767 characters a spreadsheet cell holds.
    pub cut_texts: u32,
}
