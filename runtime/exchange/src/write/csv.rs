//! CSV as spreadsheets expect it: UTF-8 with its mark, CRLF, and nothing in it that would run.

use super::neutral::neutralised;
use super::{Out, WriteFault, Written};
use crate::clean::moment::iso_duration;
use std::io::Write;

/// How a CSV file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CsvOptions {
    /// The byte-order mark by which Excel knows UTF-8.
    pub mark: bool,
    /// The delimiter.
    pub delimiter: u8,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { mark: true, delimiter: b',' }
    }
}

/// Writes rows as they come.
pub struct CsvWriter<W: Write> {
    inner: csv::Writer<W>,
    written: Written,
}

impl<W: Write> CsvWriter<W> {
    /// Begins a file with its headings.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn new(mut out: W, headings: &[String], options: CsvOptions) -> Result<Self, WriteFault> {
        if options.mark {
            out.write_all(b"\xef\xbb\xbf")?;
        }
        let mut inner = csv::WriterBuilder::new()
            .delimiter(options.delimiter)
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(out);
        inner.write_record(headings.iter().map(|heading| neutralised(heading).into_owned()))?;
        Ok(Self { inner, written: Written::default() })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn row(&mut self, cells: &[Out]) -> Result<(), WriteFault> {
        for cell in cells {
            match cell {
                Out::Blank => self.inner.write_field("")?,
                Out::Text(text) => self.inner.write_field(neutralised(text).as_bytes())?,
                Out::Number(value) => self.inner.write_field(value.to_string())?,
                Out::Bool(value) => self.inner.write_field(if *value { "TRUE" } else { "FALSE" })?,
                Out::Date(date) => self.inner.write_field(date.to_string())?,
                Out::DateTime(at) => self.inner.write_field(at.format("%Y-%m-%d %H:%M:%S").to_string())?,
                Out::Time(time) => self.inner.write_field(time.format("%H:%M:%S").to_string())?,
                // Lengths below zero would begin with a minus, and run.
                Out::Duration(length) => self.inner.write_field(neutralised(&iso_duration(*length)).as_bytes())?,
            }
        }
        self.inner.write_record(None::<&[u8]>)?;
        self.written.rows += 1;
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// When the stream fails.
    pub fn finish(mut self) -> Result<Written, WriteFault> {
        self.inner.flush()?;
        Ok(self.written)
    }
}
