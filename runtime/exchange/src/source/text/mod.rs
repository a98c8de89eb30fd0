//! Delimited text: encoding, delimiter and records.

mod delimiter;
mod encoding;
mod records;

use super::cell::{Cell, SourceRow};
use super::{Limits, OpenOptions, SheetInfo, beyond};
use crate::notice::FileFault;
use crate::write::neutral;
use records::Records;
use std::ops::ControlFlow;

/// The rows of a pasted text as Excel, WPS and Google Sheets put it on the clipboard: tabs between cells, quoted cells
/// with line breaks and doubled quotes; a line end after the last row is no row.
///
/// # Errors
/// `quote_unclosed` with the row, from 1.
pub fn pasted(text: &str) -> Result<Vec<Vec<String>>, FileFault> {
    Records::new(text, '\t')
        .collect::<Result<_, u64>>()
        .map_err(|record| FileFault::new(crate::messages::Code::QuoteUnclosed).with("row", record + 1))
}

/// How a text file was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextForm {
    /// The encoding's label (`UTF-8`, `UTF-16LE`, `gb18030` …).
    pub encoding: &'static str,
    /// Whether the file said so itself by a byte-order mark.
    pub marked: bool,
    /// The delimiter.
    pub delimiter: char,
}

/// A text file, decoded.
pub struct TextFile {
    text: String,
    /// Where the records begin: behind a `sep=` line.
    start: usize,
    first_row: u32,
    form: TextForm,
    name: String,
}

impl TextFile {
    /// Decodes the file and finds its delimiter.
    ///
    /// # Errors
    /// `text_invalid`, `encoding_unknown`, `file_empty`.
    pub fn open(bytes: &[u8], file_name: &str, options: &OpenOptions) -> Result<Self, FileFault> {
        let decoded = encoding::decode(bytes, options.encoding.as_deref())?;
        let (said, start) = delimiter::said(&decoded.text);
        let rest = decoded.text.get(start..).unwrap_or_default();
        if rest.trim().is_empty() {
            return Err(FileFault::new(crate::messages::Code::FileEmpty));
        }
        let delimiter = options.delimiter.or(said).unwrap_or_else(|| delimiter::found(rest));
        let stem = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = stem.rsplit_once('.').map_or(stem, |(name, _)| name).to_owned();
        let first_row = if start > 0 { 2 } else { 1 };
        Ok(Self {
            form: TextForm { encoding: decoded.encoding, marked: decoded.marked, delimiter },
            text: decoded.text,
            start,
            first_row,
            name,
        })
    }

    /// How the file was read.
    pub fn form(&self) -> &TextForm {
        &self.form
    }

    /// Its only sheet.
    pub fn sheets(&self) -> Vec<SheetInfo> {
        vec![SheetInfo { name: self.name.clone(), hidden: false }]
    }

    /// Visits the records that hold anything. An empty line counts as a row, a `sep=` line too, as in a spreadsheet.
    pub fn for_each_row(
        &self,
        limits: &Limits,
        visit: &mut dyn FnMut(SourceRow) -> ControlFlow<()>,
    ) -> Result<(), FileFault> {
        let mut number = self.first_row;
        let mut filled = 0_usize;
        for fields in Records::new(self.text.get(self.start..).unwrap_or_default(), self.form.delimiter) {
            let fields = fields.map_err(|record| {
                FileFault::new(crate::messages::Code::QuoteUnclosed).with("row", u64::from(self.first_row) + record)
            })?;
            let mut cells: Vec<Cell> = fields.into_iter().map(|field| Cell::text(value(field))).collect();
            while cells.last().is_some_and(Cell::is_blank) {
                cells.pop();
            }
            if cells.len() > limits.columns {
                return Err(beyond(limits.columns, "columns"));
            }
            if !cells.is_empty() {
                filled += 1;
                if filled > limits.rows {
                    return Err(beyond(limits.rows, "rows"));
                }
                if visit(SourceRow { number, cells, ..SourceRow::default() }).is_break() {
                    return Ok(());
                }
            }
            number = number.saturating_add(1);
        }
        Ok(())
    }
}

/// A field's text: our own neutralising apostrophes are taken off, `="00123"` is the text it protects.
fn value(field: String) -> String {
    if let Some(protected) = field.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'))
        && !protected.contains('"')
    {
        return protected.to_owned();
    }
    match neutral::restored(&field) {
        std::borrow::Cow::Borrowed(_) => field,
        std::borrow::Cow::Owned(restored) => restored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_range_is_divided_into_cells() {
        let rows = pasted("a\t\"line 1\nline \"\"2\"\"\"\r\n\t7\r\n");
        assert_eq!(
            rows,
            Ok(vec![vec!["a".to_owned(), "line 1\nline \"2\"".to_owned()], vec![String::new(), "7".to_owned()]])
        );
        assert_eq!(
            pasted("a\n\"b").err().map(|fault| fault.0.message("en")),
            Some("A quotation mark opened in row 2 is never closed.".to_owned())
        );
    }
}
